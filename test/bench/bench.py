"""What a scan costs beside the bare transfer of the same pages, and what prefetch, columns and size change.

Machines are noisy: each figure is the best of three, and what counts is the ratio in the last column.
"""
import http.client
import json
import os
import sys
import time
import urllib.parse

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import imagecat  # noqa: E402
from cloud import USER, RemoteCloud  # noqa: E402

QUERY = "limit=1000&os_hidden=%s&visibility=all&member_status=all"


def transfer(url):
    """Fetches all pages of both listings one after the other; looks at nothing but the last id."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    received = 0
    for hidden in ("false", "true"):
        marker = ""
        while True:
            connection.request("GET", "/v2/images?" + QUERY % hidden + marker, headers={"X-Auth-Token": USER})
            body = connection.getresponse().read()
            received += len(body)
            if b'"next":' not in body[-300:]:
                break
            marker = "&marker=" + json.loads(body)["images"][-1]["id"] if not marker else next_marker(body)
    return received


def next_marker(body):
    """The marker of the link at the page's end, without parsing the page."""
    at = body.rindex(b"marker=") + 7
    return "&marker=" + body[at:at + 36].decode()


def best(work):
    """The shortest of three runs, in seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def report(name, seconds, base):
    print(f"{name:58s} {seconds:8.3f} s  {seconds / base:6.2f}")


def scans(cur, url, count):
    """Full scans beside the bare transfer."""
    transfer(url)  # warms the stand-in's pages
    base = best(lambda: transfer(url))
    print(f"\n{count} images, no latency{'':36s} time   ratio to the transfer")
    report("bare transfer by Python's http.client", base, base)
    for name, query in (
            ("SELECT count(*)", "SELECT count(*) FROM g.images"),
            ("one column, SELECT max(size)", "SELECT max(size) FROM g.images"),
            ("six columns", "SELECT count((id, name, status, size, created_at, tags)) FROM g.images"),
            ("all columns with properties", "SELECT count(images) FROM g.images"),
            ("ORDER BY created_at, two listings merged",
             "SELECT count(*) FROM (SELECT id FROM g.images ORDER BY created_at OFFSET 0) i")):
        report(name, best(lambda: cur.execute(query)), base)


def prefetch(cur, cloud):
    """What asking ahead gains where each answer takes its time."""
    cloud.settings(latency=0.02)
    print(f"\n20 ms of latency{'':44s} time   ratio to no prefetch")
    cur.execute("SET imagecat.prefetch = off")
    base = best(lambda: cur.execute("SELECT count(images) FROM g.images"))
    report("all columns, imagecat.prefetch = off", base, base)
    cur.execute("SET imagecat.prefetch = on")
    report("all columns, imagecat.prefetch = on", best(lambda: cur.execute("SELECT count(images) FROM g.images")), base)
    cloud.settings(latency=0)


def many_clouds(cur, count=8, latency=0.1):
    """What a catalog of several services costs beside one of them."""
    clouds = {f"c{number}": RemoteCloud.start("--images", "300", "--seed", str(number)) for number in range(count)}
    try:
        for name, cloud in clouds.items():
            imagecat.server(cur, name, cloud.url, shape=None)
            cloud.settings(latency=latency)
        cur.execute("SELECT imagecat.create_catalog('every', VARIADIC %s::text[])", [list(clouds)])
        cur.execute("SELECT count(*) FROM every.images")  # connects
        print(f"\n{count} services, {latency * 1000:.0f} ms of latency each{'':28s} time   ratio to one service")
        base = best(lambda: cur.execute("SELECT count(*) FROM every.images WHERE source = 'c0'"))
        report("count(*) of one", base, base)
        report("count(*) of all", best(lambda: cur.execute("SELECT count(*) FROM every.images")), base)
        cur.execute("SET enable_async_append = off")
        report("count(*) of all, enable_async_append = off",
               best(lambda: cur.execute("SELECT count(*) FROM every.images")), base)
        cur.execute("RESET enable_async_append")
        newest = "SELECT name FROM every.images WHERE NOT hidden %s ORDER BY created_at DESC LIMIT 5"
        base = best(lambda: cur.execute(newest % "AND source = 'c0'"))
        report("the five newest of one", base, base)
        report("the five newest of all", best(lambda: cur.execute(newest % "")), base)
    finally:
        for cloud in clouds.values():
            cloud.stop()


def memory(cur, url):
    """A backend's memory after 1,000 images and after all."""
    fresh = imagecat.connect("bench").cursor()
    fresh.execute("SELECT count(images) FROM (SELECT * FROM g.images LIMIT 1000) images")
    few = imagecat.backend_memory(fresh)
    fresh.execute("SELECT count(images) FROM g.images")
    many = imagecat.backend_memory(fresh)
    print(f"\nprivate memory of a backend: {few} kB after 1,000 images, {many} kB after all; ratio {many / few:.2f}")


def main(count):
    cloud = RemoteCloud.start("--images", str(count), "--seed", "1", "--mode", "believable")
    try:
        cur = imagecat.fresh_database("bench").cursor()
        imagecat.server(cur, "g", cloud.url)
        scans(cur, cloud.url, count)
        prefetch(cur, cloud)
        many_clouds(cur)
        memory(cur, cloud.url)
    finally:
        cloud.stop()


main(int(sys.argv[1]))
