/*-------------------------------------------------------------------------
 *
 * outage.c
 *	  Services that a query can do without: the server option on_error 'warn'.
 *
 * src/scan/outage.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "scan/outage.h"
#include "utils/memutils.h"

/*
 * Whether it is the service that failed: no connection, no answer in time, a
 * refusal, an answer that cannot be right.  Not a cancel, nor lack of memory.
 */
static bool
is_outage(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_FDW_ERROR:
			return sqlstate != ERRCODE_FDW_OUT_OF_MEMORY;
		case ERRCODE_CONNECTION_EXCEPTION:
		case ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION:
			return true;
		default:
			return sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE ||
				sqlstate == ERRCODE_INSUFFICIENT_RESOURCES;
	}
}

static void
warn(const ImageService *service, const ErrorData *error)
{
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("server \"%s\" is left out: %s", service->name, error->message),
			 error->detail ? errdetail("%s", error->detail) : 0,
			 error->hint ? errhint("%s", error->hint) : 0));
}

/*
 * Goes to the next image of the service's, like imagecat_scan_advance; but if
 * optional, a failure of the service is a warning and gives STEP_FAILED.  The
 * scan can only be ended then.
 *
 * The error is caught without a subtransaction.  That is safe since going to
 * the next image holds nothing that an abort would have to release: it reads
 * no catalogs, takes no locks, pins and files of PostgreSQL's, and does not act
 * on interrupts.  Its memory and curl's handles belong to memory contexts, and
 * nobody calls it with interrupts held off, which an error would undo.
 */
ScanStep
imagecat_scan_attempt(ImageScan *scan, const ImageService *service,
					  bool optional)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *error;
	volatile ScanStep step = STEP_FAILED;

	if (!optional)
		return imagecat_scan_advance(scan);
	Assert(InterruptHoldoffCount == 0);
	PG_TRY();
	{
		step = imagecat_scan_advance(scan);
	}
	PG_CATCH();
	{
		if (!is_outage(geterrcode()))
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		warn(service, error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	return step;
}
