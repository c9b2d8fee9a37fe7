#!/usr/bin/python3
"""Proves that cancel, statement_timeout and termination act within 100 ms wherever a scan is, with their own SQLSTATEs,
and that the session goes on without anything left behind. The times measured are printed; the limit here is generous."""
import os
import socket
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..")]

import psycopg2  # noqa: E402
from cloud import Cloud  # noqa: E402
from imagecat import connect, fresh_database, rows, server, value  # noqa: E402
from tap import diag, done, is_, ok  # noqa: E402

LIMIT = 1.0
LOG = os.path.join(os.environ["PGHOST"], "log")
log_start = os.path.getsize(LOG)
admin = fresh_database("t32_cancel").cursor()
cloud = Cloud(images=100).start()
everything = len(cloud.documents())
full = socket.socket()              # listens, accepts nobody, and its queue is full
full.bind(("127.0.0.1", 0))
full.listen(0)
waiting = []
for _ in range(4):
    each = socket.socket()
    each.setblocking(False)
    each.connect_ex(full.getsockname())
    waiting.append(each)

SLOW = {"connect_timeout": "60s", "request_timeout": "60s"}
server(admin, "g", cloud.url, page_size=20, **SLOW)
server(admin, "big", cloud.url, **SLOW)
server(admin, "unreachable", "http://127.0.0.1:%d" % full.getsockname()[1], **SLOW)


