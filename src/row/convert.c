/*-------------------------------------------------------------------------
 *
 * convert.c
 *	  From a JSON value to a Datum of a column's type.
 *
 *	  No conversion throws for a value that does not fit: one bad image must
 *	  not make the others unreachable.  The types of image members have fast
 *	  conversions here; any other type goes through its input function.
 *
 * src/row/convert.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "compat.h"
#include "filter/filter.h"
#include "mb/pg_wchar.h"
#include "row/convert.h"
#include "utils/array.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/*
 * Digits and exponent that numeric holds in any combination: it has room for
 * 131,072 digits before the point and 16,383 behind it.
 */
#define MAX_NUMBER_DIGITS	16000

/*
 * A JSON value as text, palloc'd with a NUL at the end: a string's contents,
 * anything else as it was sent.
 */
char *
imagecat_json_text(JsonSlice value, size_t *length, int *replaced)
{
	bool		is_string = imagecat_json_type(value) == JSON_STRING;
	char	   *result = palloc((is_string ? imagecat_json_string_size(value) :
								 imagecat_json_clean_size(value)) + 1);

	*length = is_string ? imagecat_json_string_decode(value, result, replaced) :
		imagecat_json_clean(value, result, replaced);
	result[*length] = '\0';
	return result;
}

static bool
convert_by_input(const Conversion *conversion, JsonSlice value, Datum *datum,
				 int *replaced)
{
	size_t		length;
	char	   *string = imagecat_json_text(value, &length, replaced);

	return imagecat_input_function_safe((FmgrInfo *) &conversion->input, string,
										conversion->ioparam, conversion->typmod,
										datum);
}

static bool
slice_is(JsonSlice value, const char *word)
{
	return value.length == strlen(word) &&
		pg_strncasecmp(value.bytes, word, value.length) == 0;
}

/* Some services send booleans as strings. */
static bool
read_boolean(JsonSlice value, bool *truth)
{
	*truth = slice_is(value, "true") || slice_is(value, "\"true\"");
	return *truth || slice_is(value, "false") || slice_is(value, "\"false\"");
}

/* A boolean in the words that a canonical column has for it. */
static bool
convert_words(const Conversion *conversion, JsonSlice value, Datum *datum,
			  int *replaced)
{
	bool		truth;

	if (!read_boolean(value, &truth))
		return false;
	*datum = CStringGetTextDatum(truth ? conversion->words->when_true :
								 conversion->words->when_false);
	return true;
}

/* text and varchar: any value, as ->> shows it */
static bool
convert_text(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	bool		is_string = imagecat_json_type(value) == JSON_STRING;
	size_t		size = is_string ? imagecat_json_string_size(value) :
	imagecat_json_clean_size(value);
	text	   *result = palloc(VARHDRSZ + size);
	char	   *bytes = VARDATA(result);

	size = is_string ? imagecat_json_string_decode(value, bytes, replaced) :
		imagecat_json_clean(value, bytes, replaced);
	SET_VARSIZE(result, VARHDRSZ + size);
	if (conversion->lower)
		for (size_t i = 0; i < size; i++)
			bytes[i] = pg_ascii_tolower((unsigned char) bytes[i]);
	*datum = PointerGetDatum(result);
	return conversion->typmod < VARHDRSZ ||
		pg_mbstrlen_with_len(bytes, size) <= conversion->typmod - VARHDRSZ;
}

/* A whole number, or a string that holds one. */
static bool
read_integer(JsonSlice value, int64 *integer)
{
	const char *p = value.bytes;
	const char *end = p + value.length;
	bool		negative;

	if (value.length >= 2 && *p == '"')
		p++, end--;
	negative = p < end && *p == '-';
	if (negative)
		p++;
	if (p == end)
		return false;
	*integer = 0;
	for (; p < end; p++)
		if (*p < '0' || *p > '9' ||
			pg_mul_s64_overflow(*integer, 10, integer) ||
			pg_sub_s64_overflow(*integer, *p - '0', integer))
			return false;
	return negative || !pg_sub_s64_overflow(0, *integer, integer);
}

static bool
convert_int8(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	int64		integer;

	if (!read_integer(value, &integer))
		return false;
	*datum = Int64GetDatum(integer);
	return true;
}

static bool
convert_int2(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	int64		integer;

	if (!read_integer(value, &integer) ||
		integer < PG_INT16_MIN || integer > PG_INT16_MAX)
		return false;
	*datum = Int16GetDatum((int16) integer);
	return true;
}

static bool
convert_int4(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	int64		integer;

	if (!read_integer(value, &integer) ||
		integer < PG_INT32_MIN || integer > PG_INT32_MAX)
		return false;
	*datum = Int32GetDatum((int32) integer);
	return true;
}

/* A JSON number, or a string that holds one, as a C string; NULL otherwise. */
static char *
number_text(JsonSlice value)
{
	const char *p = value.bytes;
	size_t		length = value.length;

	if (length >= 2 && *p == '"')
		p++, length -= 2;
	if (length == 0 || length > 400 ||
		strspn(p, "+-.0123456789eE") < length ||
		strspn(p, "+-.eE") >= length)
		return NULL;
	return pnstrdup(p, length);
}

