/*-------------------------------------------------------------------------
 *
 * async.c
 *	  Scans of several services at the same time, below an Append.
 *
 *	  PostgreSQL asks all of an Append's asynchronous scans for a row before it
 *	  waits for any.  A scan that would have to wait is pending then, and the
 *	  Append waits for what all pending scans put into its event set.
 *
 *	  Scans share one descriptor, since they share one curl handle, and an event
 *	  set takes a descriptor once only.  So the first pending scan of an Append
 *	  waits for all of them, and when it is notified, all of them go on.  Work
 *	  for one scan may also bring what a scan of another Append waits for; hence
 *	  the count of activity, which makes that one's wait end at once.
 *
 * src/sql/async.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/execAsync.h"
#include "executor/instrument.h"
#include "sql/fdw.h"
#include "wire/multiplexer.h"

/* IsForeignPathAsyncCapable: a relation of this database gives rows at once. */
bool
imagecat_is_async_capable(ForeignPath *path)
{
	return imagecat_is_remote(path->path.parent);
}

/* Answers with the next row, if it is there, or the end; else it is pending. */
static void
produce(AsyncRequest *areq)
{
	ForeignScanState *node = castNode(ForeignScanState, areq->requestee);
	ImageScanState *state = node->fdw_state;
	TupleTableSlot *result;

	state->pending = false;
	state->seen = imagecat_multi_activity();
	result = node->ss.ps.ExecProcNodeReal(&node->ss.ps);
	if (state->pending)
		ExecAsyncRequestPending(areq);
	else
		ExecAsyncRequestDone(areq, result);
}

/* ForeignAsyncRequest: the first one of a scan sends its first request. */
void
imagecat_async_request(AsyncRequest *areq)
{
	produce(areq);
}

/* The Append's next pending scan of imagecat's, from that index on, or NULL. */
static AsyncRequest *
next_pending(const AppendState *append, int from)
{
	for (int i = from - 1; (i = bms_next_member(append->as_asyncplans, i)) >= 0;)
	{
		AsyncRequest *areq = append->as_asyncrequests[i];
		ForeignScanState *node = castNode(ForeignScanState, areq->requestee);

		if (areq->callback_pending &&
			node->fdwroutine->ForeignAsyncNotify == imagecat_async_notify)
			return areq;
	}
	return NULL;
}

/* ForeignAsyncConfigureWait */
void
imagecat_async_configure_wait(AsyncRequest *areq)
{
	AppendState *append = castNode(AppendState, areq->requestor);
	ImageScanState *state = castNode(ForeignScanState, areq->requestee)->fdw_state;

	/* Without other work to do the Append waits, else it only looks. */
	int			fd = imagecat_multi_descriptor(state->seen, append->as_syncdone);

	if (areq == next_pending(append, 0))
		AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE, fd, NULL, areq);
}

/* ForeignAsyncNotify: for this scan and all that it waited for. */
void
imagecat_async_notify(AsyncRequest *areq)
{
	AppendState *append = castNode(AppendState, areq->requestor);
	AsyncRequest *other;

	produce(areq);
	for (int i = 0; (other = next_pending(append, i)) != NULL;
		 i = other->request_index + 1)
	{
		Instrumentation *instrument = other->requestee->instrument;

		/* The caller answers for this one itself. */
		if (other == areq)
			continue;
		other->callback_pending = false;
		if (instrument)
			InstrStartNode(instrument);
		produce(other);
		ExecAsyncResponse(other);
		if (instrument)
			InstrStopNode(instrument, TupIsNull(other->result) ? 0.0 : 1.0);
	}
}
