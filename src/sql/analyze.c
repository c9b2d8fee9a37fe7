/*-------------------------------------------------------------------------
 *
 * analyze.c
 *	  ANALYZE of a foreign table: a random sample of its images, out of one
 *	  listing of them all.
 *
 *	  All images are counted, but only those that enter the sample become
 *	  rows, so that memory does not grow with the number of images.
 *
 * src/sql/analyze.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "compat.h"
#include "foreign/foreign.h"
#include "row/decode.h"
#include "scan/image_scan.h"
#include "sql/fdw.h"
#include "sql/options.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

/* What an image takes, about; see imagecat_analyze_table. */
#define IMAGE_BYTES		1024

/* A sample that grows to its target; then rows replace earlier ones. */
typedef struct Sample
{
	TupleDesc	desc;
	HeapTuple  *rows;
	int			nrows;
	int			target;
	double		seen;			/* images so far, in the sample or not */
	double		to_skip;		/* of the next images; below 0: not drawn yet */
	ReservoirStateData state;
	Datum	   *values;			/* of one row */
	bool	   *nulls;
	MemoryContext row_context;	/* of one row's values */
	MemoryContext tuple_context;
} Sample;

/* The next image's place in the sample, or -1 if it stays out of it. */
static int
next_place(Sample *sample)
{
	int			place = -1;

	if (sample->nrows < sample->target)
		place = sample->nrows;
	else
	{
		/* Vitter's algorithm, as PostgreSQL's own samples are taken by */
		if (sample->to_skip < 0)
			sample->to_skip = reservoir_get_next_S(&sample->state, sample->seen,
												   sample->target);
		if (sample->to_skip <= 0)
			place = (int) (sample->target *
						   sampler_random_fract(&sample->state.randstate));
		sample->to_skip -= 1;
	}
	sample->seen += 1;
	return place;
}

/* Puts the row of values and nulls into its place. */
static void
put_row(Sample *sample, int place)
{
	MemoryContext old = MemoryContextSwitchTo(sample->tuple_context);

	if (place < sample->nrows)
		heap_freetuple(sample->rows[place]);
	else
		sample->nrows++;
	sample->rows[place] = heap_form_tuple(sample->desc, sample->values,
										  sample->nulls);
	MemoryContextSwitchTo(old);
}

static Bitmapset *
all_columns(TupleDesc desc)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			columns = bms_add_member(columns, i);
	return columns;
}

static void
sample_service(Sample *sample, const ImageService *service,
			   const ImageTable *table)
{
	HttpStats  *stats = palloc0(sizeof(HttpStats));
	ImageQuery	query = {.everything = true,.page_size = service->page_size};
	RowDecoder *decoder = imagecat_row_decoder(table->dialect, table->native,
											   service->name, table->desc,
											   table->sources,
											   all_columns(table->desc));
	ImageScan  *scan = imagecat_scan_begin(service, &query, stats);

	while (imagecat_scan_next(scan))
	{
		int			place = next_place(sample);
		MemoryContext old;

		imagecat_analyze_delay();
		if (place < 0)
			continue;
		/* at once: the image is there only until the next one is asked for */
		old = MemoryContextSwitchTo(sample->row_context);
		imagecat_row_decode(decoder, imagecat_scan_image(scan), sample->values,
							sample->nulls);
		MemoryContextSwitchTo(old);
		put_row(sample, place);
		MemoryContextReset(sample->row_context);
	}
	imagecat_scan_end(scan);
	imagecat_row_warn(decoder);
}

/* The relation behind a table of api local, read as that user. */
static void
sample_relation(Sample *sample, const ImageService *service,
				const ImageTable *table, Oid userid)
{
	List	   *wanted = NIL;
	LocalScan  *scan;
	TupleTableSlot *row;

	for (int i = 0; i < table->desc->natts; i++)
		wanted = lappend_int(wanted, i);
	scan = imagecat_local_begin(imagecat_local_query(imagecat_local_relation(service->name,
																			  service->relation),
													 imagecat_local_columns(table, service->name, wanted),
													 NIL, NULL, 0, false),
								userid);
	while ((row = imagecat_local_next(scan)) != NULL)
	{
		int			place = next_place(sample);
		int			index = 0;

		imagecat_analyze_delay();
		if (place < 0)
			continue;
		for (int i = 0; i < table->desc->natts; i++)
		{
			sample->nulls[i] = TupleDescAttr(table->desc, i)->attisdropped ||
				row->tts_isnull[index];
			if (!TupleDescAttr(table->desc, i)->attisdropped)
				sample->values[i] = row->tts_values[index++];
		}
		put_row(sample, place);
	}
	imagecat_local_end(scan);
}

/*
 * The sample of ANALYZE, an AcquireSampleRowsFunc: fills rows, with tuples in
 * the current memory context, and gives their number.  *totalrows is the exact
 * number of images.
 *
 * Everything is read as the table's owner, as in PostgreSQL's own wrapper: the
 * statistics are for all who may read the table, whoever ran ANALYZE.  Raises
 * what a scan raises.
 */
static int
acquire_sample(Relation relation, int elevel, HeapTuple *rows, int targrows,
			   double *totalrows, double *totaldeadrows)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "imagecat analyze",
												  ALLOCSET_DEFAULT_SIZES);
	Oid			relid = RelationGetRelid(relation);
	Oid			userid = relation->rd_rel->relowner;
	TupleDesc	desc = RelationGetDescr(relation);
	Sample		sample = {.desc = desc,.rows = rows,.target = targrows,.to_skip = -1};
	ImageService *service;
	ImageTable *table;

	imagecat_check_encoding();
	MemoryContextSwitchTo(context);
	service = imagecat_service(GetForeignTable(relid)->serverid, userid);
	table = imagecat_table(relid, service->dialect);
	sample.values = palloc(sizeof(Datum) * Max(desc->natts, 1));
	sample.nulls = palloc(sizeof(bool) * Max(desc->natts, 1));
	sample.row_context = AllocSetContextCreate(context, "imagecat row",
											   ALLOCSET_DEFAULT_SIZES);
	reservoir_init_selection_state(&sample.state, targrows);
	sample.tuple_context = caller;

	if (table->dialect != NULL)
		sample_service(&sample, service, table);
	else
		sample_relation(&sample, service, table, userid);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);

	ereport(elevel,
			(errmsg("\"%s\": %.0f images listed; %d of them in the sample",
					RelationGetRelationName(relation), sample.seen, sample.nrows)));
	*totalrows = sample.seen;
	*totaldeadrows = 0;
	return sample.nrows;
}

/*
 * AnalyzeForeignTable: every table can be analyzed.
 *
 * The number of pages has one use: partitions have their part of their
 * parent's sample by it.  What counts there is the number of rows, which is
 * the last known one; only the listing itself will tell today's.
 */
bool
imagecat_analyze_table(Relation relation, AcquireSampleRowsFunc *func,
					   BlockNumber *totalpages)
{
	double		images = relation->rd_rel->reltuples;

	if (images < 0)
		images = imagecat_service(GetForeignTable(RelationGetRelid(relation))->serverid,
								  InvalidOid)->estimated_images;
	*totalpages = (BlockNumber) Min(images * IMAGE_BYTES / BLCKSZ + 1, MaxBlockNumber);
	*func = acquire_sample;
	return true;
}
