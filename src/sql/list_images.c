/*-------------------------------------------------------------------------
 *
 * list_images.c
 *	  The function imagecat.list_images: an API's listing, as the API gives
 *	  it, or the same of a local relation.
 *
 *	  What a service cannot filter, sort or cut is done here, so that a call
 *	  means the same everywhere.
 *
 * src/sql/list_images.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "imagecat.h"
#include "local/local.h"
#include "mb/pg_wchar.h"
#include "row/decode.h"
#include "scan/outage.h"
#include "sql/arguments.h"
#include "sql/options.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "wire/multiplexer.h"

/* Where the rows go: filtered, in order, from the marker on, up to max_rows. */
typedef struct RowSink
{
	const ListCall *call;
	TupleDesc	desc;
	Tuplestorestate *store;
	Tuplesortstate *sort;		/* NULL: rows come in order */
	const char *marker;			/* rows up to this one are skipped, or NULL */
	int64		rows;			/* that went into the store */
	int			id_attribute;
} RowSink;

static int
attribute_index(TupleDesc desc, const char *column)
{
	for (int i = 0; i < desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), column) == 0)
			return i;
	elog(ERROR, "type imagecat.image has no column \"%s\"", column);
}

/* Whether the row passes all filters on columns. */
static bool
row_matches(const RowSink *sink, const Datum *values, const bool *nulls)
{
	ListCell   *lc;

	foreach(lc, sink->call->filters)
	{
		const Filter *filter = lfirst(lc);
		int			index;

		if (filter->column == NULL)
			continue;
		index = attribute_index(sink->desc, filter->column);
		if (!imagecat_filter_matches(filter, values[index], nulls[index],
									 TupleDescAttr(sink->desc, index)->atttypid))
			return false;
	}
	return true;
}

static bool
is_full(const RowSink *sink)
{
	return sink->call->max_rows >= 0 && sink->rows >= sink->call->max_rows;
}

/* Stores a row that has its place in the order. */
static void
store_row(RowSink *sink, Datum *values, bool *nulls)
{
	if (sink->marker != NULL)
	{
		if (!nulls[sink->id_attribute] &&
			strcmp(TextDatumGetCString(values[sink->id_attribute]), sink->marker) == 0)
			sink->marker = NULL;
		return;
	}
	tuplestore_putvalues(sink->store, sink->desc, values, nulls);
	sink->rows++;
}

/* A sort by the call's columns, as ORDER BY sorts them. */
static Tuplesortstate *
begin_sort(const ListCall *call, TupleDesc desc)
{
	int			nkeys = list_length(call->sort);
	AttrNumber *attnums = palloc(sizeof(AttrNumber) * nkeys);
	Oid		   *operators = palloc(sizeof(Oid) * nkeys);
	Oid		   *collations = palloc(sizeof(Oid) * nkeys);
	bool	   *nulls_first = palloc(sizeof(bool) * nkeys);
	ListCell   *lc;

	foreach(lc, call->sort)
	{
		const SortColumn *column = lfirst(lc);
		int			i = foreach_current_index(lc);
		Form_pg_attribute attribute;
		TypeCacheEntry *type;

		attnums[i] = attribute_index(desc, column->column) + 1;
		attribute = TupleDescAttr(desc, attnums[i] - 1);
		type = lookup_type_cache(attribute->atttypid,
								 TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
		operators[i] = column->descending ? type->gt_opr : type->lt_opr;
		collations[i] = attribute->attcollation;
		nulls_first[i] = column->descending;
	}
	return tuplesort_begin_heap(desc, nkeys, attnums, operators, collations,
								nulls_first, work_mem, NULL, TUPLESORT_NONE);
}

static void
store_sorted(RowSink *sink)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(sink->desc, &TTSOpsMinimalTuple);

	tuplesort_performsort(sink->sort);
	while (!is_full(sink) &&
		   tuplesort_gettupleslot(sink->sort, true, false, slot, NULL))
	{
		slot_getallattrs(slot);
		store_row(sink, slot->tts_values, slot->tts_isnull);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplesort_end(sink->sort);
}

static void
put_row(RowSink *sink, TupleTableSlot *slot)
{
	if (!row_matches(sink, slot->tts_values, slot->tts_isnull))
		return;
	if (sink->sort != NULL)
		tuplesort_puttupleslot(sink->sort, slot);
	else
		store_row(sink, slot->tts_values, slot->tts_isnull);
}

static void
check_marker(const RowSink *sink)
{
	if (sink->marker != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"marker\": \"%s\"", sink->marker),
				 errdetail("No image that is listed has this id.")));
}

