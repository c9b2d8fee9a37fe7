/*-------------------------------------------------------------------------
 *
 * request.c
 *	  From filters to requests, by a dialect's tables.
 *
 *	  A request is sent only if the answers of all of them are certain to have
 *	  every row that passes the filters.  The caller tests all filters again on
 *	  the rows.
 *
 * src/dialect/request.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/request.h"
#include "lib/stringinfo.h"
#include "wire/url.h"

/*
 * Longest path and query.  Glance under eventlet answers 414 from 8,177 bytes
 * on; under uwsgi it drops the query of longer ones and sends everything.
 * What the service's own path prefix, limit, marker and sort need is kept free.
 */
#define MAX_TARGET_LENGTH	7500

/* A list that needs more requests than this is not worth sending. */
#define MAX_LIST_REQUESTS	64

/*
 * With an order to keep, all requests of a list are under way at once; those
 * of an OR always are.
 */
#define MAX_MERGED_REQUESTS 8

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
		item = imagecat_encoded_length(imagecat_list_item(values[i].text)) + 1;
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

/* Whether the filter is about the member that tells the passes apart. */
static bool
is_about_passes(const Dialect *dialect, const Filter *filter)
{
	ListCell   *branch;
	ListCell   *lc;

	if (filter->op != FILTER_OR)
		return filter->type == FILTER_BOOLEAN && filter->unknown == NULL &&
			filter->member != NULL && !filter->property &&
			strcmp(filter->member, dialect->pass_member) == 0;
	foreach(branch, filter->branches)
		foreach(lc, (List *) lfirst(branch))
			if (!is_about_passes(dialect, lfirst(lc)))
				return false;
	return true;
}

/* Whether images of the pass (the member is false, or true) pass the filter. */
static bool
pass_matches(const Filter *filter, bool pass)
{
	return imagecat_filter_matches(filter, BoolGetDatum(pass), false, InvalidOid);
}

/*
 * Whether the choice of passes takes care of the filter.  What is true of no
 * pass, as "is NULL", is for images of services that have none.
 */
static bool
is_pass_filter(const Dialect *dialect, const Filter *filter)
{
	return is_about_passes(dialect, filter) &&
		(pass_matches(filter, false) || pass_matches(filter, true));
}

