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
		is_property(dialect, filter) :
		(strcmp(param->member, filter->member) == 0 &&
		 (!filter->property || dialect->property_object == NULL));

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
	return param->member ? param->key :
		psprintf("%s%s", param->key, filter->member);
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

static List *
add_constants(List *params, const DialectConstant *constant, int version)
{
	for (; constant != NULL && constant->key; constant++)
		if (!has_param(params, constant->key) &&
			(version == 0 || version >= constant->since))
			params = lappend(params, make_param(constant->key, constant->value));
	return params;
}

static ImageRequest *
list_request(const Dialect *dialect, List *params, bool until_empty,
			 const Filter *part)
{
	ImageRequest *request = palloc0(sizeof(ImageRequest));

	request->path = dialect->list_path;
	request->params = params;
	request->until_empty = until_empty;
	request->part = part;
	return request;
}

/* One request for a list, or one for each of those that make up the set. */
static List *
list_requests(const Dialect *dialect, const ImageQuery *query, List *params,
			  bool until_empty, const Filter *part)
{
	List	   *requests = NIL;
	const DialectConstant *const *listing = dialect->listings;

	if (!has_passes(dialect, query))
		requests = list_make1(list_request(dialect, params, until_empty, part));
	else
		for (int pass = 0; pass <= 1; pass++)
		{
			RequestParam *param = make_param(dialect->pass_key,
											 pass == 1 ? "true" : "false");

			if (pass_needed(dialect, query->filters, pass == 1))
				requests = lappend(requests,
								   list_request(dialect,
												lcons(param, list_copy(params)),
												until_empty, part));
		}
	for (; query->everything && listing != NULL && *listing != NULL; listing++)
		requests = lappend(requests,
						   list_request(dialect,
										add_constants(list_copy(params), *listing,
													  query->version),
										until_empty, part));
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
	if (dialect->sort_list != NULL &&
		(query->version == 0 || query->version >= dialect->sort_list_since))
		return list_make1(make_param(dialect->sort_list,
									 psprintf("%s:%s", query->sort->member,
											  direction)));
	return list_make2(make_param(dialect->sort_key, query->sort->member),
					  make_param(dialect->sort_dir, direction));
}

/* The parameters while they are being collected. */
typedef struct RequestBuilder
{
	const Dialect *dialect;
	const ImageQuery *query;
	RequestPlan *plan;
	List	   *params;			/* RequestParam */
	List	   *lists;			/* Filter: their values are lists */
	const Filter *split;		/* the list that several requests share */
	const DialectParam *split_param;
	bool		exact;			/* the service's answer needs no test */
	bool		until_empty;	/* see ImageRequest */
} RequestBuilder;

/* A look-up finds what lists leave out, and needs one request. */
static void
plan_lookup(RequestPlan *plan, const Dialect *dialect, const Filter *id)
{
	ImageRequest *request = palloc0(sizeof(ImageRequest));

	request->lookup = true;
	request->path = psprintf("%s%s", dialect->item_path,
							 id->unknown ? id->unknown : id->values[0].text);
	plan->requests = list_make1(request);
	plan->limited = true;
}

/* Single values first: what is left of the URL's length is for lists. */
static void
add_filter(RequestBuilder *builder, Filter *filter)
{
	const char *value;
	const char *key;
	const DialectParam *param;

	if (has_passes(builder->dialect, builder->query) &&
		is_pass_filter(builder->dialect, filter))
		return;
	param = find_param(builder->dialect, builder->query, filter, &value);
	if (param != NULL && param->encoding == PARAM_LIST)
	{
		builder->lists = lappend(builder->lists, filter);
		return;
	}
	key = param ? param_key(param, filter) : NULL;
	if (param == NULL || (has_param(builder->params, key) && !param->repeats) ||
		params_length(builder->params) + imagecat_encoded_length(value) >
		MAX_TARGET_LENGTH)
	{
		builder->plan->unsent = lappend(builder->plan->unsent, filter);
		return;
	}
	builder->params = lappend(builder->params, make_param(key, value));
	builder->until_empty |= param->ends_early;
	if (filter->op == FILTER_EQ && filter->type == FILTER_TIME)
		builder->exact = false; /* one of the two bounds that it takes */
}