def until(condition, seconds=20):
    """Waits until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.002)
    return True


def in_wait(pid):
    """The backend waits for the network."""
    return value(admin, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND "
                        "wait_event_type = 'Extension'", [pid]) == 1


def requested(count):
    return lambda pid: len(cloud.requests) >= count and in_wait(pid)


def answered(pid):
    return any(record.answered for record in cloud.lists)


# Name: the statements (the last one hangs), the fault, and how to tell that it is where it should be
CASES = {
    "connecting": (["SELECT * FROM unreachable.images"], None, in_wait),
    "waiting for headers": (["SELECT * FROM g.images"], ("delay", {"seconds": 60}), requested(1)),
    "in the middle of a body": (["SELECT * FROM g.images"], ("stall", {}), requested(1)),
    "in the first bytes of a body": (["SELECT * FROM g.images"], ("stall", {"at": 1}), requested(1)),
    "before the second page": (["SELECT * FROM g.images"], ("delay", {"seconds": 60, "skip": 1}), requested(2)),
    "before the second page, no prefetch": (["SET imagecat.prefetch = off", "SELECT * FROM g.images"],
                                            ("delay", {"seconds": 60, "skip": 1}), requested(2)),
    "in the middle of the second page": (["SELECT * FROM g.images"], ("stall", {"skip": 1}), requested(2)),
    "in a cursor's second fetch": (
        ["BEGIN", "DECLARE c CURSOR FOR SELECT * FROM g.images", "FETCH 5 FROM c", "FETCH ALL FROM c"],
        ("delay", {"seconds": 60, "skip": 1}), requested(2)),
    "in a merge": (["SELECT * FROM g.images ORDER BY created_at"], ("delay", {"seconds": 60, "match": "os_hidden=true"}),
                   requested(2)),
    "looking an image up": (["SELECT * FROM g.images WHERE id = '%s'" % cloud.documents()[0]["id"]],
                            ("delay", {"seconds": 60, "on": "show"}), requested(1)),
    "in a pause before a retry": (["SELECT * FROM g.images"],
                                  ("status", {"status": 503, "headers": {"Retry-After": "50"}}), requested(1)),
    "in list_images": (["SELECT * FROM imagecat.list_images('g')"], ("delay", {"seconds": 60}), requested(1)),
    "in list_images, in a body": (["SELECT * FROM imagecat.list_images('g', sort => 'name')"], ("stall", {"skip": 1}), requested(2)),
    "reading a big answer": (["SELECT sum(length(md5(t::text || repeat('x', 100000)))) FROM big.images t"],
                             ("repeat_images", {"copies": 200, "new_ids": True}), answered),
    "reading a big answer in list_images": (
        ["SELECT count(*) FROM imagecat.list_images('big', sort => 'name')"],
        ("repeat_images", {"copies": 500, "new_ids": True}), answered),
}


class Session:
    """A session whose last statement runs in a thread."""

    def __init__(self):
        self.connection = connect("t32_cancel")
        self.cur = self.connection.cursor()
        self.pid = self.connection.info.backend_pid
        self.error = self.ended = self.thread = None

    def start(self, statements):
        for statement in statements[:-1]:
            self.cur.execute(statement)
        self.error, self.started = None, time.monotonic()
        self.thread = threading.Thread(target=self._run, args=[statements[-1]])
        self.thread.start()

    def _run(self, statement):
        try:
            self.cur.execute(statement)
        except psycopg2.Error as error:
            self.error = error
        self.ended = time.monotonic()

    def wait(self):
        self.thread.join(70)
        return self.error

    def clean_up(self):
        if self.connection.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
            self.cur.execute("ROLLBACK")
        self.cur.execute("RESET ALL")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def said_farewell(pid):
    """It ended by FATAL 57P01; psycopg2 tells no more of it than that the connection is gone."""
    with open(LOG, encoding="utf-8", errors="replace") as log:
        log.seek(log_start)
        return any(f"[{pid}]" in line and "FATAL:  terminating connection due to administrator command" in line for line in log)


def in_trouble(session, name, statements, fault, condition):
    """The statement is where it should be."""
    cloud.clear()
    if fault:
        cloud.fault(fault[0], **{"times": None, **fault[1]})
    session.start(statements)
    if not ok(until(lambda: condition(session.pid) or not session.thread.is_alive()) and session.thread.is_alive(), name):
        diag(session.error)


def recover(session, name):
    """After a cancel: all images can be read, and nothing is left behind."""
    cloud.clear()
    session.clean_up()
    is_(len(rows(session.cur, "SELECT * FROM g.images")), everything, f"{name}: the session goes on")
    is_(descriptors(session.pid), open_before, f"{name}: no descriptor is left")


def fast(name, took):
    diag(f"{name}: {took * 1000:.1f} ms")
    slowest.append((took, name))
    ok(took < LIMIT, f"{name}: acts at once")


slowest = []
session = Session()
rows(session.cur, "SELECT * FROM g.images")
open_before = descriptors(session.pid)
for where, (statements, fault, condition) in CASES.items():
    name = f"cancel while {where}" if " " not in where or where.split()[0].endswith("ing") else f"cancel {where}"
    in_trouble(session, name, statements, fault, condition)
    asked = time.monotonic()
    rows(admin, "SELECT pg_cancel_backend(%s)", [session.pid])
    error = session.wait()
    fast(name, session.ended - asked)
    is_((error and error.pgcode, error and error.diag.message_primary), ("57014", "canceling statement due to user request"),
        f"{name}: SQLSTATE")
    recover(session, name)

    name = name.replace("cancel", "statement_timeout")
    in_trouble(session, name, ["SET statement_timeout = 300", *statements] if statements[0] != "BEGIN" else
               [*statements[:-1], "SET statement_timeout = 300", statements[-1]], fault, lambda pid: True)
    error = session.wait()
    fast(name, session.ended - session.started - 0.3)
    is_((error and error.pgcode, error and error.diag.message_primary),
        ("57014", "canceling statement due to statement timeout"), f"{name}: SQLSTATE")
    recover(session, name)

    name = name.replace("statement_timeout", "terminate")
    victim = Session()
    rows(victim.cur, "SELECT 1 FROM g.images")
    in_trouble(victim, name, statements, fault, condition)
    asked = time.monotonic()
    rows(admin, "SELECT pg_terminate_backend(%s)", [victim.pid])
    error = victim.wait()
    fast(name, victim.ended - asked)
    ok(error is not None and victim.connection.closed, f"{name}: the client loses its connection")
    ok(until(lambda pid=victim.pid: said_farewell(pid)), f"{name}: its last message is that it was told to")
    ok(until(lambda pid=victim.pid: not os.path.exists(f"/proc/{pid}")), f"{name}: the process ends")

# A client that gives up mid-way, many times over
for _ in range(20):
    cloud.clear()
    cloud.fault("stall", times=None)
    session.start(["SELECT * FROM g.images"])
    until(lambda: requested(1)(session.pid))
    session.connection.cancel()
    session.wait()
recover(session, "20 cancels in a row")
ok(until(lambda: all(record.aborted or record.finished for record in cloud.requests)), "the service sees each of them end")

# Inside an exception block the cancel passes; other errors there do not end the session's connections.
cloud.clear()
cloud.fault("delay", seconds=60, times=None)
session.start(["DO $$ BEGIN PERFORM * FROM g.images; EXCEPTION WHEN others THEN NULL; END $$"])
until(lambda: requested(1)(session.pid))
asked = time.monotonic()
rows(admin, "SELECT pg_cancel_backend(%s)", [session.pid])
error = session.wait()
fast("cancel in an exception block", session.ended - asked)
is_(error and error.pgcode, "57014", "cancel in an exception block: SQLSTATE")
recover(session, "cancel in an exception block")

slowest.sort(reverse=True)
diag("slowest: " + ", ".join(f"{took * 1000:.1f} ms ({name})" for took, name in slowest[:5]))
for each in waiting:
    each.close()
full.close()
cloud.stop()
done()
