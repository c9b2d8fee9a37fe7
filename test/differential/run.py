#!/usr/bin/python3
"""The differential test by hand, in the cluster that PGHOST and PGPORT lead to (test/lib/cluster.sh start DIR).

    run.py --kind standin --setup loose --queries 500 --seed 7
    run.py --kind glance --url $GLANCE_SQLITE_URL --token u-t1:t1:member --queries 300
"""
import argparse
import os
import random
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), *up) for up in ((os.pardir,),
                                                                                       (os.pardir, "lib"))]

from differential import clouds                 # noqa: E402
from differential.models import GLANCE          # noqa: E402
from differential.tables import Account         # noqa: E402
from differential.world import World            # noqa: E402


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--kind", choices=("standin", "glance"), default="standin")
    add("--setup", choices=sorted(clouds.SETUPS), default="exact", help="which stand-in")
    add("--url", help="a service that runs already")
    add("--token", default="u-t1:t1:member")
    add("--other-token", default="u-t2:t2:member")
    add("--queries", type=int, default=500, metavar="N")
    add("--seed", default=None)
    add("--images", type=int, default=100, help="of a stand-in")
    add("--mismatches", type=int, default=5, help="stop after so many")
    add("--page-size", type=int, action="append")
    return parser.parse_args()


def main():
    given = options()
    seed = given.seed if given.seed is not None else random.randrange(10 ** 6)
    print(f"seed {seed}", flush=True)
    if given.kind == "standin" and not given.url:
        summary = clouds.ask(given.setup, seed, given.queries, given.images, None, given.mismatches)
    else:
        glance = given.kind == "glance"
        accounts = [Account(given.url, {"token": token}) for token in (given.token, given.other_token)]
        world = World("differential_by_hand", GLANCE, accounts, seed, given.page_size or (1000,), cheap=glance,
                      tags_ordered=not glance)
        world.run(given.queries, None, given.mismatches)
        summary = world.close()
    print(*summary.untrue, *(mismatch.report for mismatch in summary.mismatches), sep="\n\n")
    print(f"{summary.asked} queries ({summary.refused} are errors), {len(summary.mismatches)} mismatches, "
          f"{summary.seconds:.1f} s")
    return 1 if summary.untrue or summary.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