/* Exponents are left to the input function, which may refuse them. */
static bool
convert_numeric(const Conversion *conversion, JsonSlice value, Datum *datum,
				int *replaced)
{
	const char *number = number_text(value);

	if (number == NULL)
		return false;
	if (conversion->typmod >= 0 || strspn(number, "0123456789") != strlen(number))
		return convert_by_input(conversion, value, datum, replaced);
	*datum = DirectFunctionCall3(numeric_in, CStringGetDatum(number),
								 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return true;
}

static bool
convert_float8(const Conversion *conversion, JsonSlice value, Datum *datum,
			   int *replaced)
{
	const char *number = number_text(value);
	char	   *end;
	double		real;

	if (number == NULL)
		return false;
	errno = 0;
	real = strtod(number, &end);
	*datum = Float8GetDatum(real);
	return *end == '\0' && errno == 0;
}

static bool
convert_bool(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	bool		truth;

	if (!read_boolean(value, &truth))
		return false;
	*datum = BoolGetDatum(truth);
	return true;
}

/* A time inside a JSON string; none has escapes. */
static bool
read_time(JsonSlice value, TimestampTz *time)
{
	return imagecat_json_type(value) == JSON_STRING &&
		imagecat_parse_time(value.bytes + 1, value.length - 2, time);
}

static bool
convert_timestamp(const Conversion *conversion, JsonSlice value, Datum *datum,
				  int *replaced)
{
	TimestampTz time;

	if (!read_time(value, &time))
		return false;
	*datum = TimestampTzGetDatum(time);
	if (conversion->typmod >= 0)
		*datum = DirectFunctionCall2(timestamptz_scale, *datum,
									 Int32GetDatum(conversion->typmod));
	return true;
}

/* The day in UTC. */
static bool
convert_date(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	TimestampTz time;
	int64		day;

	if (!read_time(value, &time))
		return false;
	day = time / USECS_PER_DAY;
	if (time % USECS_PER_DAY < 0)
		day--;
	*datum = DateADTGetDatum((DateADT) day);
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The usual form here; other forms by the input function. */
static bool
convert_uuid(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	const char *p = value.bytes + 1;
	pg_uuid_t  *uuid;

	if (value.length != 38 || value.bytes[0] != '"')
		return convert_by_input(conversion, value, datum, replaced);
	uuid = palloc(sizeof(pg_uuid_t));
	for (int i = 0; i < UUID_LEN; i++, p += 2)
	{
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
			return convert_by_input(conversion, value, datum, replaced);
		if (hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0)
			return convert_by_input(conversion, value, datum, replaced);
		uuid->data[i] = (unsigned char) (hex_digit(p[0]) << 4 | hex_digit(p[1]));
	}
	*datum = UUIDPGetDatum(uuid);
	return true;
}

/*
 * Whether numeric holds this number for sure, by its digits and exponent.
 */
static bool
fits_numeric(const char *number, size_t length)
{
	const char *exponent = memchr(number, 'e', length);

	if (exponent == NULL)
		exponent = memchr(number, 'E', length);
	if (exponent == NULL)
		return length <= MAX_NUMBER_DIGITS;
	/* strtol stops at whatever follows, and gives its limit for too much */
	return length <= MAX_NUMBER_DIGITS &&
		labs(strtol(exponent + 1, NULL, 10)) <= MAX_NUMBER_DIGITS - (long) length;
}

/*
 * Turns the numbers that jsonb cannot hold into strings, so that they are still
 * shown: true if there were any.  *json is replaced by a palloc'd copy then.
 */
static bool
quote_huge_numbers(char **json)
{
	const char *end = *json + strlen(*json);
	const char *copied = *json;
	StringInfoData quoted = {0};

	for (const char *p = *json; p < end;)
	{
		if (*p == '"')
		{
			for (p++; p < end && *p != '"'; p = imagecat_json_skip_plain(p, end))
				if (*p == '\\')
					p += 2;
			p++;
		}
		else if (*p == '-' || (*p >= '0' && *p <= '9'))
		{
			size_t		length = strspn(p, "+-.0123456789eE");

			if (!fits_numeric(p, length))
			{
				if (quoted.data == NULL)
					initStringInfo(&quoted);
				appendBinaryStringInfo(&quoted, copied, (int) (p - copied));
				appendStringInfo(&quoted, "\"%.*s\"", (int) length, p);
				copied = p + length;
			}
			p += length;
		}
		else
			p++;
	}
	if (quoted.data == NULL)
		return false;
	appendStringInfoString(&quoted, copied);
	*json = quoted.data;
	return true;
}

static bool
convert_jsonb(const Conversion *conversion, JsonSlice value, Datum *datum,
			  int *replaced)
{
	char	   *json = palloc(imagecat_json_clean_size(value) + 1);

	json[imagecat_json_clean(value, json, replaced)] = '\0';
	if (quote_huge_numbers(&json))
		(*replaced)++;
	*datum = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
	pfree(json);
	return true;
}

static bool
convert_json(const Conversion *conversion, JsonSlice value, Datum *datum,
			 int *replaced)
{
	text	   *result = palloc(VARHDRSZ + imagecat_json_clean_size(value));

	SET_VARSIZE(result, VARHDRSZ +
				imagecat_json_clean(value, VARDATA(result), replaced));
	*datum = PointerGetDatum(result);
	return true;
}

/* An object of tags as an array of key=value. */
static bool
convert_object_to_array(JsonSlice value, Datum *datum, int *replaced)
{
	ArrayBuildState *state = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	JsonIterator iterator = imagecat_json_iterate(value);
	JsonSlice	key;
	JsonSlice	item;

	while (imagecat_json_next_member(&iterator, &key, &item))
	{
		size_t		length;
		char	   *name = imagecat_json_text(key, &length, replaced);
		char	   *content = imagecat_json_text(item, &length, replaced);

		accumArrayResult(state, CStringGetTextDatum(psprintf("%s=%s", name, content)),
						 false, TEXTOID, CurrentMemoryContext);
	}
	*datum = makeArrayResult(state, CurrentMemoryContext);
	return true;
}

/* A JSON array; each element has to fit. */
static bool
convert_array(const Conversion *conversion, JsonSlice value, Datum *datum,
			  int *replaced)
{
	JsonIterator iterator;
	JsonSlice	item;
	ArrayBuildState *state;

	if (imagecat_json_type(value) == JSON_OBJECT && conversion->from_object)
		return convert_object_to_array(value, datum, replaced);
	if (imagecat_json_type(value) != JSON_ARRAY)
		return false;
	state = initArrayResult(conversion->element->typid, CurrentMemoryContext, false);
	iterator = imagecat_json_iterate(value);
	while (imagecat_json_next_element(&iterator, &item))
	{
		bool		isnull = imagecat_json_type(item) == JSON_NULL;
		Datum		element = (Datum) 0;

		if (!isnull && !conversion->element->convert(conversion->element, item,
													 &element, replaced))
			return false;
		accumArrayResult(state, element, isnull, conversion->element->typid,
						 CurrentMemoryContext);
	}
	*datum = makeArrayResult(state, CurrentMemoryContext);
	return true;
}

static Converter
fast_converter(Oid typid)
{
	switch (typid)
	{
		case TEXTOID:
		case VARCHAROID:
			return convert_text;
		case INT8OID:
			return convert_int8;
		case INT4OID:
			return convert_int4;
		case INT2OID:
			return convert_int2;
		case NUMERICOID:
			return convert_numeric;
		case FLOAT8OID:
			return convert_float8;
		case BOOLOID:
			return convert_bool;
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:		/* in UTC */
			return convert_timestamp;
		case DATEOID:
			return convert_date;
		case UUIDOID:
			return convert_uuid;
		case JSONBOID:
			return convert_jsonb;
		case JSONOID:
			return convert_json;
		default:
			return NULL;
	}
}

/*
 * Makes a conversion one of a canonical column, or of a native one, that shows
 * this field.
 */
void
imagecat_conversion_of_field(Conversion *conversion, const DialectField *field,
							 bool canonical)
{
	conversion->zero_is_null = (field->flags & FIELD_ZERO) != 0;
	conversion->from_object = canonical && field->type == FIELD_JSON &&
		conversion->element != NULL && conversion->element->typid == TEXTOID;
	conversion->lower = canonical && (field->flags & FIELD_LOWER) != 0;
	if (canonical && field->words != NULL && conversion->convert == convert_text)
	{
		conversion->words = field->words;
		conversion->convert = convert_words;
	}
}

/*
 * Prepares the conversion to a type.  What it needs is palloc'd in the current
 * memory context, where it has to live as long as it is used.
 */
void
imagecat_conversion(Conversion *conversion, Oid typid, int32 typmod)
{
	Oid			input;
	Oid			element = get_element_type(typid);

	memset(conversion, 0, sizeof(Conversion));
	conversion->typid = typid;
	conversion->typmod = typmod;
	getTypeInputInfo(typid, &input, &conversion->ioparam);
	fmgr_info(input, &conversion->input);
	conversion->convert = fast_converter(typid);
	if (conversion->convert != NULL)
		return;
	if (OidIsValid(element))
	{
		conversion->convert = convert_array;
		conversion->element = palloc(sizeof(Conversion));
		imagecat_conversion(conversion->element, element, typmod);
		conversion->by_input = conversion->element->by_input;
	}
	else
	{
		conversion->convert = convert_by_input;
		conversion->by_input = true;
	}
}

/* A field's natural type in SQL. */
Oid
imagecat_field_type(FieldType type)
{
	switch (type)
	{
		case FIELD_TEXT:
			return TEXTOID;
		case FIELD_BIGINT:
			return INT8OID;
		case FIELD_INTEGER:
			return INT4OID;
		case FIELD_BOOLEAN:
			return BOOLOID;
		case FIELD_TIME:
			return TIMESTAMPTZOID;
		case FIELD_TEXT_ARRAY:
			return TEXTARRAYOID;
		case FIELD_JSON:
			return JSONBOID;
	}
	pg_unreachable();
}
