#!/usr/bin/python3
"""Proves that the differential test can fail: it notices services that lose rows or ignore a sort, and makes the query
that shows it a small one. IMAGECAT_SEED repeats a run."""
import concurrent.futures
import multiprocessing
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import clouds, points  # noqa: E402
from tap import diag, done, ok  # noqa: E402

QUERIES, SMALL = 600, 500
SPOILS = {      # what is lost: how the service misreads a query
    "the first row of a time bound": lambda query: re.sub("_at=gte%3A", "_at=gt%3A", query.replace("=gte:", "=gt:")),
    "the first item of a list": lambda query: re.sub(r"=(in:|in%3A)[^&,%]*(,|%2C)", r"=\1", query),
    "hidden images": lambda query: query.replace("os_hidden=true", "os_hidden=true&id=none"),
    "whatever has a tag": lambda query: query.replace("tag=", "tag=no"),
    "the largest size": lambda query: re.sub(r"(?<=size_max=)\d+", lambda found: str(int(found.group()) - 1), query),
    "the order": lambda query: re.sub(r"&sort=[^&]*", "", query),
    "a property's rows": lambda query: re.sub(r"(os_distro=[^&]*)", r"\1x", query),
}


def ask(name, seed):
    def spoil(request):
        request.query = SPOILS[name](request.query)
    return clouds.ask("exact", seed, QUERIES, most_mismatches=1, database=f"notices{list(SPOILS).index(name)}",
                      change=lambda cloud: cloud.fault("call", on="list", times=None, function=spoil))


seed = points.seed()
with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
    for name, summary in zip(SPOILS, pool.map(ask, SPOILS, [seed] * len(SPOILS))):
        if ok(summary.mismatches, f"noticed at query {summary.asked}: a service that loses {name}"):
            small = re.search(r"^SELECT .*$", summary.mismatches[0], re.M).group()
            if not ok(len(small) < SMALL, "the query that shows it is small"):
                diag(summary.mismatches[0])
done()
