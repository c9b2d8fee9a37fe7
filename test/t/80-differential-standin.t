#!/usr/bin/python3
# slow
"""Proves with 3,000 random queries that a foreign table answers like a local copy of it, over stand-ins for every kind
of Glance. IMAGECAT_SEED repeats a run."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import clouds, points  # noqa: E402
from tap import done  # noqa: E402

QUERIES = {"exact": 800, "loose": 800, "uwsgi": 500, "clamp": 400, "v2.6": 200, "v2.4": 150, "v2.2": 150}

seed = points.seed()
points.ask_all([(clouds.ask, name, seed, queries) for name, queries in QUERIES.items()])
done()
