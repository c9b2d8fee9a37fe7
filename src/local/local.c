/*-------------------------------------------------------------------------
 *
 * local.c
 *	  Running a query over a local relation inside the query that scans it.
 *
 *	  An executor of our own, rather than an SPI portal: at commit PostgreSQL
 *	  drops portals in no particular order, possibly before it has saved the
 *	  rows of a WITH HOLD cursor that still reads from them.  The executor
 *	  lives and dies with the scan.
 *
 * src/local/local.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/executor.h"
#include "executor/tstoreReceiver.h"
#include "local/local.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

/* A relation that reads itself, through foreign tables or views, ends here. */
#define MAX_DEPTH	32

/* Rows per call of the executor. */
#define BATCH_ROWS	256

static int	depth = 0;

struct LocalScan
{
	MemoryContext context;		/* holds this struct */
	Oid			userid;			/* who reads */
	QueryDesc  *query;
	Tuplestorestate *batch;
	TupleTableSlot *slot;
	bool		ended;
};

static ParamListInfo
make_params(const LocalQuery *query)
{
	ParamListInfo params = makeParamList(query->nparams);

	for (int i = 0; i < query->nparams; i++)
	{
		params->params[i].value = query->values[i];
		params->params[i].isnull = false;
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].ptype = query->types[i];
	}
	return params;
}

static QueryDesc *
plan_query(const LocalQuery *query, DestReceiver *receiver)
{
	List	   *parsed = pg_parse_query(query->sql);
	ParamListInfo params = make_params(query);
	List	   *rewritten = pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, parsed),
															   query->sql, query->types,
															   query->nparams, NULL);
	List	   *plans = pg_plan_queries(rewritten, query->sql,
										0, params);

	return CreateQueryDesc(linitial_node(PlannedStmt, plans), query->sql,
						   GetActiveSnapshot(), InvalidSnapshot, receiver,
						   params, NULL, 0);
}

/*
 * Starts the query as that user, under the active snapshot.
 *
 * The query must outlive the scan, which belongs to the current memory context
 * and must be ended with imagecat_local_end unless the transaction aborts.
 * Raises what the query raises, such as ERRCODE_INSUFFICIENT_PRIVILEGE.
 */
LocalScan *
imagecat_local_begin(const LocalQuery *query, Oid userid)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "imagecat local scan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	LocalScan  *scan = palloc0(sizeof(LocalScan));
	DestReceiver *receiver = CreateTuplestoreDestReceiver();
	Oid			saved_userid;
	int			saved_context;

	GetUserIdAndSecContext(&saved_userid, &saved_context);
	if (userid != saved_userid)
		SetUserIdAndSecContext(userid, saved_context | SECURITY_LOCAL_USERID_CHANGE);
	scan->context = context;
	scan->userid = userid;
	scan->query = plan_query(query, receiver);
	ExecutorStart(scan->query, EXEC_FLAG_SKIP_TRIGGERS);
	SetUserIdAndSecContext(saved_userid, saved_context);

	scan->batch = tuplestore_begin_heap(false, false, work_mem);
	SetTuplestoreDestReceiverParams(receiver, scan->batch, context, false, NULL, NULL);
	scan->slot = MakeSingleTupleTableSlot(scan->query->tupDesc, &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(old);
	return scan;
}

static void
fetch_batch(LocalScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(scan->context);
	Oid			saved_userid;
	int			saved_context;

	tuplestore_clear(scan->batch);
	GetUserIdAndSecContext(&saved_userid, &saved_context);
	if (scan->userid != saved_userid)
		SetUserIdAndSecContext(scan->userid,
							   saved_context | SECURITY_LOCAL_USERID_CHANGE);
	if (depth >= MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("a relation of imagecat reads itself"),
				 errhint("Check the option \"relation\" of its foreign server.")));
	depth++;
	PG_TRY();
	{
		imagecat_executor_run(scan->query, BATCH_ROWS);
	}
	PG_FINALLY();
	{
		depth--;
	}
	PG_END_TRY();
	SetUserIdAndSecContext(saved_userid, saved_context);
	scan->ended = scan->query->estate->es_processed < BATCH_ROWS;
	MemoryContextSwitchTo(old);
}

/* The next row, valid until the next call; NULL at the end. */
TupleTableSlot *
imagecat_local_next(LocalScan *scan)
{
	while (!tuplestore_gettupleslot(scan->batch, true, false, scan->slot))
	{
		if (scan->ended)
			return NULL;
		fetch_batch(scan);
	}
	slot_getallattrs(scan->slot);
	return scan->slot;
}

/* Ends the query and frees the scan. */
void
imagecat_local_end(LocalScan *scan)
{
	ExecDropSingleTupleTableSlot(scan->slot);
	tuplestore_end(scan->batch);
	ExecutorFinish(scan->query);
	ExecutorEnd(scan->query);
	FreeQueryDesc(scan->query);
	MemoryContextDelete(scan->context);
}
