#!/usr/bin/python3
# needs: glance
"""Proves that a foreign table over a real Glance has exactly the images that its tenant can GET one by one, hidden ones,
others' community images and pending shares too, and that each column shows what the image's own document says."""
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
        for tenant, count, twice, extra, missing, untrue in found:
            if not ok(count > 100 and not twice and not extra and not missing,
                      f"{name}: the table of {tenant} has the {count} images that it can GET, each once"):
                diag(f"{twice} ids come twice\nnot to be had with GET: {extra}\nmissing: {missing}")
            if not ok(not untrue, f"{name}: all columns of all tables of {tenant} and another show what the documents say"):
                diag("\n".join(untrue))
done()
