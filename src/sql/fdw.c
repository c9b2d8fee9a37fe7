/*-------------------------------------------------------------------------
 *
 * fdw.c
 *	  The foreign data wrapper's handler.
 *
 * src/sql/fdw.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "sql/fdw.h"

PG_FUNCTION_INFO_V1(imagecat_fdw_handler);

/* The callbacks.  There are none to write with, so that PostgreSQL refuses. */
Datum
imagecat_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = imagecat_get_rel_size;
	routine->GetForeignPaths = imagecat_get_paths;
	routine->GetForeignPlan = imagecat_get_plan;
	routine->BeginForeignScan = imagecat_begin_scan;
	routine->IterateForeignScan = imagecat_iterate_scan;
	routine->ReScanForeignScan = imagecat_rescan;
	routine->EndForeignScan = imagecat_end_scan;
	routine->ExplainForeignScan = imagecat_explain_scan;
	routine->AnalyzeForeignTable = imagecat_analyze_table;
	routine->IsForeignPathAsyncCapable = imagecat_is_async_capable;
	routine->ForeignAsyncRequest = imagecat_async_request;
	routine->ForeignAsyncConfigureWait = imagecat_async_configure_wait;
	routine->ForeignAsyncNotify = imagecat_async_notify;
	routine->ImportForeignSchema = imagecat_import_schema;
	PG_RETURN_POINTER(routine);
}
