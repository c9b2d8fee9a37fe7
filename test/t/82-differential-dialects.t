#!/usr/bin/python3
# slow
"""Proves with 2,000 random queries each that tables of the other five APIs answer like local copies of them, and that
they show what the services' documents say. IMAGECAT_SEED repeats a run, IMAGECAT_QUERIES changes its length."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import clouds, points  # noqa: E402
from tap import done  # noqa: E402

queries = int(os.environ.get("IMAGECAT_QUERIES", "2000"))
seed = points.seed()
points.ask_all(points.worlds(seed, {name: queries // 2 for name, setup in clouds.SETUPS.items()
                                    if setup.api != "glance"}))
done()
