"""Several worlds at once, and their results as test points."""
import concurrent.futures
import multiprocessing
import os
import random
import traceback

from tap import diag, ok

from . import clouds

MOST = 1000


def seed():
    """The seed, from IMAGECAT_SEED or random; it is told, so that a failed run can be repeated."""
    chosen = os.environ.get("IMAGECAT_SEED") or str(random.randrange(10 ** 6))
    diag(f"IMAGECAT_SEED={chosen}")
    return chosen


def worlds(chosen, queries):
    """Jobs that ask stand-ins so many queries, {setup: number}; at most 1,000 of a world, since other images find more
    than further queries about the same."""
    jobs = []
    for name, number in sorted(queries.items(), key=lambda pair: -pair[1]):
        for part in range(-(-number // MOST)):
            database = f"differential_{name.replace('.', '_')}_{part + 1}"
            jobs.append((clouds.ask, name, f"{chosen} {part}", min(MOST, number - part * MOST), 100, None, 5, None,
                         database))
    return jobs


def ask_all(jobs, workers=2):
    """Calls each of the jobs, (function, arguments...), in a process of its own; makes points of their summaries."""
    with concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        for job, future in [(job, pool.submit(*job)) for job in jobs]:
            error = future.exception()
            if error is None:
                found = future.result()
                for summary in found if isinstance(found, list) else [found]:
                    judge(summary)
            else:
                ok(False, f"{job[1]}: no unexpected error")
                diag("".join(traceback.format_exception(error)))


def judge(summary):
    """The points of one world."""
    if not ok(not summary.untrue, f"{summary.name}: a scan of each table gives what the service's documents say"):
        diag("\n".join(summary.untrue))
    queries = f"{summary.asked} queries ({summary.refused} of them errors), {summary.seconds:.0f} s"
    if not ok(not summary.mismatches, f"{summary.name}: {queries}: the same answers as from a copy"):
        diag("\n\n".join(mismatch.report for mismatch in summary.mismatches))
