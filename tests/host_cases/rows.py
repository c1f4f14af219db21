"""The list of cases, and running them."""

import concurrent.futures
import os
import time
import traceback

CASES = []

# Times are those of an idle machine and a release build.
SLACK = float(os.environ.get("SLACK", "1"))


class Skipped(Exception):
    """What a case needs is not on this machine."""


class Case:
    def __init__(self, row, function, alone):
        self.row, self.function, self.alone = row, function, alone
        self.what = function.__doc__.strip()

    def run(self):
        """Returns the verdict, the seconds it took, and why it is no pass."""
        begun = time.monotonic()
        verdict, why = "pass", ""
        try:
            self.function()
        except Skipped as skipped:
            verdict, why = "skip", str(skipped)
        except Exception as fault:  # noqa: BLE001
            verdict = "FAIL"
            place = traceback.extract_tb(fault.__traceback__)[-1]
            why = f"{type(fault).__name__} at {place.filename.rsplit('/', 1)[-1]}:{place.lineno}: {fault}"
        return verdict, time.monotonic() - begun, why[:1200]


def case(row, alone=False):
    """Adds a function as a case of a row. `alone`: it measures, so nothing else runs meanwhile."""

    def add(function):
        CASES.append(Case(row, function, alone))
        return function

    return add


def takes(begun, seconds, about=""):
    """Checks that what began at `begun` took at most so many seconds."""
    took = time.monotonic() - begun
    if took > seconds * SLACK:
        raise AssertionError(f"{about}: {took:.2f} s instead of {seconds} s")


def equal(found, expected, about=""):
    if found != expected:
        raise AssertionError(
            f"{about}: {found!r} instead of {expected!r}" if about else f"{found!r} instead of {expected!r}"
        )


def holds(condition, about):
    if not condition:
        raise AssertionError(about)


def run(selected, threads):
    """Runs cases, and returns how many failed and how many were skipped. A case fails when it fails twice,
    the second time with nothing beside it: many cases measure times, and machines are busy."""
    counts = {"pass": 0, "FAIL": 0, "skip": 0, "again": 0}
    repeated = []

    def report(one, result, is_last=False):
        verdict, seconds, why = result
        if verdict == "FAIL" and not is_last:
            verdict = "again"
            repeated.append(one)
        counts[verdict] += 1
        print(f"{verdict:5} {one.row:5} {one.what} ({seconds:.1f} s)", flush=True)
        if why:
            print(f"      {why}", flush=True)

    together = [one for one in selected if not one.alone]
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        running = {pool.submit(one.run): one for one in together}
        for done in concurrent.futures.as_completed(running):
            report(running[done], done.result())
    for one in selected:
        if one.alone:
            report(one, one.run())
    for one in list(repeated):
        report(one, one.run(), is_last=True)
    print(
        f"{counts['pass']} passed, {counts['FAIL']} failed, {counts['skip']} skipped, "
        f"{counts['again']} of them run twice"
    )
    return counts["FAIL"], counts["skip"]
