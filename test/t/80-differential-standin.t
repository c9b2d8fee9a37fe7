#!/usr/bin/python3
# slow
"""Proves with 10,000 random queries that a foreign table answers like a local copy of it, over stand-ins for every kind
of Glance. IMAGECAT_SEED repeats a run."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import points  # noqa: E402
from tap import done  # noqa: E402

QUERIES = {"exact": 3000, "loose": 3000, "uwsgi": 1500, "clamp": 1000, "v2.6": 500, "v2.4": 500, "v2.2": 500}

seed = points.seed()
points.ask_all(points.worlds(seed, QUERIES))
done()
