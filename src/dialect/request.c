/*-------------------------------------------------------------------------
 *
 * request.c
 *	  From filters to requests, by a dialect's tables.
 *
 *	  A filter is sent only if the service's answer is certain to have every
 *	  row that passes it.  The caller tests all filters again on the rows.
 *
 * src/dialect/request.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/request.h"
#include "lib/stringinfo.h"
#include "utils/timestamp.h"
#include "wire/url.h"

/*
 * Longest path and query.  Glance under eventlet answers 414 from 8,177 bytes
 * on; under uwsgi it drops the query of longer ones and sends everything.
 * What the service's own path prefix, limit, marker and sort need is kept free.
 */
#define MAX_TARGET_LENGTH	7500

/* A list that needs more requests than this is not worth sending. */
#define MAX_LIST_REQUESTS	64

/* With an order to keep, all requests of a list are under way at once. */
#define MAX_MERGED_REQUESTS 8

/* The years that every service's database takes. */
#define FIRST_PUSHED_TIME	(-((int64) (POSTGRES_EPOCH_JDATE - 2415021)) * USECS_PER_DAY)	/* 1900-01-01 */
#define LAST_PUSHED_TIME	((int64) (5373484 - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)	/* 9999-12-31 */

static RequestParam *
make_param(const char *key, const char *value)
{
	RequestParam *param = palloc(sizeof(RequestParam));

	param->key = key;
	param->value = value;
	return param;
}

static bool
has_param(const List *params, const char *key)
{
	ListCell   *lc;

	foreach(lc, params)
		if (strcmp(((RequestParam *) lfirst(lc))->key, key) == 0)
			return true;
	return false;
}

static size_t
params_length(const List *params)
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
static const char *
list_item(const char *value)
{
	if (*value == '\0' || strchr(value, ',') != NULL)
		return psprintf("\"%s\"", value);
	return value;
}

static const char *
list_value(const DialectParam *param, const FilterValue *values, int count)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfoString(&list, param->prefix);
	for (int i = 0; i < count; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? "," : "",
						 list_item(values[i].text));
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
	if (encoding == PARAM_TIME_AFTER || rest > 0)
		*second += USECS_PER_SEC;
	return true;
}

/* A filter's value as this parameter writes it, or NULL if it cannot. */
static const char *
encode(const DialectParam *param, const Filter *filter)
{
	const FilterValue *value = filter->values;

	if (filter->unknown != NULL)
		return psprintf("%s%s", param->prefix, filter->unknown);

	switch (param->encoding)
	{
		case PARAM_TEXT:
			if (param->takes != NULL && !param->takes(value->text))
				return NULL;
			return psprintf("%s%s", param->prefix, value->text);
		case PARAM_LIST:
			for (int i = 0; i < filter->nvalues; i++)
				if (param->takes != NULL && !param->takes(value[i].text))
					return NULL;
			return list_value(param, value, filter->nvalues);
		case PARAM_BOOLEAN:
			return value->boolean ? "true" : "false";
		case PARAM_INTEGER:
		case PARAM_INTEGER_ABOVE:
		case PARAM_INTEGER_BELOW:
			{
				int64		integer = value->integer;
				int64		max = param->max > 0 ? param->max : PG_INT64_MAX;

				if (integer > max || integer < -max)
					return NULL;
				if (param->encoding == PARAM_INTEGER_ABOVE && integer++ == max)
					return NULL;
				if (param->encoding == PARAM_INTEGER_BELOW && integer-- == -max)
					return NULL;
				return psprintf("%s" INT64_FORMAT, param->prefix, integer);
			}
		case PARAM_TIME_FROM:
		case PARAM_TIME_AFTER:
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
			return type == FILTER_TEXT;
		case PARAM_BOOLEAN:
			return type == FILTER_BOOLEAN;
		case PARAM_INTEGER:
		case PARAM_INTEGER_ABOVE:
		case PARAM_INTEGER_BELOW:
			return type == FILTER_INTEGER;
		case PARAM_TIME_FROM:
		case PARAM_TIME_AFTER:
			return type == FILTER_TIME;
	}
	pg_unreachable();
}

