"""What the tables must hold, worked out from the service's documents and not by the extension.

The documents come from the stand-in itself, or from a GET of every known image of a real Glance.
"""
import collections
import json
import re

from .tables import NATIVE_TABLES, NOTHING, REST, SERVERS, SOURCE, WHOLE, column

RANGES = {"smallint": 2 ** 15, "integer": 2 ** 31, "bigint": 2 ** 63}


def rows_of(cur, table, model, name):
    """The rows of a relation with the columns of table NAME: all as text, but for objects and lists."""
    selected = ", ".join(f'"{each.name}"' if each.kind in ("tags", "object", "json") else f'"{each.name}"::text'
                         for each in model.tables[name])
    cur.execute(f"SET timezone = UTC; SELECT {selected} FROM {table}")
    return [tuple(map(_plain, row)) for row in cur.fetchall()]


def differences(model, name, found, documents):
    """(rows that should not be, rows that are missing) of a table; documents is {server: documents}."""
    wanted = [tuple(_shown(model, name, server, document)) for server in SERVERS[name]
              for document in documents[server]]
    found, wanted = collections.Counter(found), collections.Counter(wanted)
    return [list((one - other).elements()) for one, other in ((found, wanted), (wanted, found))]


def _plain(value):
    """Values that compare well; the order of tags is the service's whim."""
    if isinstance(value, dict):
        value = {**value, "tags": sorted(value["tags"])} if isinstance(value.get("tags"), list) else value
        return json.dumps(value, sort_keys=True)
    if isinstance(value, list):
        return tuple(sorted(value, key=repr)) if all(item is None or isinstance(item, str) for item in value) else \
            json.dumps(value, sort_keys=True)
    return value


def _members(model, native):
    """{member: column} of the members that columns of such a table show whole, with the types that are theirs."""
    natural = {each.shows: each for each in model.tables["native"]}
    shown = [each.shows for each in model.tables["native" if native else "catalog"]
             if isinstance(each.shows, str) and each.shows not in (SOURCE, REST, WHOLE, NOTHING)]
    return {member: natural.get(member) or column(member) for member in shown}


def _shown(model, name, server, document):
    """A row's values; a member that does not fit its column is NULL there and found among the properties."""
    members = _members(model, name in NATIVE_TABLES)
    values, fitting = {}, {}
    for each in model.tables[name]:
        if each.shows == SOURCE:
            values[each.name] = server
        elif each.shows == WHOLE:
            values[each.name] = _plain(dict(document))
        elif each.shows not in (REST, NOTHING):
            values[each.name], fits = _value(each, document)
            if each.shows in members:
                fitting[each.shows] = fitting.get(each.shows, False) or fits
    for member, natural in members.items():
        if member not in fitting:
            fitting[member] = _value(natural, document)[1]
    rest = {member: value for member, value in document.items() if not fitting.get(member)}
    for each in model.tables[name]:
        yield _plain(rest) if each.shows == REST else values.get(each.name)


def _value(each, document):
    """(what the column shows, whether the member fits it)."""
    value = document
    for key in each.shows if isinstance(each.shows, tuple) else (each.shows,):
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    if value is None or (each.reads == "zero" and value == 0):
        return None, True
    if isinstance(each.reads, tuple):
        return each.reads[0 if value else 1], True
    shown = _fit(each, value)
    if each.reads == "lower" and shown is not None:
        shown = re.sub("[A-Z]", lambda found: found[0].lower(), shown)
    return shown, shown is not None


def _text(value):
    """A JSON value as text, written as the services write it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fit(each, value):
    """The value as the column shows it, or None."""
    base, _, length = each.type.split(" ")[0].rstrip(")").partition("(")
    if base in RANGES:
        text = str(value)
        if not text.lstrip("-").isdecimal() or not text.isascii():
            return None
        return str(int(text)) if -RANGES[base] <= int(text) < RANGES[base] else None
    if base == "boolean":
        text = _text(value).lower()
        return text if text in ("true", "false") else None
    if base in ("timestamptz", "timestamp", "date"):
        text = re.sub(r"(\.\d*?)0*$", r"\1", value.replace("T", " ").rstrip("Z")).rstrip(".")
        return {"timestamptz": text + "+00", "timestamp": text, "date": text[:10]}[base]
    if base == "uuid":
        return value.lower() if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) else None
    if base == "text[]" and isinstance(value, dict):
        return _plain([f"{key}={_text(item)}" for key, item in value.items()]) if each.reads == "pairs" else None
    if base in ("text[]", "jsonb"):
        return _plain(value)
    text = _text(value)
    if base == "char":                                # its blanks at the end are nothing
        text = text.rstrip(" ")
    return None if length and len(text) > int(length) else text
