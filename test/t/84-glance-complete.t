#!/usr/bin/python3
# needs: glance
"""Proves that a foreign table over a real Glance has exactly the images that its tenant can GET one by one, hidden
ones, others' community images and pending shares too, and that each column shows what the image's own document says."""
import concurrent.futures
import multiprocessing
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import glances  # noqa: E402
from tap import diag, done, ok  # noqa: E402

names = (*glances.DATABASES, "uwsgi")
with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
    for name, found in zip(names, pool.map(glances.complete, names)):
        for table in found:
            if not ok(table.count > 100 and not (table.twice or table.extra or table.missing),
                      f"{name}: the table of {table.tenant} has the {table.count} images that it can GET, each once"):
                diag(f"{table.twice} ids come twice\ntoo many: {table.extra}\nmissing: {table.missing}")
            if not ok(not table.looked_up,
                      f"{name}: {table.tenant} finds by id what the whole table has, and nothing else"):
                diag(f"different: {table.looked_up}")
            if not ok(not table.untrue, f"{name}: all columns of {table.tenant}'s tables show what the documents say"):
                diag("\n".join(table.untrue))
done()
