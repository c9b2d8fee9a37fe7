/*-------------------------------------------------------------------------
 *
 * spool.c
 *	  The rows of a service that a query can do without: all or none.
 *
 *	  With the server option on_error 'warn' a failure is a warning, and the
 *	  server has no rows.  Rows cannot be taken back, so they are kept until
 *	  the service has sent all; of a query that has a limit, until it has sent
 *	  as many as the limit takes.  A failure after rows were handed out is an
 *	  error like any other server's.
 *
 * src/sql/spool.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "row/decode.h"
#include "scan/image_scan.h"
#include "sql/fdw.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

typedef struct Spool
{
	int64		limit;			/* rows that are kept at most; 0: all */
	int64		rows;			/* in the store */
	bool		filled;			/* they may be handed out */
	bool		complete;		/* the service has no more */
	Tuplestorestate *store;
	TupleTableSlot *row;		/* handed out from here */
	MemoryContext work;			/* for decoding one row */
	Datum	   *values;
	bool	   *nulls;
} Spool;

/*
 * A spool for the scan's rows, in the current memory context.
 *
 * limit is how many rows the query takes, as far as that is known, else 0.
 * imagecat_spool_end must be called, since the rows may be in a file.
 */
Spool *
imagecat_spool_begin(ImageScanState *state, int64 limit)
{
	TupleDesc	desc = state->table->desc;
	Spool	   *spool = palloc0(sizeof(Spool));

	spool->limit = limit;
	spool->store = tuplestore_begin_heap(false, false, work_mem);
	spool->row = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	spool->work = AllocSetContextCreate(CurrentMemoryContext, "imagecat row",
										ALLOCSET_DEFAULT_SIZES);
	spool->values = palloc(sizeof(Datum) * desc->natts);
	spool->nulls = palloc(sizeof(bool) * desc->natts);
	return spool;
}

static void
keep_row(ImageScanState *state, Spool *spool)
{
	MemoryContext old = MemoryContextSwitchTo(spool->work);

	imagecat_row_decode(state->decoder, imagecat_scan_image(state->images),
						spool->values, spool->nulls);
	tuplestore_putvalues(spool->store, state->table->desc, spool->values,
						 spool->nulls);
	spool->rows++;
	MemoryContextSwitchTo(old);
	MemoryContextReset(spool->work);
}

/*
 * Keeps rows until they may be handed out; false if the scan is pending, which
 * it never is with wait, or left out.
 */
bool
imagecat_spool_fill(ImageScanState *state, bool wait)
{
	Spool	   *spool = state->spool;

	if (spool->filled || state->left_out)
		return spool->filled;
	while (!spool->complete && (spool->limit == 0 || spool->rows < spool->limit))
	{
		CHECK_FOR_INTERRUPTS();
		switch (imagecat_next_step(state, state->images, wait))
		{
			case STEP_IMAGE:
				keep_row(state, spool);
				break;
			case STEP_END:
				spool->complete = true;
				break;
			case STEP_PENDING:
			case STEP_FAILED:
				return false;
		}
	}
	spool->filled = true;
	return true;
}

/* Goes to the next row that is kept; the slot owns its memory. */
static bool
read_row(ImageScanState *state, Spool *spool)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	bool		found = tuplestore_gettupleslot(spool->store, true, false, spool->row);

	MemoryContextSwitchTo(old);
	return found;
}

/*
 * The next row, valid until the next call; false if there is none, or none yet
 * (state->pending).
 */
bool
imagecat_spool_next(ImageScanState *state, TupleTableSlot *slot)
{
	Spool	   *spool = state->spool;
	int			natts = slot->tts_tupleDescriptor->natts;

	for (;;)
	{
		if (!imagecat_spool_fill(state, !state->async))
			return false;
		if (read_row(state, spool))
			break;
		if (spool->complete)
			return false;

		/* The query took more rows than its limit promised. */
		spool->filled = false;
		spool->rows = 0;
		tuplestore_clear(spool->store);
	}
	slot_getallattrs(spool->row);
	memcpy(slot->tts_values, spool->row->tts_values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, spool->row->tts_isnull, sizeof(bool) * natts);
	ExecStoreVirtualTuple(slot);
	return true;
}

/* Gives up the rows, in memory and in files. */
void
imagecat_spool_end(Spool *spool)
{
	tuplestore_end(spool->store);
	ExecDropSingleTupleTableSlot(spool->row);
}