/* The table's entry for a filter, and the value it writes; NULL if none fits. */
static const DialectParam *
find_param(const Dialect *dialect, const ImageQuery *query,
		   const Filter *filter, const char **value)
{
	if (filter->member == NULL)
		return NULL;
	for (const DialectParam *param = dialect->params; param->key; param++)
	{
		bool		fits = param->member == NULL ?
		dialect->is_property(filter->member) :
		strcmp(param->member, filter->member) == 0;

		if (fits && param->op == filter->op &&
			encodes_type(param->encoding, filter->type) &&
			(query->version == 0 || query->version >= param->since) &&
			(*value = encode(param, filter)) != NULL)
			return param;
	}
	return NULL;
}

static const char *
param_key(const DialectParam *param, const Filter *filter)
{
	return param->key[0] != '\0' ? param->key : filter->member;
}

static int
compare_text_values(const void *a, const void *b)
{
	return strcmp(((const FilterValue *) a)->text,
				  ((const FilterValue *) b)->text);
}

/*
 * A list split over requests so that each stays short enough: a list of
 * Filters, or NIL if that would be too many.  A value goes into one part only.
 */
static List *
split_list(const DialectParam *param, const Filter *filter, size_t room,
		   int max_parts)
{
	List	   *parts = NIL;
	Filter	   *part = NULL;
	size_t		length = 0;
	FilterValue *values = palloc(sizeof(FilterValue) * filter->nvalues);

	memcpy(values, filter->values, sizeof(FilterValue) * filter->nvalues);
	qsort(values, filter->nvalues, sizeof(FilterValue), compare_text_values);
	for (int i = 0; i < filter->nvalues; i++)
	{
		size_t		item;

		if (i > 0 && strcmp(values[i].text, values[i - 1].text) == 0)
			continue;
		item = imagecat_encoded_length(list_item(values[i].text)) + 1;
		if (part == NULL || length + item > room)
		{
			if (list_length(parts) == max_parts ||
				item + strlen(param->prefix) > room)
				return NIL;
			part = imagecat_filter(filter->op, filter->type, filter->column,
								   filter->member, 0);
			part->property = filter->property;
			part->values = palloc(sizeof(FilterValue) * filter->nvalues);
			parts = lappend(parts, part);
			length = strlen(param->prefix);
		}
		part->values[part->nvalues++] = values[i];
		length += item;
	}
	return parts;
}

/* Whether the choice of passes takes care of the filter. */
static bool
is_pass_filter(const Dialect *dialect, const Filter *filter)
{
	return filter->type == FILTER_BOOLEAN && filter->unknown == NULL &&
		filter->member != NULL && !filter->property &&
		strcmp(filter->member, dialect->pass_member) == 0;
}

/* Whether an image of the pass (the member is false, or true) may pass the filters. */
static bool
pass_needed(const Dialect *dialect, const List *filters, bool pass)
{
	ListCell   *lc;

	foreach(lc, filters)
	{
		const Filter *filter = lfirst(lc);

		if (is_pass_filter(dialect, filter) &&
			!imagecat_filter_matches(filter, BoolGetDatum(pass), false,
									 InvalidOid))
			return false;
	}
	return true;
}

/* Whether the whole set takes several listings. */
static bool
has_passes(const Dialect *dialect, const ImageQuery *query)
{
	return query->everything && dialect->pass_member != NULL &&
		(query->version == 0 || query->version >= dialect->pass_since);
}

