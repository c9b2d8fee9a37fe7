#!/usr/bin/python3
"""Proves that a backend's memory stays flat from 1,000 to 100,000 images: its peak while a scan is under way."""
# slow
import os
import sys
import threading

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

from cloud.client import RemoteCloud  # noqa: E402
from imagecat import backend_memory, connect, fresh_database, server, value  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

# kB; each of the two listings of an ordered merge may have 4 MB of answers waiting, and a buffer growing to hold them
LIMIT = 16 * 1024
COUNT = {"few": 1000, "many": 100000}
clouds = {name: RemoteCloud.start("--images", str(count), "--token", "all=admin:t1:admin") for name, count in COUNT.items()}
empty = RemoteCloud.start("--images", "0")
admin = fresh_database("t41_memory").cursor()
for name, cloud in clouds.items():
    server(admin, name, cloud.url, token="all")
    server(admin, f"{name}_spooled", cloud.url, token="all", on_error="warn")
    server(admin, f"{name}_empty", empty.url, shape=None)
    admin.execute("SELECT imagecat.create_catalog(%s, %s, %s)", [f"{name}_and_empty", name, f"{name}_empty"])


class Peak:
    """The highest memory of a session's backend while this is entered."""

    def __init__(self, cur):
        self.cur, self.kilobytes, self.ended = cur, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while True:
            self.kilobytes = max(self.kilobytes, backend_memory(self.cur))
            if self.ended.wait(0.01):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.thread.join()


def run(cur, query):
    """How many rows the query has; none of them stays in memory here."""
    if query.startswith("ANALYZE"):
        cur.execute("SET default_statistics_target = 3; " + query)      # 900 rows are kept
        return value(cur, f"SELECT reltuples FROM pg_class WHERE oid = '{query.split()[1]}'::regclass")
    if query.startswith("COPY"):
        cur.execute(query)
        return cur.rowcount
    if query.startswith("SELECT count"):
        return value(cur, query)
    cur.execute(f"BEGIN; DECLARE c CURSOR FOR {query}")
    found = 0
    while True:
        cur.execute("MOVE 1000 FROM c")
        if cur.rowcount == 0:
            break
        found += cur.rowcount
    cur.execute("COMMIT")
    return found


for name, query in {
        "count(*)": "SELECT count(*) FROM {}.images",
        "SELECT * by COPY": "COPY (SELECT * FROM {}.images) TO '/dev/null'",
        "filtered here": "SELECT count(*) FROM {}.images WHERE properties::text <> '' AND name LIKE '%'",
        "a cursor": "SELECT id, properties FROM {}.images",
        "an ordered merge": "COPY (SELECT id, name, created_at FROM {}.images ORDER BY created_at) TO '/dev/null'",
        "ANALYZE": "ANALYZE {}.images",
        "an asynchronous scan": "SELECT count(properties) FROM {}_and_empty.images",
        "on_error 'warn'": "SELECT count(properties) FROM {}_spooled.images",
        "list_images": "SELECT count(*) FROM imagecat.list_images('{}')"}.items():
    peaks = {}
    session = connect("t41_memory")
    cur = session.cursor()
    cur.execute("SET work_mem = '1MB'")         # a function's rows are kept, beyond this in a file
    for which, count in COUNT.items():
        for _ in range(2 if which == "few" else 1):         # the first run fills caches
            with Peak(cur) as peak:
                rows_found = run(cur, query.format(which))
            peaks[which] = peak.kilobytes
        if name == "list_images":
            ok(count * 0.8 < rows_found < count, f"{name}, {which}: all images but hidden ones ({rows_found})")
        else:
            is_(rows_found, count, f"{name}, {which}: all images")
    growth = peaks["many"] - peaks["few"]
    diag(f"{name}: {peaks['few']} kB for 1,000 images, {peaks['many']} kB for 100,000")
    ok(growth < LIMIT, f"{name}: memory is flat, where 100,000 images are 100 MB")
    session.close()

for cloud in (*clouds.values(), empty):
    cloud.stop()
done()