/*
 * A list that takes more than a quarter of a URL is split over several, if it
 * is the only such one.
 */
static void
add_list(RequestBuilder *builder, Filter *filter)
{
	const char *value;
	const DialectParam *param = find_param(builder->dialect, builder->query,
										   filter, &value);
	const char *key = param_key(param, filter);
	bool		is_short = params_length(builder->params) +
	imagecat_encoded_length(value) < MAX_TARGET_LENGTH / 4;
	bool		is_taken = has_param(builder->params, key) ||
	(builder->split != NULL &&
	 strcmp(param_key(builder->split_param, builder->split), key) == 0);

	if (!is_taken && is_short)
		builder->params = lappend(builder->params, make_param(key, value));
	else if (!is_taken && builder->split == NULL)
	{
		builder->split = filter;
		builder->split_param = param;
	}
	else
		builder->plan->unsent = lappend(builder->plan->unsent, filter);
}

/* The listings for each part of the list; false if there would be too many. */
static bool
plan_split(RequestBuilder *builder)
{
	const char *key = param_key(builder->split_param, builder->split);
	size_t		used = params_length(builder->params) + strlen(key) + 2;
	List	   *parts = split_list(builder->split_param, builder->split,
								   used < MAX_TARGET_LENGTH ? MAX_TARGET_LENGTH - used : 0,
								   builder->query->sort ? MAX_MERGED_REQUESTS :
								   MAX_LIST_REQUESTS);
	ListCell   *lc;

	foreach(lc, parts)
	{
		const Filter *part = lfirst(lc);
		RequestParam *param = make_param(key, list_value(builder->split_param,
														 part->values,
														 part->nvalues));

		builder->plan->requests =
			list_concat(builder->plan->requests,
						list_requests(builder->dialect, builder->query,
									  lcons(param, list_copy(builder->params)),
									  builder->until_empty,
									  list_length(parts) > 1 ? part : NULL));
	}
	return parts != NIL;
}

static bool
has_text_filter(const List *filters)
{
	ListCell   *lc;

	foreach(lc, filters)
		if (((Filter *) lfirst(lc))->type == FILTER_TEXT)
			return true;
	return false;
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
	RequestBuilder builder = {dialect, query, plan,.exact = true,
	.until_empty = dialect->until_empty};
	const Filter *id = lookup_filter(dialect, query);
	ListCell   *lc;

	plan->page_size = query->page_size > 0 ?
		Min(query->page_size, dialect->max_page_size) : dialect->max_page_size;
	plan->max_page_size = plan->page_size;
	foreach(lc, query->filters)
	{
		const Filter *filter = lfirst(lc);

		if (filter->nvalues == 0 && filter->unknown == NULL)
			return plan;		/* nothing is in an empty list */
	}
	if (id != NULL)
	{
		plan_lookup(plan, dialect, id);
		return plan;
	}

	builder.params = list_copy(query->params);
	foreach(lc, query->filters)
		add_filter(&builder, lfirst(lc));
	foreach(lc, builder.lists)
		add_list(&builder, lfirst(lc));
	if (query->everything)
		builder.params = add_constants(builder.params, dialect->everything,
									   query->version);
	builder.params = list_concat(builder.params, sort_params(dialect, query));

	if (builder.split != NULL && !plan_split(&builder))
	{
		plan->unsent = lappend(plan->unsent, (Filter *) builder.split);
		builder.split = NULL;
	}
	if (builder.split == NULL)
		plan->requests = list_requests(dialect, query, builder.params,
									   builder.until_empty, NULL);

	/*
	 * A limit is a hint: with filters of our own, more must be read.  Where
	 * there is to be no second page, the first must also have room for what a
	 * loose comparison of texts finds too much.
	 */
	plan->exact = builder.exact && plan->unsent == NIL;
	plan->until_empty = builder.until_empty;
	plan->one_page = query->sort != NULL && query->sort->one_page;
	if (query->limit > 0 && plan->exact && dialect->limit_key != NULL)
	{
		if (!plan->one_page || !has_text_filter(query->filters))
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
