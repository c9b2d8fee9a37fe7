#!/usr/bin/python3
# needs: glance
"""Proves with random queries that a foreign table over a real Glance answers like a local copy of it, on each of its
databases and for several tenants. IMAGECAT_SEED repeats a run, IMAGECAT_QUERIES and IMAGECAT_SECONDS
change its length."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import glances, points  # noqa: E402
from tap import done  # noqa: E402

queries = int(os.environ.get("IMAGECAT_QUERIES", "2000"))
seconds = int(os.environ.get("IMAGECAT_SECONDS", "230"))

seed = points.seed()
points.ask_all([(glances.ask, name, seed, queries, seconds) for name in glances.DATABASES], workers=3)
done()
