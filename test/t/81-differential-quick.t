#!/usr/bin/python3
"""Proves the same as 80-differential-standin and 82-differential-dialects with a few hundred random queries.
IMAGECAT_SEED repeats a run."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import points  # noqa: E402
from tap import done  # noqa: E402

QUERIES = {"exact": 150, "loose": 150, "clamp": 50, "v2.4": 50, "nova_loose": 50, "servers": 50, "rackspace": 50,
           "ims": 50, "cloudapi": 50}

seed = points.seed()
points.ask_all(points.worlds(seed, QUERIES))
done()
