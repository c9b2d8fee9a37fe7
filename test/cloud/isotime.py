"""Times as Glance reads and shows them.

Stored times are text of one fixed width, `2024-01-02T03:04:05.123456Z`, so that comparing the text compares the
times and an image stays a plain JSON value.
"""
import datetime
import decimal
import re

UTC = datetime.timezone.utc

# What the iso8601 library accepts: more than the standard (an hour alone, a comma before the fraction, a blank
# for the T), but no lower-case letters and no year of five digits.
ACCEPTED = re.compile(
    r'(\d{4})'
    r'(?:(?:-(\d{1,2})|(\d{2})(?!$))'
    r'(?:(?:-(\d{1,2})|(\d{2}))'
    r'(?:[ T](\d{2})(?::?(\d{2}))?(?::?(\d{1,2})(?:[.,](\d+))?)?'
    r'(Z|([-+])(\d{2}):?(\d{2})?)?'
    r')?)?)?$', re.ASCII)


class BadTime(ValueError):
    """The text is not a time that Glance can parse (it answers 400)."""


class TimeOutOfRange(Exception):
    """Parsed, but not a time any more once moved to UTC (it answers 500)."""


def parse(text):
    """The stored form of a time given in a query; a time without a zone is UTC."""
    found = ACCEPTED.match(text)
    if not found:
        raise BadTime(text)
    (year, month_dash, month, day_dash, day, hour, minute, second, fraction,
     zone, sign, zone_hour, zone_minute) = found.groups()
    try:
        moment = datetime.datetime(
            int(year), int(month_dash or month or 1), int(day_dash or day or 1),
            int(hour or 0), int(minute or 0), int(second or 0),
            int(decimal.Decimal('0.%s' % (fraction or 0)) * 1000000),
            tzinfo=_zone(zone, sign, zone_hour, zone_minute))
    except ValueError as error:
        raise BadTime(text) from error
    try:
        return stored(moment.astimezone(UTC))
    except OverflowError as error:
        raise TimeOutOfRange(text) from error


def _zone(zone, sign, hours, minutes):
    if zone in (None, 'Z'):
        return UTC
    offset = datetime.timedelta(hours=int(hours), minutes=int(minutes or 0))
    return datetime.timezone(-offset if sign == '-' else offset)


def is_time(text):
    """True if the text as a whole is a time."""
    try:
        parse(text)
    except BadTime:
        return False
    except TimeOutOfRange:
        pass
    return True


def stored(moment):
    """The fixed-width text of an aware datetime."""
    moment = moment.astimezone(UTC)
    # strftime('%Y') does not pad years before 1000
    return '%04d-%02d-%02dT%02d:%02d:%02d.%06dZ' % (
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond)


def shown(text):
    """A stored time as Glance shows it: whole seconds, the rest cut off, and years before 1000 without zeros."""
    return (text[:19].lstrip('0') if text[0] == '0' else text[:19]) + 'Z'


def now():
    return stored(datetime.datetime.now(UTC))
