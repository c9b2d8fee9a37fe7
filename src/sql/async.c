/*-------------------------------------------------------------------------
 *
 * async.c
 *	  Scans of several services at the same time, below an Append or, their
 *	  first requests, below a MergeAppend.
 *
 *	  For an Append PostgreSQL asks all asynchronous scans for a row before it
 *	  waits for any.  A scan that would have to wait is pending then, and the
 *	  Append waits for what all pending scans put into its event set.
 *
 *	  Scans share one descriptor, since they share one curl handle, and an event
 *	  set takes a descriptor once only.  So the first pending scan of an Append
 *	  waits for all of them, and when it is notified, all of them go on.  Work
 *	  for one scan may also bring what a scan of another Append waits for; hence
 *	  the count of activity, which makes that one's wait end at once.
 *
 *	  A MergeAppend has no asynchronous scans: it reads a row of each, one after
 *	  the other, before it gives the first.  So while one of them waits, the
 *	  first requests of the others are sent.
 *
 * src/sql/async.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/execAsync.h"
#include "executor/instrument.h"
#include "nodes/value.h"
#include "scan/outage.h"
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

/* Scans in a service's order that are parts of something, of any query. */
static dlist_head merged = DLIST_STATIC_INIT(merged);

static void
leave_merge(void *arg)
{
	dlist_delete(arg);
}

/*
 * Notes a scan that a MergeAppend may read, for as long as its query runs.
 * Scans that may be executed again and again are not worth it: they may have
 * their rows already.
 */
void
imagecat_join_merge(ForeignScanState *node)
{
	ImageScanState *state = node->fdw_state;
	EState	   *estate = node->ss.ps.state;
	MemoryContextCallback *callback;
	ListCell   *lc;

	state->node = node;
	if (state->async || state->answers != NULL ||
		strVal(list_nth(state->private, SCAN_SORT_MEMBER))[0] == '\0')
		return;
	foreach(lc, estate->es_plannedstmt->appendRelations)
	{
		AppendRelInfo *part = lfirst(lc);

		if (part->child_relid == ((Scan *) node->ss.ps.plan)->scanrelid)
			state->parent = part->parent_relid;
	}
	if (state->parent == 0)
		return;
	callback = MemoryContextAllocZero(estate->es_query_cxt,
									  sizeof(MemoryContextCallback));
	callback->func = leave_merge;
	callback->arg = &state->merged;
	dlist_push_tail(&merged, &state->merged);
	MemoryContextRegisterResetCallback(estate->es_query_cxt, callback);
}

/* Sends what the other scans of the same MergeAppend will ask for first. */
static void
start_others(const ImageScanState *state)
{
	dlist_iter	iter;

	if (state->parent == 0)
		return;
	dlist_foreach(iter, &merged)
	{
		ImageScanState *other = dlist_container(ImageScanState, merged, iter.cur);

		if (other == state || other->parent != state->parent ||
			other->node->ss.ps.state != state->node->ss.ps.state)
			continue;
		if (!other->started)
			imagecat_start_scan(other->node);
		if (other->ended || other->images == NULL)
			continue;
		if (other->spool != NULL)
			imagecat_spool_fill(other, false);
		else
			imagecat_scan_start(other->images);
	}
}

/*
 * Goes to the next image of a scan of the service's.  Without wait that may be
 * STEP_PENDING, and the scan is pending; STEP_FAILED leaves the service out.
 */
ScanStep
imagecat_next_step(ImageScanState *state, ImageScan *images, bool wait)
{
	for (;;)
	{
		uint64		seen = imagecat_multi_activity();

		/* Rows that were handed out cannot be taken back. */
		ScanStep	step = imagecat_scan_attempt(images, state->service,
												 state->service->optional &&
												 !state->returned);

		state->left_out = step == STEP_FAILED;
		state->pending = step == STEP_PENDING;
		if (!state->pending || !wait)
			return step;
		start_others(state);
		imagecat_multi_wait(seen);
	}
}
