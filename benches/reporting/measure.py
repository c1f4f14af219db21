"""Runs the measurements and keeps their figures."""

import dataclasses
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
from datetime import date

BENCHES = pathlib.Path(__file__).resolve().parent.parent
FEATURES = ["--locked", "--features", "serve"]
COUNTING = ["--locked", "--features", "serve,allocations"]
TIMES = ["cargo", "bench", *FEATURES, "--bench", "groups", "--"]
TIMES += ["--warm-up-time", "0.2", "--measurement-time", "0.8", "--sample-size", "15", "--noplot"]
SERVE = ["cargo", "run", "--release", *FEATURES, "--bin", "serve"]
ALLOCATIONS = ["cargo", "run", "--release", *COUNTING, "--bin", "allocations"]
BUILDS = [
    ["cargo", "bench", "--no-run", *FEATURES, "--bench", "groups"],
    ["cargo", "build", "--release", *FEATURES, "--bin", "serve"],
    ["cargo", "build", "--release", *COUNTING, "--bin", "allocations"],
]


# What reads a body or a stream of chunks, as `FrameStream` does. sse-core reads slices, as `Decoder` does.
OF_BODIES = ["sse-stream", "sseer", "eventsource-stream"]


@dataclasses.dataclass
class Row:
    """The figures of one subject."""

    subject: str
    role: str
    # For one unit; `unit` is ns, us or bytes.
    time: float
    unit: str = "ns"
    allocations: float | None = None
    peak: int | None = None


@dataclasses.dataclass
class Case:
    """Subjects that did the same work, the limit first."""

    group: str
    name: str
    rows: list[Row]

    @property
    def title(self):
        return f"{self.group}: {self.name}"

    @property
    def limit(self):
        return self.rows[0]

    def row(self, subject):
        return next(row for row in self.rows if row.subject == subject)

    def best(self, role):
        return min((row for row in self.rows if row.role == role), key=lambda row: row.time, default=None)

    def best_peer_of(self, ours):
        """The best peer that reads from where one of our ways does."""
        if ours.subject != "FrameStream":
            return self.best("peer")
        return min((row for row in self.rows if row.subject in OF_BODIES), key=lambda row: row.time)


@dataclasses.dataclass
class Measured:
    """All figures of one run."""

    about: list[str]
    cases: list[Case]

    def case(self, title):
        return next(case for case in self.cases if case.title == title)

    def groups(self):
        return list(dict.fromkeys(case.group for case in self.cases))


def output(command, **more):
    print("$", *command, file=sys.stderr)
    return subprocess.run(command, cwd=BENCHES, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def target():
    metadata = output(["cargo", "metadata", "--format-version", "1", "--no-deps"], stderr=subprocess.DEVNULL)
    return pathlib.Path(json.loads(metadata)["target_directory"])


def run():
    """Measures everything, one after the other, since the machine is what is shared."""
    for command in BUILDS:
        output(command)
    # Figures of subjects that are no longer there would stay.
    shutil.rmtree(target() / "criterion", ignore_errors=True)
    loaded = load()
    output(TIMES, stderr=subprocess.DEVNULL)
    measured = Measured([], in_process(output(ALLOCATIONS), times()) + served(output(SERVE)))
    measured.about = about(loaded)
    (target() / "report.json").write_text(json.dumps(dataclasses.asdict(measured), indent=1))
    return measured


def last():
    """The figures of the last run."""
    kept = json.loads((target() / "report.json").read_text())
    cases = [Case(each["group"], each["name"], [Row(**row) for row in each["rows"]]) for each in kept["cases"]]
    return Measured(kept["about"], cases)


def times():
    """(criterion's group, subject) -> nanoseconds for a unit."""
    found = {}
    for path in (target() / "criterion").glob("**/new/benchmark.json"):
        benchmark = json.loads(path.read_text())
        estimates = json.loads(path.with_name("estimates.json").read_text())
        units = benchmark["throughput"]["Elements"]
        name = benchmark["group_id"], benchmark["function_id"]
        found[name] = estimates["median"]["point_estimate"] / units
    return found


def in_process(counted, timed):
    """The cases of `groups`, with the counts of `bin/allocations.rs`."""
    cases = {}
    for line in counted.splitlines():
        group, name, subject, role, units, count, _, peak = line.split("\t")
        case = cases.setdefault((group, name), Case(group, name, []))
        time = timed[case.title, subject]
        row = Row(subject, role, time, allocations=int(count) / int(units), peak=int(peak))
        case.rows.append(row)
    return list(cases.values())


def served(printed):
    """The cases of `bin/serve.rs`."""
    cases = {}
    for line in printed.splitlines():
        name, subject, role, unit, value = line.split("\t")
        case = cases.setdefault(name, Case("serve", name, []))
        case.rows.append(Row(subject, role, float(value), unit))
    return list(cases.values())


def about(loaded):
    """Where and how the figures were measured."""
    shown = lambda command: f"`{' '.join(command)}`"
    version = output(["rustc", "--version"]).strip()
    return [
        f"{date.today()}, {processor()}, {version}",
        f"Load of the machine before and after (1 minute): {loaded}, {load()}. Above 1 for each core, "
        "times are rough.",
        f"In `benches`: {', '.join(map(shown, [TIMES, ALLOCATIONS, SERVE]))}",
        f"Peers: {', '.join(peers())}",
    ]


def processor():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in cpuinfo if "model name" in line]
    name = names[0] if names else platform.processor()
    return f"{os.cpu_count()} cores, {name}, {platform.system()} {platform.machine()}"


def load():
    return pathlib.Path("/proc/loadavg").read_text().split()[0]


def peers():
    """Those that are pinned, and what the limits are made of."""
    manifest = (BENCHES / "Cargo.toml").read_text().splitlines()
    pinned = [line for line in manifest if '"=' in line and "criterion" not in line and "counter" not in line]
    return [line.split(" = ")[0] + " " + line.split('"=')[1].split('"')[0] for line in pinned]