/* One request for a list, or one for each of the passes that make up the set. */
static List *
list_requests(const Dialect *dialect, const ImageQuery *query, List *params,
			  bool until_empty, const Filter *part)
{
	List	   *requests = NIL;
	bool		passes = has_passes(dialect, query);

	for (int pass = 0; pass <= (passes ? 1 : 0); pass++)
	{
		ImageRequest *request = palloc0(sizeof(ImageRequest));

		if (passes && !pass_needed(dialect, query->filters, pass == 1))
			continue;
		request->path = dialect->list_path;
		request->params = list_copy(params);
		request->until_empty = until_empty;
		request->part = part;
		if (passes)
			request->params = lcons(make_param(dialect->pass_key,
											   pass == 1 ? "true" : "false"),
									request->params);
		requests = lappend(requests, request);
	}
	return requests;
}

/* The filter that asks for one image by its id, if looking that up gives all. */
static const Filter *
lookup_filter(const Dialect *dialect, const ImageQuery *query)
{
	ListCell   *lc;

	if (!query->everything || dialect->item_path == NULL)
		return NULL;
	foreach(lc, query->filters)
	{
		const Filter *filter = lfirst(lc);

		if (filter->op == FILTER_EQ && filter->type == FILTER_TEXT &&
			!filter->property && filter->member != NULL &&
			strcmp(filter->member, dialect->id_member) == 0 &&
			(filter->unknown != NULL ||
			 dialect->takes_item(filter->values[0].text)))
			return filter;
	}
	return NULL;
}

static List *
sort_params(const Dialect *dialect, const ImageQuery *query)
{
	const char *direction = query->descending ? "desc" : "asc";

	if (query->sort == NULL)
		return NIL;
	if (query->version == 0 || query->version >= dialect->sort_list_since)
		return list_make1(make_param(dialect->sort_list,
									 psprintf("%s:%s", query->sort->member,
											  direction)));
	return list_make2(make_param(dialect->sort_key, query->sort->member),
					  make_param(dialect->sort_dir, direction));
}

/*
 * The requests that bring every row the query wants.
 *
 * None at all are needed where the filters contradict each other.  Everything
 * is palloc'd in the current memory context; texts may be shared with the
 * query.
 */
