/*-------------------------------------------------------------------------
 *
 * params.c
 *	  From a filter to a query parameter, by a dialect's table.
 *
 *	  A filter is sent only if the service's answer is certain to have every
 *	  row that passes it.
 *
 * src/dialect/params.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/params.h"
#include "lib/stringinfo.h"
#include "utils/timestamp.h"
#include "wire/url.h"

/* The years that every service's database takes. */
#define FIRST_PUSHED_TIME	(-((int64) (POSTGRES_EPOCH_JDATE - 2415021)) * USECS_PER_DAY)	/* 1900-01-01 */
#define LAST_PUSHED_TIME	((int64) (5373484 - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)	/* 9999-12-31 */

/* A parameter; neither text is copied. */
RequestParam *
imagecat_param(const char *key, const char *value)
{
	RequestParam *param = palloc(sizeof(RequestParam));

	param->key = key;
	param->value = value;
	return param;
}

/* Whether one of the parameters has this key. */
bool
imagecat_has_param(const List *params, const char *key)
{
	ListCell   *lc;

	foreach(lc, params)
		if (strcmp(((RequestParam *) lfirst(lc))->key, key) == 0)
			return true;
	return false;
}

/* How much the parameters add to a URL. */
size_t
imagecat_params_length(const List *params)
{
	size_t		length = 0;
	ListCell   *lc;

	foreach(lc, params)
	{
		RequestParam *param = lfirst(lc);

		length += imagecat_encoded_length(param->key) +
			imagecat_encoded_length(param->value) + 2;
	}
	return length;
}

/* An item of a list as it is written: quoted where it has to be. */
const char *
imagecat_list_item(const char *value)
{
	if (*value == '\0' || strchr(value, ',') != NULL)
		return psprintf("\"%s\"", value);
	return value;
}

/* A list of these values as the parameter writes it. */
const char *
imagecat_list_value(const DialectParam *param, const FilterValue *values, int count)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfoString(&list, param->prefix);
	for (int i = 0; i < count; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? "," : "",
						 imagecat_list_item(values[i].text));
	return list.data;
}

/* The whole second that a bound moves to; false if the service may refuse it. */
static bool
time_value(ParamEncoding encoding, TimestampTz bound, TimestampTz *second)
{
	int64		rest;

	if (bound < FIRST_PUSHED_TIME || bound > LAST_PUSHED_TIME)
		return false;			/* -infinity and infinity too */
	rest = bound % USECS_PER_SEC;
	if (rest < 0)
		rest += USECS_PER_SEC;
	*second = bound - rest;
	if (encoding == PARAM_TIME_AFTER || (encoding == PARAM_TIME_FROM && rest > 0))
		*second += USECS_PER_SEC;
	else if (encoding == PARAM_TIME_BEFORE)
		*second -= USECS_PER_SEC;
	return true;
}

/* A filter's value as this parameter writes it, or NULL if it cannot. */
static const char *
encode(const DialectParam *param, const Filter *filter)
{
	const FilterValue *value = filter->values;

	if (filter->unknown != NULL)
		return psprintf("%s%s", param->encoding == PARAM_CONSTANT ? "" :
						param->prefix, filter->unknown);

	switch (param->encoding)
	{
		case PARAM_CONSTANT:
			return param->takes(value->text) ? param->prefix : NULL;
		case PARAM_TRUE:
			return value->boolean ? "true" : NULL;
		case PARAM_TEXT:
			if (param->takes != NULL && !param->takes(value->text))
				return NULL;
			return psprintf("%s%s", param->prefix, value->text);
		case PARAM_LIST:
			for (int i = 0; i < filter->nvalues; i++)
				if (param->takes != NULL && !param->takes(value[i].text))
					return NULL;
			return imagecat_list_value(param, value, filter->nvalues);
		case PARAM_BOOLEAN:
			return value->boolean ? "true" : "false";
		case PARAM_INTEGER:
		case PARAM_INTEGER_ABOVE:
		case PARAM_INTEGER_BELOW:
			{
				int64		integer = value->integer;
				int64		max = param->max > 0 ? param->max : PG_INT64_MAX;

				if (integer > max || integer < (param->no_negative ? 0 : -max))
					return NULL;
				if (param->encoding == PARAM_INTEGER_ABOVE && integer++ == max)
					return NULL;
				if (param->encoding == PARAM_INTEGER_BELOW && integer-- == -max)
					return NULL;
				return psprintf("%s" INT64_FORMAT, param->prefix, integer);
			}
		case PARAM_TIME_FROM:
		case PARAM_TIME_AFTER:
		case PARAM_TIME_AT:
		case PARAM_TIME_BEFORE:
			{
				TimestampTz second;

				if (!time_value(param->encoding, value->time, &second))
					return NULL;
				return psprintf("%s%s", param->prefix,
								imagecat_format_time(second));
			}
	}
	pg_unreachable();
}

/* Whether the type of the filter's values is the one that this encoding writes. */
static bool
encodes_type(ParamEncoding encoding, FilterType type)
{
	switch (encoding)
	{
		case PARAM_TEXT:
		case PARAM_LIST:
		case PARAM_CONSTANT:
			return type == FILTER_TEXT;
		case PARAM_BOOLEAN:
		case PARAM_TRUE:
			return type == FILTER_BOOLEAN;
		case PARAM_INTEGER:
		case PARAM_INTEGER_ABOVE:
		case PARAM_INTEGER_BELOW:
			return type == FILTER_INTEGER;
		case PARAM_TIME_FROM:
		case PARAM_TIME_AFTER:
		case PARAM_TIME_AT:
		case PARAM_TIME_BEFORE:
			return type == FILTER_TIME;
	}
	pg_unreachable();
}

/*
 * Whether the filter is on a custom property that may be a parameter.  Where
 * these are members of the image object itself, a column may show one.
 */
static bool
is_property(const Dialect *dialect, const Filter *filter)
{
	return dialect->is_property != NULL && dialect->is_property(filter->member) &&
		(filter->property || dialect->property_object == NULL);
}

/*
 * The table's entry for a filter, and the value it writes, palloc'd; NULL if
 * none fits.  A version of 0 is the newest.
 */
const DialectParam *
imagecat_find_param(const Dialect *dialect, int version,
					const Filter *filter, const char **value)
{
	if (filter->member == NULL)
		return NULL;
	for (const DialectParam *param = dialect->params; param->key; param++)
	{
		bool		fits = param->member == NULL ?
		is_property(dialect, filter) :
		(strcmp(param->member, filter->member) == 0 &&
		 (!filter->property || dialect->property_object == NULL));

		if (fits && param->op == filter->op &&
			encodes_type(param->encoding, filter->type) &&
			(version == 0 || version >= param->since) &&
			(*value = encode(param, filter)) != NULL)
			return param;
	}
	return NULL;
}

/* The key that the parameter has for this filter. */
const char *
imagecat_param_key(const DialectParam *param, const Filter *filter)
{
	return param->member ? param->key :
		psprintf("%s%s", param->key, filter->member);
}