/* What no column shows cannot be tested here: the service has to. */
static void
check_all_sent(const ListCall *call, const RequestPlan *plan)
{
	ListCell   *lc;

	foreach(lc, plan->unsent)
	{
		const Filter *filter = lfirst(lc);

		if (filter->column == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for argument \"%s\": \"%s\"",
							filter->member, filter->values[0].text),
					 errdetail("No column shows it, so that only the service can filter by it, and the API \"%s\" does not take this value.",
							   call->service->dialect->name)));
	}
}

/*
 * The order that the service gives, if it is the one wanted.  See
 * DialectSortKey for the keys that serve a single page only.
 */
static const DialectSortKey *
service_sort(const ListCall *call, const ImageQuery *query)
{
	const Dialect *dialect = call->service->dialect;
	const SortColumn *column;
	const DialectField *field;
	const DialectSortKey *key;
	int			page_size = query->page_size > 0 ?
	Min(query->page_size, dialect->max_page_size) : dialect->max_page_size;

	if (list_length(call->sort) != 1 || !imagecat_enable_pushdown)
		return NULL;
	column = linitial(call->sort);
	field = imagecat_column_field(dialect, column->column);
	key = field ? imagecat_sort_key(dialect, field->member) : NULL;
	if (key == NULL)
		return NULL;
	/* The service's order of text is its own; PostgreSQL's is the result's. */
	if (!key->is_time)
		return NULL;
	if (key->one_page &&
		(call->max_rows < 0 || call->max_rows > page_size || call->filters != NIL))
		return NULL;
	return key;
}

static ScanStep
next_image(ImageScan *scan, const ImageService *service)
{
	for (;;)
	{
		uint64		seen = imagecat_multi_activity();
		ScanStep	step = imagecat_scan_attempt(scan, service, service->optional);

		if (step != STEP_PENDING)
			return step;
		imagecat_multi_wait(seen);
	}
}

/* The service failed, and the query can do without its rows. */
static void
drop_rows(RowSink *sink)
{
	if (sink->sort != NULL)
		tuplesort_end(sink->sort);
	sink->sort = NULL;
	sink->marker = NULL;
	tuplestore_clear(sink->store);
}

static void
list_service(const ListCall *call, RowSink *sink)
{
	const ImageService *service = call->service;
	ImageQuery	query = {0};
	HttpStats  *stats = palloc0(sizeof(HttpStats)); /* outlives an error */
	ScanStep	step = STEP_END;
	ColumnSource *sources = palloc(sizeof(ColumnSource) * sink->desc->natts);
	Bitmapset  *wanted = NULL;
	RowDecoder *decoder;
	ImageScan  *scan;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(sink->desc, &TTSOpsVirtual);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "imagecat row",
													  ALLOCSET_DEFAULT_SIZES);

	for (int i = 0; i < sink->desc->natts; i++)
	{
		sources[i] = imagecat_column_source(service->dialect, false,
											NameStr(TupleDescAttr(sink->desc, i)->attname),
											NULL);
		wanted = bms_add_member(wanted, i);
	}
	decoder = imagecat_row_decoder(service->dialect, false, service->name,
								   sink->desc, sources, wanted);

	query.filters = call->filters;
	query.params = call->params;
	query.page_size = call->page_size > 0 ? call->page_size : service->page_size;
	query.sort = service_sort(call, &query);
	if (query.sort != NULL)
		query.descending = ((SortColumn *) linitial(call->sort))->descending;
	else if (call->sort != NIL)
		sink->sort = begin_sort(call, sink->desc);
	if (sink->sort == NULL)
	{
		query.limit = Max(call->max_rows, 0);
		if (service->dialect->marker_key != NULL)
		{
			query.marker = call->marker;
			sink->marker = NULL;
		}
	}

	scan = imagecat_scan_begin(service, &query, stats);
	check_all_sent(call, imagecat_scan_plan(scan));
	while (!is_full(sink) && (step = next_image(scan, service)) == STEP_IMAGE)
	{
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(row_context);
		old = MemoryContextSwitchTo(row_context);
		ExecClearTuple(slot);
		imagecat_row_decode(decoder, imagecat_scan_image(scan), slot->tts_values,
							slot->tts_isnull);
		ExecStoreVirtualTuple(slot);
		put_row(sink, slot);
		MemoryContextSwitchTo(old);
	}
	imagecat_scan_end(scan);
	if (step == STEP_FAILED)
		drop_rows(sink);
	if (sink->sort != NULL)
		store_sorted(sink);
	imagecat_row_warn(decoder);
	ExecDropSingleTupleTableSlot(slot);
}