RequestPlan *
imagecat_plan_requests(const Dialect *dialect, const ImageQuery *query)
{
	RequestPlan *plan = palloc0(sizeof(RequestPlan));
	List	   *params = NIL;
	List	   *lists = NIL;	/* filters whose value is a list */
	const DialectParam *split_param = NULL;
	const Filter *split = NULL;
	const Filter *lookup = lookup_filter(dialect, query);
	bool		exact = true;
	bool		until_empty = false;
	ListCell   *lc;

	foreach(lc, query->filters)
	{
		const Filter *filter = lfirst(lc);

		if (filter->nvalues == 0 && filter->unknown == NULL)
			return plan;		/* nothing is in an empty list */
	}

	plan->page_size = query->page_size > 0 ?
		Min(query->page_size, dialect->max_page_size) : dialect->max_page_size;

	if (lookup != NULL)
	{
		ImageRequest *request = palloc0(sizeof(ImageRequest));

		request->lookup = true;
		request->path = psprintf("%s%s", dialect->item_path,
								 lookup->unknown ? lookup->unknown :
								 lookup->values[0].text);
		plan->requests = list_make1(request);
		plan->limited = true;
		return plan;
	}

	/* Single values first: what is left of the URL's length is for lists. */
	params = list_copy(query->params);
	foreach(lc, query->filters)
	{
		Filter	   *filter = lfirst(lc);
		const char *value;
		const DialectParam *param = find_param(dialect, query, filter, &value);
		const char *key;

		if (has_passes(dialect, query) && is_pass_filter(dialect, filter))
			continue;
		if (param == NULL)
		{
			plan->unsent = lappend(plan->unsent, filter);
			continue;
		}
		key = param_key(param, filter);
		if (filter->op == FILTER_EQ && filter->type == FILTER_TIME)
			exact = false;		/* one of the two bounds it takes */
		if (param->encoding == PARAM_LIST)
			lists = lappend(lists, filter);
		else if ((param->repeats || !has_param(params, key)) &&
				 params_length(params) + imagecat_encoded_length(value) <
				 MAX_TARGET_LENGTH)
		{
			params = lappend(params, make_param(key, value));
			until_empty |= param->ends_early;
		}
		else
			plan->unsent = lappend(plan->unsent, filter);
	}

	/*
	 * A list that takes more than a quarter of a URL is split over several,
	 * if it is the only such one.
	 */
	foreach(lc, lists)
	{
		Filter	   *filter = lfirst(lc);
		const char *value;
		const DialectParam *param = find_param(dialect, query, filter, &value);
		const char *key = param_key(param, filter);

		if (has_param(params, key) ||
			(split != NULL && strcmp(param_key(split_param, split), key) == 0))
			plan->unsent = lappend(plan->unsent, filter);
		else if (params_length(params) + imagecat_encoded_length(value) <
				 MAX_TARGET_LENGTH / 4)
			params = lappend(params, make_param(key, value));
		else if (split == NULL)
		{
			split = filter;
			split_param = param;
		}
		else
			plan->unsent = lappend(plan->unsent, filter);
	}
	if (query->everything)
		for (const DialectConstant *constant = dialect->everything;
			 constant->key; constant++)
			if (!has_param(params, constant->key) &&
				(query->version == 0 || query->version >= constant->since))
				params = lappend(params, make_param(constant->key,
													constant->value));
	params = list_concat(params, sort_params(dialect, query));

	if (split != NULL)
	{
		const char *key = param_key(split_param, split);
		size_t		used = params_length(params) + strlen(key) + 2;
		size_t		room = used < MAX_TARGET_LENGTH ? MAX_TARGET_LENGTH - used : 0;
		List	   *parts;

		parts = split_list(split_param, split, room,
						   query->sort != NULL ? MAX_MERGED_REQUESTS :
						   MAX_LIST_REQUESTS);
		if (parts == NIL)
		{
			plan->unsent = lappend(plan->unsent, (Filter *) split);
			split = NULL;
		}
		foreach(lc, parts)
		{
			Filter	   *part = lfirst(lc);
			RequestParam *param = make_param(key, list_value(split_param,
															 part->values,
															 part->nvalues));

			plan->requests = list_concat(plan->requests,
										 list_requests(dialect, query,
													   lcons(param, list_copy(params)),
													   until_empty,
													   list_length(parts) > 1 ? part : NULL));
		}
	}
	if (split == NULL)
		plan->requests = list_requests(dialect, query, params, until_empty, NULL);

	/* A limit is a hint: with filters of our own, more must be read. */
	if (query->limit > 0 && exact && plan->unsent == NIL)
	{
		plan->page_size = Min(plan->page_size, query->limit);
		plan->limited = true;
	}
	return plan;
}

/* The request's path and query string, palloc'd; marker may be NULL. */
char *
imagecat_request_target(const Dialect *dialect, const ImageRequest *request,
						int page_size, const char *marker)
{
	StringInfoData target;
	const char *separator = "?";
	ListCell   *lc;

	initStringInfo(&target);
	appendStringInfoString(&target, request->path);
	if (request->lookup)
		return target.data;
	if (dialect->limit_key != NULL)
	{
		appendStringInfo(&target, "?%s=%d", dialect->limit_key, page_size);
		separator = "&";
	}
	foreach(lc, request->params)
	{
		RequestParam *param = lfirst(lc);

		appendStringInfoString(&target, separator);
		imagecat_append_encoded(&target, param->key);
		appendStringInfoChar(&target, '=');
		imagecat_append_encoded(&target, param->value);
		separator = "&";
	}
	if (marker != NULL)
	{
		appendStringInfo(&target, "%s%s=", separator, dialect->marker_key);
		imagecat_append_encoded(&target, marker);
	}
	return target.data;
}