/* Whether an image of the pass (the member is false, or true) may pass the filters. */
static bool
pass_needed(const Dialect *dialect, const List *filters, bool pass)
{
	ListCell   *lc;

	foreach(lc, filters)
	{
		const Filter *filter = lfirst(lc);

		if (is_pass_filter(dialect, filter) && !pass_matches(filter, pass))
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
		if (!imagecat_has_param(params, constant->key) &&
			(version == 0 || version >= constant->since))
			params = lappend(params, imagecat_param(constant->key, constant->value));
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
			RequestParam *param = imagecat_param(dialect->pass_key,
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

	if (!query->everything || query->listings_only || dialect->item_path == NULL)
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
		return list_make1(imagecat_param(dialect->sort_list,
										 psprintf("%s:%s", query->sort->member,
												  direction)));
	return list_make2(imagecat_param(dialect->sort_key, query->sort->member),
					  imagecat_param(dialect->sort_dir, direction));
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
static ImageRequest *
lookup_request(const Dialect *dialect, const Filter *id)
{
	ImageRequest *request = palloc0(sizeof(ImageRequest));

	request->lookup = true;
	request->path = psprintf("%s%s", dialect->item_path,
							 id->unknown ? id->unknown : id->values[0].text);
	return request;
}

/*
 * Whether "is not NULL" is true of every image that comes: the service always
 * sends the member, or the images come sorted by it, where one without it is
 * an error.
 */
static bool
is_always_there(const RequestBuilder *builder, const Filter *filter)
{
	const DialectSortKey *sort = builder->query->sort;
	const DialectField *field;

	if (filter->op != FILTER_NOT_NULL || filter->property || filter->member == NULL)
		return false;
	field = imagecat_field(builder->dialect, filter->member);
	return (sort != NULL && strcmp(sort->member, filter->member) == 0) ||
		(field != NULL && (field->flags & FIELD_ALWAYS) != 0);
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
	if (is_always_there(builder, filter))
		return;
	param = imagecat_find_param(builder->dialect, builder->query->version,
								filter, &value);
	if (param != NULL && param->encoding == PARAM_LIST)
	{
		builder->lists = lappend(builder->lists, filter);
		return;
	}
	key = param ? imagecat_param_key(param, filter) : NULL;
	if (param == NULL || (imagecat_has_param(builder->params, key) && !param->repeats) ||
		imagecat_params_length(builder->params) + imagecat_encoded_length(value) >
		MAX_TARGET_LENGTH)
	{
		builder->plan->unsent = lappend(builder->plan->unsent, filter);
		return;
	}
	builder->params = lappend(builder->params, imagecat_param(key, value));
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
	const DialectParam *param = imagecat_find_param(builder->dialect,
													builder->query->version,
													filter, &value);
	const char *key = imagecat_param_key(param, filter);
	bool		is_short = imagecat_params_length(builder->params) +
	imagecat_encoded_length(value) < MAX_TARGET_LENGTH / 4;
	bool		is_taken = imagecat_has_param(builder->params, key) ||
	(builder->split != NULL &&
	 strcmp(imagecat_param_key(builder->split_param, builder->split), key) == 0);

	if (!is_taken && is_short)
		builder->params = lappend(builder->params, imagecat_param(key, value));
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
	const char *key = imagecat_param_key(builder->split_param, builder->split);
	size_t		used = imagecat_params_length(builder->params) + strlen(key) + 2;
	List	   *parts = split_list(builder->split_param, builder->split,
								   used < MAX_TARGET_LENGTH ? MAX_TARGET_LENGTH - used : 0,
								   builder->query->sort ? MAX_MERGED_REQUESTS :
								   MAX_LIST_REQUESTS);
	ListCell   *lc;

	foreach(lc, parts)
	{
		const Filter *part = lfirst(lc);
		const char *value = imagecat_list_value(builder->split_param, part->values,
												part->nvalues);
		RequestParam *param = imagecat_param(key, value);

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
 * The listings of a conjunction.  false, and nothing but garbage in the plan,
 * if they take a split list although they may not.
 */
static bool
plan_listings(const Dialect *dialect, const ImageQuery *query,
			  RequestPlan *plan, bool may_split)
{
	RequestBuilder builder = {dialect, query, plan,.exact = true,
	.until_empty = dialect->until_empty};
	ListCell   *lc;

	builder.params = list_copy(query->params);
	foreach(lc, query->filters)
		add_filter(&builder, lfirst(lc));
	foreach(lc, builder.lists)
		add_list(&builder, lfirst(lc));
	if (builder.split != NULL && !may_split)
		return false;
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
	plan->exact = builder.exact && plan->unsent == NIL;
	plan->until_empty = builder.until_empty;
	return true;
}

static bool
is_equality(const Filter *filter)
{
	return (filter->op == FILTER_EQ || filter->op == FILTER_IN) &&
		(filter->type == FILTER_TEXT || filter->type == FILTER_INTEGER);
}

/* Whether a listing by this filter brings a small part of the images. */
static bool
is_selective(const Dialect *dialect, const ImageQuery *query,
			 const Filter *filter)
{
	const DialectField *field;
	const char *value;

	if (filter->member == NULL || !(is_equality(filter) || filter->op == FILTER_HAS))
		return false;
	field = filter->property && dialect->property_object != NULL ? NULL :
		imagecat_field(dialect, filter->member);
	return (field == NULL || (field->flags & FIELD_FEW) == 0) &&
		imagecat_find_param(dialect, query->version, filter, &value) != NULL;
}

/* Whether the filter is a list that the service cannot take as such. */
static bool
is_foreign_list(const Dialect *dialect, const ImageQuery *query,
				const Filter *filter)
{
	const char *value;

	return filter->op == FILTER_IN && is_equality(filter) &&
		filter->unknown == NULL && filter->nvalues <= MAX_MERGED_REQUESTS &&
		imagecat_find_param(dialect, query->version, filter, &value) == NULL;
}

/* A conjunction once for each value of one of its filters. */
static List *
value_branches(const List *filters, const Filter *list)
{
	List	   *others = list_delete_ptr(list_copy(filters), (void *) list);
	List	   *branches = NIL;

	for (int i = 0; i < list->nvalues; i++)
	{
		Filter	   *equal = palloc(sizeof(Filter));

		*equal = *list;
		equal->op = FILTER_EQ;
		equal->nvalues = 1;
		equal->values = &list->values[i];
		branches = lappend(branches, lappend(list_copy(others), equal));
	}
	return branches;
}

/*
 * The branches of a filter that says "one of these", each a list of filters:
 * an OR's, or the values of a list that the service cannot take.  NIL if it is
 * none, or has too many.
 */
static List *
filter_branches(const Dialect *dialect, const ImageQuery *query,
				Filter *filter)
{
	List	   *branches = NIL;
	ListCell   *branch;
	ListCell   *lc;

	if (is_foreign_list(dialect, query, filter))
		return value_branches(list_make1(filter), filter);
	if (filter->op != FILTER_OR)
		return NIL;
	foreach(branch, filter->branches)
	{
		List	   *filters = lfirst(branch);
		List	   *values = NIL;

		foreach(lc, filters)
			if (values == NIL && is_foreign_list(dialect, query, lfirst(lc)))
				values = value_branches(filters, lfirst(lc));
		branches = list_concat(branches, values ? values : list_make1(filters));
	}
	return list_length(branches) <= MAX_MERGED_REQUESTS ? branches : NIL;
}

/*
 * Whether the listings of one branch are worth it: what the filter adds to the
 * other filters was sent.  The values of a list bring different images; what
 * the branches of an OR bring has to be little.
 */
static bool
is_worth_it(const Dialect *dialect, const ImageQuery *branch,
			const List *unsent, const Filter *filter)
{
	ListCell   *lc;

	foreach(lc, branch->filters)
	{
		Filter	   *each = lfirst(lc);

		if (!list_member_ptr(unsent, each) &&
			(filter->op == FILTER_OR ? is_selective(dialect, branch, each) :
			 is_equality(each) && imagecat_same_operand(each, filter)))
			return true;
	}
	return false;
}

/* Adds what is not in the list yet. */
static List *
add_requests(const Dialect *dialect, List *requests, const List *more)
{
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, more)
	{
		const char *target = imagecat_request_target(dialect, lfirst(lc), 0, NULL);
		bool		is_there = false;

		foreach(other, requests)
			is_there |= strcmp(target, imagecat_request_target(dialect, lfirst(other),
															   0, NULL)) == 0;
		if (!is_there)
			requests = lappend(requests, lfirst(lc));
	}
	return requests;
}

/*
 * Requests for each branch of the filter, to which all other filters apply;
 * false, with the plan as it was, if it is better left to PostgreSQL.
 */
static bool
plan_branches(const Dialect *dialect, const ImageQuery *query,
			  Filter *filter, RequestPlan *plan)
{
	List	   *others = list_delete_ptr(list_copy(query->filters), filter);
	List	   *listings = NIL;
	List	   *lookups = NIL;
	bool		exact = true;
	bool		until_empty = false;
	List	   *branches = filter_branches(dialect, query, filter);
	ListCell   *lc;

	if (branches == NIL)
		return false;
	foreach(lc, branches)
	{
		ImageQuery	branch = *query;
		RequestPlan part = {0};
		bool		contradiction = false;
		const Filter *id;

		branch.filters = imagecat_simplify_filters(list_concat_copy(others, lfirst(lc)),
												   &contradiction);
		if (contradiction)
			continue;
		id = lookup_filter(dialect, &branch);
		if (id != NULL)
		{
			lookups = add_requests(dialect, lookups,
								   list_make1(lookup_request(dialect, id)));
			continue;
		}
		if (!plan_listings(dialect, &branch, &part, false) ||
			!is_worth_it(dialect, &branch, part.unsent, filter))
			return false;
		listings = add_requests(dialect, listings, part.requests);
		exact = exact && part.exact;
		until_empty |= part.until_empty;
	}
	plan->requests = list_concat(listings, lookups);
	plan->exact = exact;
	plan->until_empty = until_empty;
	plan->at_once = true;
	plan->repeats = list_length(plan->requests) > 1;
	return true;
}

/*
 * Takes one filter of the query apart into branches.  What is selective
 * without that needs no more requests, and the order of list_images is the
 * service's.
 */
static bool
plan_union(const Dialect *dialect, const ImageQuery *query, RequestPlan *plan)
{
	ListCell   *lc;

	if (!query->everything)
		return false;
	foreach(lc, query->filters)
		if (is_selective(dialect, query, lfirst(lc)))
			return false;
	foreach(lc, query->filters)
		if (plan_branches(dialect, query, lfirst(lc), plan))
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
	ImageQuery	simple = *query;
	bool		contradiction = false;
	const Filter *id;

	plan->page_size = query->page_size > 0 ?
		Min(query->page_size, dialect->max_page_size) : dialect->max_page_size;
	plan->max_page_size = plan->page_size;
	simple.filters = imagecat_simplify_filters(query->filters, &contradiction);
	if (contradiction)
		return plan;
	id = lookup_filter(dialect, &simple);
	if (id != NULL)
	{
		plan->requests = list_make1(lookup_request(dialect, id));
		plan->limited = true;
		return plan;
	}
	if (!plan_union(dialect, &simple, plan))
		plan_listings(dialect, &simple, plan, true);

	/*
	 * A limit is a hint: with filters of our own, more must be read.  Where
	 * there is to be no second page, the first must also have room for what a
	 * loose comparison of texts finds too much.
	 */
	plan->one_page = query->sort != NULL && query->sort->one_page;
	if (query->limit > 0 && plan->exact && dialect->limit_key != NULL)
	{
		if (!plan->one_page || !has_text_filter(simple.filters))
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
