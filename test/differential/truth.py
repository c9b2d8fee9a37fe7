"""What the tables must hold, worked out from the service's documents and not by the extension.

The documents come from the stand-in itself, or from a GET of every known image of a real Glance.
"""
import json

from .tables import NATIVE, NATIVE_TABLES, NOTHING, REST, SERVERS, SOURCE, TABLES, WHOLE

# Members that canonical columns show
CANONICAL_MEMBERS = {each.shows: each for each in TABLES["catalog"] if each.shows not in (SOURCE, REST, NOTHING)}
NATIVE_MEMBERS = {each.shows: each for each in NATIVE if each.shows not in (REST, WHOLE)}
RANGES = {"smallint": 2 ** 15, "integer": 2 ** 31, "bigint": 2 ** 63}


def expected_rows(name, documents):
    """The rows of a table as rows_of reads them; documents is {server: documents}."""
    return sorted((tuple(_shown(name, server, document)) for server in SERVERS[name]
                   for document in documents[server]), key=repr)


def rows_of(cur, table, name, tags_ordered=True):
    """The rows of a relation with the columns of table NAME: all as text, but for objects and lists."""
    selected = ", ".join(f'"{each.name}"' if each.kind in ("tags", "object", "json") else f'"{each.name}"::text'
                         for each in TABLES[name])
    cur.execute(f"SET timezone = UTC; SELECT {selected} FROM {table}")
    found = [tuple(map(_plain, row)) for row in cur.fetchall()]
    return sorted(found, key=repr)


def differences(name, found, documents):
    """(rows that should not be, rows that are missing), column by column readable."""
    wanted = expected_rows(name, documents)
    found_left, wanted_left = list(found), []
    for row in wanted:
        if row in found_left:
            found_left.remove(row)
        else:
            wanted_left.append(row)
    return found_left, wanted_left


def _plain(value):
    """Values that compare well; the order of tags is the service's whim."""
    if isinstance(value, dict):
        value = {**value, "tags": sorted(value["tags"])} if isinstance(value.get("tags"), list) else value
        return json.dumps(value, sort_keys=True)
    return sorted(value) if isinstance(value, list) else value


def _shown(name, server, document):
    """A row's values; a member that does not fit its column is NULL there and found among the properties."""
    columns = TABLES[name]
    native = name in NATIVE_TABLES
    shown = dict(NATIVE_MEMBERS if native else CANONICAL_MEMBERS)
    misfits = {}
    values = {}
    for column in columns:
        if column.shows == SOURCE:
            values[column.name] = server
        elif column.shows == WHOLE:
            values[column.name] = _plain(dict(document))
        elif column.shows not in (REST, NOTHING):
            value, fits = _value(column, document, native)
            values[column.name] = value
            if column.shows in shown:
                misfits[column.shows] = misfits.get(column.shows, True) and not fits
    rest = {member: value for member, value in document.items() if member not in shown or misfits.get(member)}
    for column in columns:
        yield _plain(rest) if column.shows == REST else values.get(column.name)


def _value(column, document, native):
    """(what the column shows, whether the member fits it)."""
    path = column.shows if isinstance(column.shows, tuple) else (column.shows,)
    value = document
    for key in path:
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key)
    if value is None:
        return None, True
    shown = _fit(column, value)
    if column.name == "status" and not native and shown is not None:
        shown = shown.lower()
    return shown, shown is not None


def _fit(column, value):
    """The value as the column shows it, or None."""
    base, _, length = column.type.split(" ")[0].rstrip(")").partition("(")
    if base in RANGES:
        text = str(value)
        if not text.lstrip("-").isdecimal() or not text.isascii():
            return None
        return str(int(text)) if -RANGES[base] <= int(text) < RANGES[base] else None
    if base in ("timestamptz", "timestamp", "date"):
        text = value.replace("T", " ").rstrip("Z")
        return {"timestamptz": text + "+00", "timestamp": text, "date": text[:10]}[base]
    if base in ("text[]", "jsonb"):
        return _plain(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return None if length and len(text) > int(length) else text
