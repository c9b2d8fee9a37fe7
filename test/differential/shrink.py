"""From a query that fails to a small one that still fails."""
import time


def shrink(query, fails, seconds=20):
    """Goes to a simpler query as long as one fails; fails(query) tells."""
    end = time.monotonic() + seconds
    found = True
    while found:
        found = False
        for simpler in query.simpler():
            if time.monotonic() > end:
                return query
            if fails(simpler):
                query, found = simpler, True
                break
    return query