/* ORDER BY of a local query, by the columns' places. */
static char *
local_order(const ListCall *call, TupleDesc desc)
{
	StringInfoData order;
	ListCell   *lc;

	if (call->sort == NIL)
		return NULL;
	initStringInfo(&order);
	foreach(lc, call->sort)
	{
		const SortColumn *column = lfirst(lc);

		appendStringInfo(&order, "%s%d%s", order.len > 0 ? ", " : "",
						 attribute_index(desc, column->column) + 1,
						 column->descending ? " DESC" : "");
	}
	return order.data;
}

/* Whether the call itself says what it wants of a column. */
static bool
is_asked_for(const ListCall *call, const char *column)
{
	ListCell   *lc;

	foreach(lc, call->widened)
		if (strcmp(lfirst(lc), column) == 0)
			return true;
	foreach(lc, call->filters)
	{
		const Filter *filter = lfirst(lc);

		if (filter->column != NULL && strcmp(filter->column, column) == 0)
			return true;
	}
	return false;
}

/* The defaults of the API that a local relation imitates. */
static void
add_default_filters(ListCall *call)
{
	const DialectDefault *rule = call->dialect ? call->dialect->defaults : NULL;
	List	   *filters = NIL;

	for (; rule != NULL && rule->member; rule++)
	{
		const DialectField *field = imagecat_field(call->dialect, rule->member);
		Filter	   *filter;

		if (is_asked_for(call, field->column))
			continue;
		filter = imagecat_filter(rule->op,
								 field->type == FIELD_BOOLEAN ? FILTER_BOOLEAN : FILTER_TEXT,
								 field->column, rule->member, 1);
		if (filter->type == FILTER_BOOLEAN)
			filter->values[0].boolean = strcmp(rule->value, "true") == 0;
		else
			filter->values[0].text = rule->value;
		filters = lappend(filters, filter);
	}
	call->filters = list_concat(call->filters, filters);
}

static void
list_relation(ListCall *call, RowSink *sink)
{
	List	   *columns = NIL;
	LocalQuery *query;
	LocalScan  *scan;
	TupleTableSlot *slot;
	ListCell   *lc;

	foreach(lc, call->filters)
		if (((Filter *) lfirst(lc))->column == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"%s\" has no meaning for a local relation",
							((Filter *) lfirst(lc))->member)));
	add_default_filters(call);
	for (int i = 0; i < sink->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(sink->desc, i);
		LocalColumn *column = palloc0(sizeof(LocalColumn));

		column->name = NameStr(attribute->attname);
		column->member = column->name;
		column->typid = attribute->atttypid;
		column->typmod = attribute->atttypmod;
		column->wanted = true;
		if (strcmp(column->name, "source") == 0)
			column->otherwise = call->service->name;
		columns = lappend(columns, column);
	}
	query = imagecat_local_query(imagecat_local_relation(call->service->name,
														  call->service->relation),
								 columns, call->filters,
								 local_order(call, sink->desc),
								 sink->marker ? 0 : Max(call->max_rows, 0), false);
	scan = imagecat_local_begin(query, GetUserId());
	while (!is_full(sink) && (slot = imagecat_local_next(scan)) != NULL)
		store_row(sink, slot->tts_values, slot->tts_isnull);
	imagecat_local_end(scan);
}

/* The server's service, for its user; without a name the local catalog. */
static ImageService *
find_service(const char *name)
{
	if (name == NULL)
	{
		ImageService *service = palloc0(sizeof(ImageService));

		service->name = "local";
		service->relation = "imagecat.images";
		return service;
	}
	return imagecat_service(imagecat_server(name)->serverid, GetUserId());
}

PG_FUNCTION_INFO_V1(imagecat_list_images);

/* SQL: imagecat.list_images(server, filters...) RETURNS SETOF imagecat.image */
Datum
imagecat_list_images(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCall	call = {0};
	RowSink		sink = {0};

	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("imagecat needs a database with encoding UTF8")));
	call.service = find_service(PG_ARGISNULL(0) ? NULL :
								text_to_cstring(PG_GETARG_TEXT_PP(0)));
	call.dialect = call.service->dialect ? call.service->dialect :
		call.service->semantics;
	imagecat_read_arguments(fcinfo, &call);

	InitMaterializedSRF(fcinfo, 0);
	sink.call = &call;
	sink.desc = result->setDesc;
	sink.store = result->setResult;
	sink.marker = call.marker;
	sink.id_attribute = attribute_index(sink.desc, "id");
	if (call.service->dialect != NULL)
		list_service(&call, &sink);
	else
		list_relation(&call, &sink);
	if (!is_full(&sink))
		check_marker(&sink);
	return (Datum) 0;
}
