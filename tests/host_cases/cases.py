"""The entry of `run`: cases.py SERVER [COMMAND [ROW...]]. Each case starts the server anew. Fails when a case
fails, or when none is left to run."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rows  # noqa: E402
import server  # noqa: E402

for name in sorted(os.listdir(os.path.dirname(os.path.abspath(__file__)))):
    if name.endswith(".py") and name[1] == "_":
        __import__(name[:-3])

if len(sys.argv) < 2:
    sys.exit(__doc__)
server.BINARY = os.path.abspath(sys.argv[1])
server.COMMAND = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
wanted = tuple(sys.argv[3:])
selected = [one for one in rows.CASES if not wanted or one.row.startswith(wanted)]
if not selected:
    sys.exit(f"there is no case of {' '.join(wanted)}")
failed, _ = rows.run(sorted(selected, key=lambda one: one.row), threads=6)
sys.exit(1 if failed else 0)
