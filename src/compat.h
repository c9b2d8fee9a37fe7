/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  What differs between PostgreSQL versions.
 *
 *	  The only file that looks at PG_VERSION_NUM.
 *
 * src/compat.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_COMPAT_H
#define IMAGECAT_COMPAT_H

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_foreign_server.h"
#include "commands/vacuum.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/plannodes.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/regproc.h"
#include "utils/resowner.h"

#if PG_VERSION_NUM < 150000
#error "imagecat needs PostgreSQL 15 or later"
#endif

#include "storage/latch.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#include "storage/waiteventset.h"
#else
#include "commands/explain.h"
#endif

/*
 * The user as whom a foreign scan reads: the owner of a view, or the current
 * user.
 */
static inline Oid
imagecat_scan_user(ForeignScan *plan, EState *estate, Index scanrelid)
{
#if PG_VERSION_NUM >= 160000
	(void) estate;
	(void) scanrelid;
	return OidIsValid(plan->checkAsUser) ? plan->checkAsUser : GetUserId();
#else
	RangeTblEntry *rte = exec_rt_fetch(scanrelid, estate);

	(void) plan;
	return OidIsValid(rte->checkAsUser) ? rte->checkAsUser : GetUserId();
#endif
}

/* create_foreignscan_path, whose arguments grew over the versions. */
static inline ForeignPath *
imagecat_foreign_path(PlannerInfo *root, RelOptInfo *rel, double rows,
					  Cost startup_cost, Cost total_cost, List *pathkeys,
					  Relids required_outer, List *fdw_private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, rel, NULL, rows, 0, startup_cost,
								   total_cost, pathkeys, required_outer,
								   NULL, NIL, fdw_private);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, rel, NULL, rows, startup_cost,
								   total_cost, pathkeys, required_outer,
								   NULL, NIL, fdw_private);
#else
	return create_foreignscan_path(root, rel, NULL, rows, startup_cost,
								   total_cost, pathkeys, required_outer,
								   NULL, fdw_private);
#endif
}

/* A qualified name in its parts. */
static inline List *
imagecat_qualified_name(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return stringToQualifiedNameList(name, NULL);
#else
	return stringToQualifiedNameList(name);
#endif
}

/* Whether a collation compares by bytes. */
static inline bool
imagecat_collation_is_c(Oid collation)
{
#if PG_VERSION_NUM >= 180000
	return pg_newlocale_from_collation(collation)->collate_is_c;
#else
	return lc_collate_is_c(collation);
#endif
}

static inline bool
imagecat_is_descending(const PathKey *pathkey)
{
#if PG_VERSION_NUM >= 180000
	return pathkey->pk_cmptype == COMPARE_GT;
#else
	return pathkey->pk_strategy == BTGreaterStrategyNumber;
#endif
}

/* Beside the btree strategies: the operator that is no order's. */
enum
{
	COMPARISON_NE = 6
};

/*
 * What an operator is in its type's order: a btree strategy number,
 * COMPARISON_NE, or 0 for none of these.
 */
static inline int
imagecat_comparison(Oid opno)
{
#if PG_VERSION_NUM >= 180000
	List	   *found = get_op_index_interpretation(opno);

	return found ? ((OpIndexInterpretation *) linitial(found))->cmptype : 0;
#else
	List	   *found = get_op_btree_interpretation(opno);

	return found ? ((OpBtreeInterpretation *) linitial(found))->strategy : 0;
#endif
}

/* Between two rows of ANALYZE: acts on interrupts, and rests as it is told to. */
static inline void
imagecat_analyze_delay(void)
{
#if PG_VERSION_NUM >= 180000
	vacuum_delay_point(true);
#else
	vacuum_delay_point();
#endif
}

/* Whether the user may use the foreign server. */
static inline AclResult
imagecat_server_aclcheck(Oid serverid, Oid userid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, serverid, userid, ACL_USAGE);
#else
	return pg_foreign_server_aclcheck(serverid, userid, ACL_USAGE);
#endif
}

/* ExecutorRun, for an executor that may be called again. */
static inline void
imagecat_executor_run(QueryDesc *query, uint64 count)
{
#if PG_VERSION_NUM >= 180000
	ExecutorRun(query, ForwardScanDirection, count);
#else
	ExecutorRun(query, ForwardScanDirection, count, false);
#endif
}

/*
 * A value's text through its type's input function, without an error for a
 * value that does not fit.
 *
 * Gives false for such a value.  Before version 16 input functions can only
 * throw, so the call is fenced in by a subtransaction; fast conversions of
 * the common types are in row/convert.c and do not come here.
 */
static inline bool
imagecat_input_function_safe(FmgrInfo *input, char *text, Oid ioparam,
							 int32 typmod, Datum *result)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext escontext = {T_ErrorSaveContext};

	return InputFunctionCallSafe(input, text, ioparam, typmod,
								 (Node *) &escontext, result);
#else
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool fits = false;

	/*
	 * A query with parallel workers allows none.  Scans that come here do
	 * without workers, but a function may be called by a query that has them.
	 */
	if (IsInParallelMode())
	{
		*result = InputFunctionCall(input, text, ioparam, typmod);
		return true;
	}
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		*result = InputFunctionCall(input, text, ioparam, typmod);
		ReleaseCurrentSubTransaction();
		fits = true;
	}
	PG_CATCH();
	{
		int			sqlstate = geterrcode();

		/* Only what a bad value can mean is a misfit: not a cancel. */
		if (ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_DATA_EXCEPTION &&
			ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION &&
			sqlstate != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return fits;
#endif
}

#endif							/* IMAGECAT_COMPAT_H */
