"""How the database under a Glance compares and sorts, since that is visible through its API.

SQLite and PostgreSQL compare text exactly; MariaDB's utf8_general_ci ignores case, accents and trailing blanks.
They differ further in where NULLs sort, in what a text is worth next to a number, and in what is an error.
"""
import functools
import re
import unicodedata

from . import isotime

INT64 = 2 ** 63
INT32 = 2 ** 31
NUMBER = re.compile(r'\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?', re.ASCII)
INT32_COLUMNS = ('min_ram', 'min_disk')


class DatabaseError(Exception):
    """The database refuses the statement; Glance answers 500."""


class SQLite:
    """Exact text; NULLs are the least; any text is greater than any number."""
    name = 'sqlite'
    nulls_first_ascending = True
    loose = False                # whether different texts can be equal

    def text(self, value):
        """What two texts must have in common to be equal, and what they sort by."""
        return value

    def stored_time(self, text):
        return text

    def check_text(self, value):
        """Raises DatabaseError if no statement can hold this text."""

    def number_equal_to(self, column, text):
        """The number that a text in `column = text` stands for, or None if it equals no number."""
        return float_or_int(text) if NUMBER.fullmatch(text.rstrip(' \t\n\v\f\r')) else None

    def check_bound(self, column, number):
        """Raises DatabaseError if `column >= number` cannot be executed."""
        if not -INT64 <= number < INT64:
            raise DatabaseError('too large for an integer')

    def text_as_bound(self, value, number):
        """Both sides of `text column >= number`."""
        return value, str(number)

    def check_time(self, text):
        """Raises DatabaseError if a time column cannot be compared with this text."""

    def check_boolean_bound(self):
        """Raises DatabaseError if `boolean column >= number` cannot be executed."""

    def check_visibility(self, value):
        """Raises DatabaseError if the visibility column cannot be compared with this text."""

    def time_as_bound(self, number):
        """Both sides of `time column >= number`: a time is text here, and so greater."""
        return 1, 0

    def marker_value(self, value, is_number):
        """A marker's value as Glance puts it into the page condition: '' for NULL, whatever the column."""
        if value is None:
            return (1, '') if is_number else ''
        return (0, value) if is_number else value

    def column_value(self, value, is_number):
        """A row's value as the page condition sees it: NULL became 0 or ''."""
        if is_number:
            return (0, value or 0)
        return value or ''


class PostgreSQL(SQLite):
    """Exact text; NULLs are the greatest; a value of the wrong type is an error."""
    name = 'postgresql'
    nulls_first_ascending = False

    def check_text(self, value):
        if '\0' in value:
            raise DatabaseError('NUL in text')

    def number_equal_to(self, column, text):
        try:
            number = int(text)
        except ValueError as error:
            raise DatabaseError('invalid input syntax for integer') from error
        limit = INT32 if column in INT32_COLUMNS else INT64
        if not -limit <= number < limit:
            raise DatabaseError('out of range')
        return number

    def check_bound(self, column, number):
        pass  # a literal too large for bigint is numeric, which compares well

    def text_as_bound(self, value, number):
        raise DatabaseError('no operator text >= integer')

    def check_time(self, text):
        if not isotime.is_time(text):
            raise DatabaseError('invalid input syntax for timestamp')

    def check_boolean_bound(self):
        raise DatabaseError('no operator boolean >= integer')

    def check_visibility(self, value):
        if value not in ('public', 'private', 'shared', 'community'):
            raise DatabaseError('invalid input value for enum')

    def time_as_bound(self, number):
        raise DatabaseError('no operator timestamp >= integer')

    def marker_value(self, value, is_number):
        if value is None and is_number:
            raise DatabaseError('invalid input syntax for integer: ""')
        return super().marker_value(value, is_number)


class MariaDB(SQLite):
    """Loose text, whole seconds; a text next to a number is worth the number it begins with, or 0."""
    name = 'mariadb'
    loose = True

    def text(self, value):
        return general_ci(value)

    def stored_time(self, text):
        return text[:19] + '.000000Z'

    def number_equal_to(self, column, text):
        return leading_number(text)

    def check_bound(self, column, number):
        pass

    def text_as_bound(self, value, number):
        return leading_number(value), number

    def marker_value(self, value, is_number):
        if is_number:
            return (0, value or 0)
        return self.text(value or '')

    def column_value(self, value, is_number):
        if is_number:
            return (0, value or 0)
        return self.text(value or '')


def float_or_int(text):
    return float(text) if set('.eE') & set(text) else int(text)


def leading_number(text):
    found = NUMBER.match(text)
    return float_or_int(found.group()) if found else 0


@functools.lru_cache(maxsize=1 << 16)
def general_ci(text):
    """The weights of utf8_general_ci: each character by itself, without case or accent, trailing blanks cut."""
    return ''.join(_weight(character) for character in text.rstrip(' '))


def _weight(character, known={'ß': 'S', 'ı': 'I'}):
    weight = known.get(character)
    if weight is None:
        base = unicodedata.normalize('NFD', character)[0]
        upper = base.upper()
        weight = upper if len(upper) == 1 else base
        if ord(weight) > 0xffff:  # utf8 with three bytes knows only one character beyond the first plane
            weight = '\ufffd'
        known[character] = weight
    return weight


DATABASES = {kind.name: kind for kind in (SQLite, PostgreSQL, MariaDB)}
# Names by what matters to a test
DATABASES.update(exact=SQLite, general_ci=MariaDB)
