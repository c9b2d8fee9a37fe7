/*-------------------------------------------------------------------------
 *
 * exec.c
 *	  Executing a foreign scan.
 *
 * src/sql/exec.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/executor.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "row/decode.h"
#include "scan/image_scan.h"
#include "sql/answers.h"
#include "sql/fdw.h"
#include "sql/options.h"
#include "sql/quals.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Images are UTF-8, and a database that cannot hold them would lose some. */
void
imagecat_check_encoding(void)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("imagecat needs a database with encoding UTF8")));
}

/*
 * The columns of a table of api local as those of its relation, a list of
 * LocalColumn; wanted (IntList of indexes) tells which of them to read.
 */
List *
imagecat_local_columns(const ImageTable *table, const char *server,
					   const List *wanted)
{
	List	   *columns = NIL;

	for (int i = 0; i < table->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(table->desc, i);
		LocalColumn *column;

		if (attribute->attisdropped)
			continue;
		column = palloc0(sizeof(LocalColumn));
		column->name = NameStr(attribute->attname);
		column->member = table->sources[i].member;
		if (strcmp(column->member, "source") == 0)
			column->otherwise = server;
		column->typid = attribute->atttypid;
		column->typmod = attribute->atttypmod;
		column->wanted = list_member_int(wanted, i);
		columns = lappend(columns, column);
	}
	return columns;
}

/*
 * Whether the scan may run a user's code: a view's, or that of an input
 * function, which may also take a subtransaction.
 */
static bool
runs_user_code(const ImageScanState *state)
{
	char		kind;

	if (state->decoder != NULL)
		return imagecat_row_decodes_by_input(state->decoder);
	kind = get_rel_relkind(imagecat_local_relation(state->service->name,
												   state->service->relation));
	return kind != RELKIND_RELATION && kind != RELKIND_MATVIEW;
}

/* BeginForeignScan: nothing is sent yet, and nothing with EXPLAIN. */
void
imagecat_begin_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	ImageScanState  *state = palloc0(sizeof(ImageScanState));
	Oid			relid = RelationGetRelid(node->ss.ss_currentRelation);
	Oid			serverid = GetForeignTable(relid)->serverid;
	bool		explain_only = (eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0;
	Bitmapset  *wanted = NULL;
	ListCell   *lc;

	imagecat_check_encoding();
	node->fdw_state = state;
	state->userid = imagecat_scan_user(plan, estate, plan->scan.scanrelid);
	state->async = node->ss.ps.async_capable;
	state->service = imagecat_service(serverid,
									  explain_only ? InvalidOid : state->userid);
	state->table = imagecat_table(relid, state->service->dialect);
	state->private = plan->fdw_private;
	state->values = plan->fdw_exprs;
	state->states = ExecInitExprList(plan->fdw_exprs, (PlanState *) node);
	state->columns = list_nth(plan->fdw_private, SCAN_COLUMNS);
	state->context = AllocSetContextCreate(estate->es_query_cxt,
										   "imagecat execution",
										   ALLOCSET_DEFAULT_SIZES);
	if (state->table->dialect == NULL)
		state->local_columns = imagecat_local_columns(state->table, state->service->name,
													  state->columns);
	else
	{
		foreach(lc, state->columns)
			wanted = bms_add_member(wanted, lfirst_int(lc));
		state->decoder = imagecat_row_decoder(state->table->dialect, state->table->native,
											  state->service->name, state->table->desc,
											  state->table->sources, wanted);
	}
	if (state->decoder != NULL && !explain_only &&
		(plan->scan.plan.allParam != NULL || (eflags & EXEC_FLAG_REWIND) != 0))
		state->answers = imagecat_answers();
	if (state->decoder != NULL)
		imagecat_join_merge(node);

	/*
	 * In a query with parallel workers, though these never come here, such
	 * code can neither write nor take a subtransaction.  The planner was not
	 * told of it, but a Gather does without workers too.
	 */
	if (!explain_only && estate->es_plannedstmt->parallelModeNeeded &&
		runs_user_code(state))
		estate->es_plannedstmt->parallelModeNeeded = false;
}

/*
 * What the scan asks, in the current memory context.  Values that only
 * execution knows stay unknown unless executing.
 */
ScanQuery
imagecat_scan_query(ImageScanState *state, ExprContext *econtext,
					bool executing)
{
	ScanQuery	query = {0};
	const List *private = state->private;
	const char *member = strVal(list_nth(private, SCAN_SORT_MEMBER));
	bool		exact = boolVal(list_nth(private, SCAN_EXACT));

	query.image.everything = true;
	query.image.page_size = state->service->page_size;
	query.image.filters = imagecat_qual_filters(state->table, state->service->name,
												list_nth(private, SCAN_QUALS),
												state->values, state->states,
												econtext, executing, &exact, &query.contradiction);
	if (member[0] != '\0')
	{
		query.image.sort = imagecat_sort_key(state->table->dialect, member);
		query.image.descending = boolVal(list_nth(private, SCAN_DESCENDING));
	}
	if (exact)
		query.image.limit = (int64) floatVal(list_nth(private, SCAN_LIMIT));
	return query;
}

