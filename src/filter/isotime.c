/*-------------------------------------------------------------------------
 *
 * isotime.c
 *	  Times as image services write them: ISO 8601, UTC unless a zone is
 *	  given.
 *
 *	  PostgreSQL's own timestamptz input is not used: it takes words such as
 *	  "yesterday", reads a missing zone as the session's, and throws.
 *
 * src/filter/isotime.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "filter/filter.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

typedef struct Reader
{
	const char *position;
	const char *end;
} Reader;

static bool
read_char(Reader *reader, const char *accepted)
{
	if (reader->position == reader->end ||
		*reader->position == '\0' ||
		strchr(accepted, *reader->position) == NULL)
		return false;
	reader->position++;
	return true;
}

/* Exactly this many digits. */
static bool
read_digits(Reader *reader, int digits, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++)
	{
		if (reader->position == reader->end ||
			*reader->position < '0' || *reader->position > '9')
			return false;
		*number = *number * 10 + (*reader->position++ - '0');
	}
	return true;
}

/* Digits after the point; beyond microseconds they are rounded as PostgreSQL does. */
static bool
read_fraction(Reader *reader, int64 *microseconds)
{
	int64		scale = 100000;
	int			digit;

	if (!read_digits(reader, 1, &digit))
		return false;
	*microseconds = digit * scale;
	for (int digits = 2; read_digits(reader, 1, &digit); digits++)
	{
		scale /= 10;
		if (digits <= 6)
			*microseconds += digit * scale;
		else if (digits == 7 && digit >= 5)
			(*microseconds)++;
	}
	return true;
}

/* Z, +hh, +hhmm, +hh:mm or nothing: seconds east of UTC. */
static bool
read_zone(Reader *reader, int *seconds)
{
	int			sign;
	int			hours;
	int			minutes = 0;

	*seconds = 0;
	if (reader->position == reader->end || read_char(reader, "Zz"))
		return true;
	sign = *reader->position == '-' ? -1 : 1;
	if (!read_char(reader, "+-") || !read_digits(reader, 2, &hours))
		return false;
	if (read_char(reader, ":"))
	{
		if (!read_digits(reader, 2, &minutes))
			return false;
	}
	else if (reader->position != reader->end &&
			 !read_digits(reader, 2, &minutes))
		return false;
	*seconds = sign * (hours * SECS_PER_HOUR + minutes * SECS_PER_MINUTE);
	return hours <= 15 && minutes < 60;
}

/*
 * Reads YYYY-MM-DD, or that and hh:mm:ss after a T or a space, with an
 * optional fraction and zone.  Gives false, and leaves *time alone, for
 * anything else.
 */
bool
imagecat_parse_time(const char *text, size_t length, TimestampTz *time)
{
	Reader		reader = {text, text + length};
	int			year,
				month,
				day;
	int			hour = 0,
				minute = 0,
				second = 0;
	int64		microseconds = 0;
	int			zone = 0;
	int64		days;

	if (!read_digits(&reader, 4, &year) || !read_char(&reader, "-") ||
		!read_digits(&reader, 2, &month) || !read_char(&reader, "-") ||
		!read_digits(&reader, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > MONTHS_PER_YEAR || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;
	if (reader.position != reader.end)
	{
		if (!read_char(&reader, "Tt ") ||
			!read_digits(&reader, 2, &hour) || !read_char(&reader, ":") ||
			!read_digits(&reader, 2, &minute))
			return false;
		if (read_char(&reader, ":") && !read_digits(&reader, 2, &second))
			return false;
		if (read_char(&reader, ".,") && !read_fraction(&reader, &microseconds))
			return false;
		/* 60 is a leap second, which counts as the next minute's first. */
		if (hour > 23 || minute > 59 || second > 60)
			return false;
		if (!read_zone(&reader, &zone) || reader.position != reader.end)
			return false;
	}

	days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	*time = days * USECS_PER_DAY +
		((int64) hour * SECS_PER_HOUR + minute * SECS_PER_MINUTE + second -
		 zone) * USECS_PER_SEC + microseconds;
	return true;
}

/*
 * A time as YYYY-MM-DDThh:mm:ssZ, palloc'd; a fraction is cut.  The time must
 * be finite and its year have four digits.
 */
const char *
imagecat_format_time(TimestampTz time)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(time, NULL, &tm, &fraction, NULL, NULL) != 0)
		elog(ERROR, "time out of range");
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year, tm.tm_mon,
					tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
