"""Runs a query on both sides, and says what makes two answers disagree."""
import collections
import json
import typing

import psycopg2
import psycopg2.extensions

from .queries import PREPARED
from .tree import Writer

# Python's times end with the year 9999
TIME = psycopg2.extensions.new_type((1082, 1114, 1184), "TIME", lambda text, _: text)
psycopg2.extensions.register_type(TIME)
psycopg2.extensions.register_type(psycopg2.extensions.new_array_type((1115, 1182, 1185), "TIMES", TIME))


class Crash(Exception):
    """The server process died."""


class Answer(typing.NamedTuple):
    """What one run of a query gave: rows, or an error's SQLSTATE and message."""
    rows: typing.Optional[list]
    code: typing.Optional[str] = None
    message: str = ""


def ask(cur, statement):
    """The answer to one statement."""
    try:
        cur.execute(statement)
        return Answer([tuple(map(plain, row)) for row in cur.fetchall()] if cur.description else [])
    except psycopg2.Error as error:
        if cur.connection.closed:
            raise Crash(str(error).strip()) from error
        return Answer(None, error.pgcode or "", str(error).strip())


def plain(value):
    """A value that can be compared and counted. The order of tags is the service's whim, that of aggregates is not."""
    if isinstance(value, list):
        return tuple(sorted(map(plain, value), key=repr))
    if isinstance(value, dict):
        tags = value.get("tags")
        return json.dumps({**value, "tags": sorted(tags)} if isinstance(tags, list) else value, sort_keys=True)
    return value


def foreign_answers(cur, query, names):
    """The answers of all the query's runs; of a cursor those of its fetches."""
    settings = dict(query.settings)
    if query.manner == "generic":
        settings["plan_cache_mode"] = "force_generic_plan"
    if settings:
        cur.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
    try:
        if query.manner == "cursor":
            return _fetch(cur, query, names)
        if query.manner in PREPARED:
            return _execute(cur, query, names)
        return [ask(cur, query.sql(names))]
    finally:
        if settings and not cur.connection.closed:
            cur.execute("; ".join(f"RESET {name}" for name in settings))


def _execute(cur, query, names):
    found = []
    try:
        for run in range(query.runs):
            writer = Writer(names, parameters=True, run=run)
            text = query.write(writer)
            if run == 0:
                prepared = ask(cur, f"PREPARE q{'(' + ', '.join(writer.types) + ')' if writer.types else ''} AS {text}")
                if prepared.code is not None:
                    return [prepared] * query.runs
            found.append(ask(cur, f"EXECUTE q{'(' + ', '.join(writer.values) + ')' if writer.values else ''}"))
        return found
    finally:
        if not cur.connection.closed:
            cur.execute("DEALLOCATE ALL")


def _fetch(cur, query, names):
    found = []
    cur.execute("BEGIN")
    try:
        scroll = "SCROLL" if query.scrolls() else "NO SCROLL"
        opened = ask(cur, f"DECLARE c {scroll} CURSOR FOR {query.sql(names)}")
        if opened.code is not None:
            return [opened]
        for count in query.fetches:
            how = "ALL" if count is None else f"BACKWARD {-count}" if count < 0 else count
            found.append(ask(cur, "MOVE ABSOLUTE 0 IN c" if count == 0 else f"FETCH {how} FROM c"))
            if found[-1].code is not None:
                return [found[-1]]
        return found
    finally:
        if not cur.connection.closed:
            cur.execute("ROLLBACK")


def copy_answers(cur, query, names):
    """For each run all rows, without regard to LIMIT and OFFSET."""
    return [ask(cur, query.sql(names, run, limited=False)) for run in range(query.runs)]


def disagreement(query, foreign, copies):
    """What is wrong with the foreign answers, or None."""
    if query.manner == "cursor":
        return _wrong_fetches(query, foreign, copies[0])
    for run, (given, whole) in enumerate(zip(foreign, copies)):
        wrong = _wrong_error(given, whole)
        if wrong is None and given.rows is not None and whole.rows is not None:
            first, last = query.cut(len(whole.rows))
            wrong = _wrong_rows(query, given.rows, whole.rows, first, last)
        if wrong:
            return wrong if query.runs == 1 else f"run {run + 1}: {wrong}"
    return None


def _wrong_fetches(query, foreign, whole):
    if whole.code is not None or foreign[0].code is not None:
        return _wrong_error(foreign[0], whole)
    first, end = query.cut(len(whole.rows))
    count_all = end - first
    at, seen = 0, {}             # the cursor's place, 0 is before the first row; {place: row}
    for number, (count, given) in enumerate(zip(query.fetches, foreign), 1):
        if count == 0:
            at = 0
            continue
        if count is not None and count < 0:
            low, high, at = max(at + count, 1), at - 1, max(at + count, 0)
        else:
            after = count_all + 1 if count is None else min(at + count, count_all + 1)
            low, high, at = at + 1, min(after, count_all), after
        rows = given.rows if count is None or count > 0 else given.rows[::-1]
        wrong = _wrong_rows(query, rows, whole.rows, first + low - 1, first + max(high, low - 1))
        if wrong is None and any(seen.setdefault(low + place, row) != row for place, row in enumerate(rows)):
            wrong = "another row than before at the same place"
        if wrong:
            return f"fetch {number}: {wrong}"
    return None


def _wrong_error(given, whole):
    """PostgreSQL does not promise which conditions it evaluates: an error in a skipped one is nobody's fault."""
    if given.code == whole.code or "22008" in (given.code, whole.code) or (whole.code or "")[:2] == "22":
        return None
    return f"the foreign table: {given.message or 'rows'}\nthe copy: {whole.message or 'rows'}"


def _wrong_rows(query, rows, whole, first, last):
    """Compares rows with those of the copy from place first to last."""
    if len(rows) != last - first:
        return (f"{len(rows)} rows instead of {last - first}" +
                _difference(rows, whole if last - first == len(whole) else None))
    keys = len(query.order)
    if keys:
        for at, (row, other) in enumerate(zip(rows, whole[first:last])):
            if row[:keys] != other[:keys]:
                return f"row {at + 1} is sorted by {row[:keys]!r} instead of {other[:keys]!r}"
    extra = collections.Counter(rows) - collections.Counter(whole)
    if extra:
        return "rows that should not be" + _difference(rows, whole)
    return None


def _difference(rows, whole):
    if whole is None:
        return ""
    given, wanted = collections.Counter(rows), collections.Counter(whole)
    parts = ["\n  %s: %.600r" % (word, row)
             for word, found in (("too many", given - wanted), ("missing", wanted - given))
             for row in list(found.elements())[:3]]
    return "".join(parts)