/* The query over the local relation, for a scan of api local. */
LocalQuery *
imagecat_scan_local_query(ImageScanState *state, const ScanQuery *query,
						  bool for_display)
{
	Oid			relid = imagecat_local_relation(state->service->name,
												state->service->relation);

	return imagecat_local_query(relid, state->local_columns, query->image.filters,
								NULL, 0, for_display);
}

/* What is asked of the service, as one text. */
static const char *
question_text(const ImageScanState *state, const ImageQuery *query)
{
	const Dialect *dialect = state->table->dialect;
	RequestPlan *plan = imagecat_plan_requests(dialect, query);
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, plan->requests)
		appendStringInfo(&text, "%s\n",
						 imagecat_request_target(dialect, lfirst(lc),
												 plan->page_size, NULL));
	return text.data;
}

/* The value that this execution asks with, where a whole listing has it. */
static const char *
key_text(const ImageScanState *state, ExprContext *econtext)
{
	int			key = intVal(list_nth(state->private, SCAN_KEY));
	ExprState  *value = list_nth(state->states, key);
	bool		isnull;
	Datum		datum = ExecEvalExpr(value, econtext, &isnull);
	Oid			output;
	bool		is_varlena;

	if (isnull)
		return NULL;
	getTypeOutputInfo(exprType(list_nth(state->values, key)), &output, &is_varlena);
	return OidOutputFunctionCall(output, datum);
}

/*
 * The next image that arrives, as a row.  Without wait there may be none yet:
 * the scan is pending then.
 */
static bool
next_remote_row(ImageScanState *state, struct ImageScan *images,
				TupleTableSlot *slot, bool wait)
{
	ScanStep	step = imagecat_next_step(state, images, wait);

	if (step != STEP_IMAGE)
		return false;
	imagecat_row_decode(state->decoder, imagecat_scan_image(images),
						slot->tts_values, slot->tts_isnull);
	ExecStoreVirtualTuple(slot);
	return true;
}

/*
 * Reads all that any execution may ask for, whatever its parameters, and keeps
 * it by the column that they are compared with.
 */
static void
read_whole_listing(ForeignScanState *node)
{
	ImageScanState *state = node->fdw_state;
	int			column = intVal(list_nth(state->private, SCAN_KEY_COLUMN));
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext,
											  "imagecat row",
											  ALLOCSET_SMALL_SIZES);
	ScanQuery	query = imagecat_scan_query(state, node->ss.ps.ps_ExprContext,
											false);
	struct ImageScan *images;
	ListCell   *lc;
	Oid			output;
	bool		is_varlena;

	foreach(lc, query.image.filters)
		if (!imagecat_filter_is_known(lfirst(lc)))
			query.image.filters = foreach_delete_current(query.image.filters, lc);
	query.image.limit = 0;
	query.image.sort = NULL;
	images = imagecat_scan_begin(state->service, &query.image, &state->stats);
	getTypeOutputInfo(TupleDescAttr(state->table->desc, column)->atttypid,
					  &output, &is_varlena);
	imagecat_answers_begin_whole(state->answers);
	for (;;)
	{
		MemoryContext old = MemoryContextSwitchTo(row);

		MemoryContextReset(row);
		ExecClearTuple(slot);
		if (!next_remote_row(state, images, slot, true))
		{
			MemoryContextSwitchTo(old);
			break;
		}
		if (!slot->tts_isnull[column])
			imagecat_answers_add_to_whole(state->answers,
										  OidOutputFunctionCall(output,
																slot->tts_values[column]),
										  slot);
		MemoryContextSwitchTo(old);
	}
	imagecat_answers_finish_whole(state->answers);
	imagecat_scan_end(images);
	ExecClearTuple(slot);
}

/*
 * Whether the answers kept have this execution's rows; if not, what comes is
 * kept.  A loop that asks too often gets the whole listing first.
 */
static bool
find_answer(ForeignScanState *node, const ImageQuery *query)
{
	ImageScanState *state = node->fdw_state;
	double		whole = floatVal(list_nth(state->private, SCAN_WHOLE));
	const char *question;

	if (whole > 0 && state->asked >= whole &&
		intVal(list_nth(state->private, SCAN_KEY)) >= 0 &&
		!imagecat_answers_has_whole(state->answers))
		read_whole_listing(node);
	if (imagecat_answers_has_whole(state->answers))
		return imagecat_answers_find(state->answers,
									 key_text(state, node->ss.ps.ps_ExprContext));
	question = question_text(state, query);
	if (imagecat_answers_find(state->answers, question))
		return true;
	imagecat_answers_begin(state->answers, question);
	return false;
}

