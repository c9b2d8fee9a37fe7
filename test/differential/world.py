"""One service with its tables in a database of their own: asks random queries and keeps what disagrees."""
import collections
import dataclasses
import random
import time
import typing

import imagecat
import psycopg2

from . import answers, tables, truth
from .conditions import Conditions
from .cost import cost
from .data import Data
from .shapes import Shapes
from .shrink import shrink
from .values import Values

BATCH = 8                        # queries between two changes of the server's options
ZONES = ("UTC", "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu")
COSTLY = 100                     # see cost.py: some hundred milliseconds of a real Glance


class Mismatch(typing.NamedTuple):
    sql: str                     # the small query that it came down to
    report: str                  # what to do to see it again, and what is seen


@dataclasses.dataclass
class Summary:
    """What became of a world; fit to be sent to another process."""
    name: str
    asked: int
    refused: int                 # queries that both sides answer with the same error
    skipped: int                 # too costly, not asked
    untrue: list                 # tables whose copies are not the truth, each with an example
    mismatches: list             # of Mismatch
    seconds: float


class World:
    """A service under test.

    database    the database to make, and the name in messages
    model       the tables of its API
    accounts    the Accounts of its two servers
    seed        what everything random comes from
    page_sizes  the server options to choose from
    documents   {server: documents}, what the tables must hold; None: not checked
    ids         of all images that the service has, whoever may see them
    cloud       the stand-in, if it is one, for its record of requests
    cheap       the service is slow: fewer requests, and few listings of everything
    tags_ordered  whether an image's tags always come in the same order
    tolerated   part of an error that is no mismatch
    """

    def __init__(self, database, model, accounts, seed, page_sizes=(1000,), documents=None, ids=(), cloud=None,
                 cheap=False, tags_ordered=True, tolerated=""):
        self.started = time.monotonic()
        self.connection = imagecat.fresh_database(database)
        self._begin_session()
        self.database, self.seed, self.cloud, self.cheap = database, seed, cloud, cheap
        self.rnd = random.Random(f"{seed} {database}")
        self.page_sizes, self.model, self.tolerated = page_sizes, model, tolerated
        tables.create(self.cur, model, accounts)
        self.untrue = self._compare_with_truth(documents) if documents else []
        values = Values(self.rnd, Data(self.cur, model, ids))
        self.shapes = Shapes(values, Conditions(values, tags_ordered), cheap)
        self.foreign = {name: f"remote.{name}" for name in model.tables}
        self.copies = {name: f"copy.{name}" for name in model.tables}
        self.circumstances = []
        self.mismatches = []
        self.before = collections.deque(maxlen=BATCH)      # the latest queries
        self.cur.execute("SELECT document FROM copy.native")
        self.documents = [document for (document,) in self.cur.fetchall()]
        self.asked = self.refused = self.skipped = 0

    def close(self):
        """Ends the session; gives the summary."""
        self.connection.close()
        return Summary(self.database, self.asked, self.refused, self.skipped, self.untrue, self.mismatches,
                       time.monotonic() - self.started)

    def _begin_session(self):
        self.cur = self.connection.cursor()
        self.cur.execute("SET statement_timeout = '60s'; SET client_min_messages = error; SET jit = off")

    def _reconnect(self):
        """A new session; after a crash, as soon as the cluster has recovered."""
        self.connection.close()
        for attempt in range(100):
            try:
                self.connection = imagecat.connect(self.database)
                break
            except psycopg2.OperationalError:
                if attempt == 99:
                    raise
                time.sleep(0.1)
        self._begin_session()
        self.cur.execute(self.circumstances[0])

    def _compare_with_truth(self, documents):
        """What the copies hold that they should not, and the other way round."""
        wrong = []
        for name in self.model.tables:
            found = truth.rows_of(self.cur, f"copy.{name}", self.model, name)
            extra, missing = truth.differences(self.model, name, found, documents)
            if extra or missing:
                wrong.append(f"table {name}, {len(found)} rows: {len(extra)} that should not be, "
                             f"{len(missing)} missing:\n"
                             f"  {extra[:1]!r}\n  {missing[:1]!r}")
        return wrong

    # queries

    def run(self, queries, seconds=None, most_mismatches=5):
        """Asks so many queries, within so many seconds, and stops early after some mismatches."""
        end = None if seconds is None else time.monotonic() + seconds
        while self.asked < queries and len(self.mismatches) < most_mismatches:
            if end is not None and time.monotonic() > end:
                break
            if self.asked % BATCH == 0:
                self._change_circumstances()
            query = self.shapes.query()
            if self.cheap and self._survive(self._is_costly, query) is True:
                self.skipped += 1
                continue
            self.asked += 1
            self.before.append(_cut(query.sql(self.foreign)))
            wrong = self._survive(self._check, query)
            if wrong:
                self.mismatches.append(self._report(query, wrong))

    def _change_circumstances(self):
        self.circumstances = [
            f"SET timezone = '{self.rnd.choice(ZONES)}'",
            *(f"ALTER SERVER {server} OPTIONS (SET page_size '{self.rnd.choice(self.page_sizes)}')"
              for server in ("cloud", "other")),
            f"ALTER SERVER cloud OPTIONS ({'SET' if self.circumstances else 'ADD'} estimated_images "
            f"'{self.rnd.choice((10, 300, 300, 100000))}')",
        ]
        for statement in self.circumstances:
            self.cur.execute(statement)

    def _is_costly(self, query):
        """Whether it is too much for a slow service; now and then such a one passes all the same."""
        plan = answers.ask(self.cur, "EXPLAIN (COSTS OFF) " + query.sql(self.foreign))
        if plan.rows is None:
            return False
        images = query.runs * cost("\n".join(line for (line,) in plan.rows), self.documents)
        return images > COSTLY and self.rnd.random() > 0.01

    def _check(self, query):
        """What is wrong, or None. A part of the queries is asked with pushdown off too."""
        whole = answers.copy_answers(self.cur, query, self.copies)
        if whole[0].code is not None:
            self.refused += 1
        wrong = self._disagreement(query, whole)
        if wrong is None and self.rnd.random() < (0.01 if self.cheap else 0.08):
            without = dataclasses.replace(query, settings={**query.settings, "imagecat.enable_pushdown": "off"})
            wrong = self._disagreement(without, whole)
            if wrong:
                query.settings = without.settings
        return wrong

    def _survive(self, check, query):
        """check(query), or that the server process died of it, and not of what another session did."""
        for _ in range(2):
            try:
                return check(query)
            except answers.Crash as crash:
                death = f"the server process died: {crash}"
                self._reconnect()
        return death

    def _again(self, query):
        return self._survive(self._compare, query)

    def _compare(self, query):
        return self._disagreement(query, answers.copy_answers(self.cur, query, self.copies))

    def _disagreement(self, query, whole):
        given = answers.foreign_answers(self.cur, query, self.foreign)
        if self.tolerated and any(self.tolerated in answer.message for answer in given):
            return None
        return answers.disagreement(query, given, whole)

    # what to say

    def _report(self, query, wrong):
        lines = [f"mismatch at query {self.asked} of {self.database}, seed {self.seed}: {wrong.splitlines()[0]}"]
        before = []
        if not self._again(query):
            lines.append("(not again when asked a second time)")
            small = query
        else:
            small = shrink(query, self._again)
            wrong = self._again(small) or wrong
            self._reconnect()
            if not self._again(small):
                lines.append("(not in a new session; what came before it is at the end)")
                before = list(self.before)
        lines += [f"{statement};" for statement in self.circumstances]
        lines += [f"SET {name} = {value};" for name, value in small.settings.items()]
        if small.manner != "plain":
            lines.append(f"-- {small.manner}, {small.runs} runs {small.fetches or ''}")
        lines += [_cut(small.sql(self.foreign) + ";"), wrong, *self._plan(small)]
        if small.sql(self.foreign) != query.sql(self.foreign):
            lines.append("it was: " + _cut(query.sql(self.foreign)))
        lines += before
        return Mismatch(small.sql(self.foreign), "\n".join(lines))

    def _plan(self, query):
        """EXPLAIN, and what the stand-in is asked."""
        for name, value in query.settings.items():
            self.cur.execute(f"SET {name} = {value}")
        plan = answers.ask(self.cur, "EXPLAIN (VERBOSE, COSTS OFF) " + query.sql(self.foreign))
        for name in query.settings:
            self.cur.execute(f"RESET {name}")
        lines = [_cut(line) for (line,) in plan.rows] if plan.rows else [plan.message]
        if self.cloud is not None:
            self.cloud.clear()
            self._again(query)
            lines += [_cut(str(record)) for record in self.cloud.requests[:12]]
        return lines


def _cut(text):
    return text if len(text) < 3000 else f"{text[:1500]} ... {text[-1400:]}"
