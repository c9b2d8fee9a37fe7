#!/usr/bin/python3
# slow
"""Proves that the differential test finds wrong answers, and that what it prints of them is a small query."""
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from differential import clouds, points  # noqa: E402
from tap import diag, done, like, ok  # noqa: E402

SMALL, LARGEST = 100, 400        # characters


def without_a_row(_, world):
    """A copy that lacks a row."""
    world.cur.execute("DELETE FROM copy.hand WHERE id = (SELECT id FROM copy.hand ORDER BY id LIMIT 1)")


def with_another_name(_, world):
    """A copy in which a few rows have another name."""
    world.cur.execute("UPDATE copy.catalog SET name = name || 'x' WHERE id IN (SELECT id FROM copy.catalog ORDER BY id "
                      "LIMIT 5)")


def losing_rows_by(key):
    """A service whose lists filtered by this parameter are empty."""
    def spoil(cloud, _):
        answer = cloud.service.answer

        def loses(request):
            found = answer(request)
            if found.page and any(name == key for name, _ in request.pairs):
                found.page.images, found.page.rendered = [], []
            return found
        cloud.service.answer = loses
    return spoil


def forgetting_the_rest(cloud, _):
    """A service whose second pages are empty."""
    answer = cloud.service.answer

    def forgets(request):
        found = answer(request)
        if found.page and any(name == "marker" for name, _ in request.pairs):
            found.page.images, found.page.rendered = [], []
            found.page.others.pop("next", None)
        return found
    cloud.service.answer = forgets


def found(name, setup, spoil):
    """The query that the first mismatch of a spoilt world comes down to; a point that there is one."""
    summary = clouds.ask(setup, seed, 2000, 40, None, 1, spoil, "differential_finds")
    if not ok(summary.mismatches, f"{name}: found after {summary.asked} queries"):
        return ""
    mismatch = summary.mismatches[0]
    sql = re.sub(r"(.)\1{9,}", r"\1", mismatch.sql)        # some names of images are long
    if not ok(len(sql) < LARGEST, f"{name}: {sql}"):
        diag(mismatch.report)
    return sql


seed = points.seed()
small = [found("a copy that lacks a row", "exact", without_a_row),
         found("a copy with other names", "loose", with_another_name),
         found("a service that loses rows by a filter", "exact", losing_rows_by("size_min")),
         found("a service of another API that loses rows by a filter", "cloudapi", losing_rows_by("name")),
         found("a service that forgets its second page", "exact", forgetting_the_rest)]
for wanted, sql in zip((r"\.hand\b", "name|catalog|family", "size", '"name"|"label"', "remote"), small):
    like(sql, wanted, f"the culprit is named: {wanted}")
ok(sum(len(sql) < SMALL for sql in small) >= 3, "most of these queries are of one table and one condition")
done()
