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

#include "compat.h"
#include "executor/executor.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "row/decode.h"
#include "scan/image_scan.h"
#include "sql/fdw.h"
#include "sql/options.h"
#include "sql/quals.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Images are UTF-8, and a database that cannot hold them would lose some. */
static void
check_encoding(void)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("imagecat needs a database with encoding UTF8")));
}

/* Only the columns that are wanted, as those of the local relation. */
static List *
make_local_columns(const ImageTable *table, const char *server,
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

	check_encoding();
	node->fdw_state = state;
	state->userid = imagecat_scan_user(plan, estate, plan->scan.scanrelid);
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
	{
		state->local_columns = make_local_columns(state->table, state->service->name,
												  state->columns);
		return;
	}
	foreach(lc, state->columns)
		wanted = bms_add_member(wanted, lfirst_int(lc));
	state->decoder = imagecat_row_decoder(state->table->dialect, state->table->native,
										  state->service->name, state->table->desc,
										  state->table->sources, wanted);
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
	if (exact || !executing)
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

static void
start(ForeignScanState *node)
{
	ImageScanState  *state = node->fdw_state;
	MemoryContext old = MemoryContextSwitchTo(state->context);
	ScanQuery	query = imagecat_scan_query(state, node->ss.ps.ps_ExprContext,
											true);

	state->started = true;
	state->ended = query.contradiction;
	if (!state->ended && state->table->dialect == NULL)
		state->local = imagecat_local_begin(imagecat_scan_local_query(state, &query,
																	   false),
											state->userid);
	else if (!state->ended)
		state->images = imagecat_scan_begin(state->service, &query.image,
											&state->stats);
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

/* IterateForeignScan: the next row, in the caller's memory context. */
TupleTableSlot *
imagecat_iterate_scan(ForeignScanState *node)
{
	ImageScanState  *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (!state->started)
		start(node);
	if (state->ended)
		return slot;
	if (state->local != NULL)
		state->ended = !next_local_row(state, slot);
	else if (!(state->ended = !imagecat_scan_next(state->images)))
		imagecat_row_decode(state->decoder, imagecat_scan_image(state->images),
							slot->tts_values, slot->tts_isnull);
	return state->ended ? slot : ExecStoreVirtualTuple(slot);
}

static void
stop(ImageScanState *state)
{
	if (state->local != NULL)
		imagecat_local_end(state->local);
	state->local = NULL;
	state->images = NULL;
	state->started = false;
	MemoryContextReset(state->context);
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
	if (state->decoder != NULL)
		imagecat_row_warn(state->decoder);
}
