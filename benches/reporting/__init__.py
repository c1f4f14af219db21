"""The parts of `benches/report`."""