/* Begins an execution; nothing is sent yet, but for a whole listing. */
void
imagecat_start_scan(ForeignScanState *node)
{
	ImageScanState  *state = node->fdw_state;
	MemoryContext old = MemoryContextSwitchTo(state->context);
	ScanQuery	query = imagecat_scan_query(state, node->ss.ps.ps_ExprContext,
											true);

	state->started = true;
	state->ended = query.contradiction || state->left_out;
	if (state->ended)
		 /* no row, and nobody is asked */ ;
	else if (state->table->dialect == NULL)
		state->local = imagecat_local_begin(imagecat_scan_local_query(state, &query,
																	  false),
											state->userid);
	else if (state->answers != NULL && find_answer(node, &query.image))
	{
		state->replaying = true;
		state->reused++;
	}
	else
	{
		state->images = imagecat_scan_begin(state->service, &query.image,
											&state->stats);
		if (state->service->optional)
			state->spool = imagecat_spool_begin(state, query.image.limit);
		state->asked++;
	}
	/* the whole listing may have failed */
	state->ended = state->ended || state->left_out;
	MemoryContextSwitchTo(old);
}

/* A local row has the wanted columns only, in the table's order. */
static bool
next_local_row(ImageScanState *state, TupleTableSlot *slot)
{
	TupleTableSlot *row = imagecat_local_next(state->local);
	int			index = 0;
	ListCell   *lc;

	if (row == NULL)
		return false;
	memset(slot->tts_isnull, true, sizeof(bool) * slot->tts_tupleDescriptor->natts);
	foreach(lc, state->columns)
	{
		slot->tts_values[lfirst_int(lc)] = row->tts_values[index];
		slot->tts_isnull[lfirst_int(lc)] = row->tts_isnull[index++];
	}
	return true;
}

static bool
is_lookup(const struct ImageScan *images)
{
	const List *requests = imagecat_scan_plan(images)->requests;

	return list_length(requests) == 1 &&
		((const ImageRequest *) linitial(requests))->lookup;
}

/*
 * IterateForeignScan: the next row, in the caller's memory context.  None may
 * also mean that an asynchronous scan is pending.
 */
TupleTableSlot *
imagecat_iterate_scan(ForeignScanState *node)
{
	ImageScanState  *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (!state->started)
		imagecat_start_scan(node);
	if (state->ended)
		return slot;
	if (state->local != NULL)
	{
		state->ended = !next_local_row(state, slot);
		return state->ended ? slot : ExecStoreVirtualTuple(slot);
	}
	if (state->replaying)
		state->ended = !imagecat_answers_next(state->answers, slot);
	else
	{
		bool		found = state->spool ? imagecat_spool_next(state, slot) :
		next_remote_row(state, state->images, slot, !state->async);

		if (state->pending)
			return slot;
		state->ended = !found;
		if (state->answers != NULL)
		{
			if (found)
				imagecat_answers_add(state->answers, slot);
			/* A look-up has no second row, and nobody may ask for it. */
			if (!found || is_lookup(state->images))
				imagecat_answers_finish(state->answers);
		}
	}
	state->returned = state->returned || !state->ended;
	return slot;
}

static void
stop(ImageScanState *state)
{
	if (state->local != NULL)
		imagecat_local_end(state->local);
	if (state->spool != NULL)
		imagecat_spool_end(state->spool);
	state->local = NULL;
	state->spool = NULL;
	state->images = NULL;
	state->started = false;
	state->replaying = false;
	MemoryContextReset(state->context);
}

/*
 * Gives the values of the qual that has none, see imagecat_keys_path, for the
 * executions from now on.
 */
void
imagecat_scan_set_keys(ForeignScanState *node, const char *const *keys, int count)
{
	ImageScanState *state = node->fdw_state;
	const List *exprs = ((ForeignScan *) node->ss.ps.plan)->fdw_exprs;
	MemoryContext old;
	Datum	   *elements;
	ArrayType  *array;
	Node	   *value;

	if (state->keys == NULL)
		state->keys = AllocSetContextCreate(node->ss.ps.state->es_query_cxt,
											"imagecat keys of a scan",
											ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(state->keys);
	old = MemoryContextSwitchTo(state->keys);
	elements = palloc(sizeof(Datum) * Max(count, 1));
	for (int i = 0; i < count; i++)
		elements[i] = CStringGetTextDatum(keys[i]);
	array = construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT);
	value = (Node *) makeConst(TEXTARRAYOID, -1, InvalidOid, -1,
							   PointerGetDatum(array), false, false);
	state->values = lappend(list_copy_head(exprs, list_length(exprs) - 1), value);
	MemoryContextSwitchTo(old);
}

/* ReScanForeignScan: starts over, since parameters may have changed. */
void
imagecat_rescan(ForeignScanState *node)
{
	stop(node->fdw_state);
}

/* EndForeignScan: also where the scan's values that did not fit are told. */
void
imagecat_end_scan(ForeignScanState *node)
{
	ImageScanState  *state = node->fdw_state;

	if (state == NULL)
		return;
	stop(state);
	if (state->answers != NULL)
		imagecat_answers_end(state->answers);
	if (state->decoder != NULL)
		imagecat_row_warn(state->decoder);
}
