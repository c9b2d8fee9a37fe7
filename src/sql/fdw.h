/*-------------------------------------------------------------------------
 *
 * fdw.h
 *	  The foreign data wrapper's callbacks, and what the planner tells the
 *	  executor.
 *
 * src/sql/fdw.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_FDW_H
#define IMAGECAT_FDW_H

#include "compat.h"
#include "dialect/request.h"
#include "foreign/fdwapi.h"
#include "lib/ilist.h"
#include "local/local.h"
#include "scan/image_scan.h"
#include "sql/table.h"

/* The items of a ForeignScan's fdw_private; its fdw_exprs are the quals' values. */
enum ScanPrivate
{
	SCAN_QUALS,					/* list of quals, see quals.c */
	SCAN_EXACT,					/* Boolean: every clause became a qual */
	SCAN_SORT_MEMBER,			/* String: "" for no order */
	SCAN_DESCENDING,			/* Boolean */
	SCAN_LIMIT,					/* Float, as text: rows wanted; 0 for all */
	SCAN_WHOLE,					/* Float, as text: as many executions cost no
								 * less than the whole listing */
	SCAN_KEY,					/* Integer: index of the value, a parameter's,
								 * that is the key of a whole listing; -1 for
								 * none */
	SCAN_KEY_COLUMN,			/* Integer: index of its column */
	SCAN_COLUMNS				/* IntList: indexes of the columns wanted */
};

/* plan.c */
extern void imagecat_get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid);
extern void imagecat_get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid);
extern ForeignScan *imagecat_get_plan(PlannerInfo *root, RelOptInfo *rel,
									  Oid relid, ForeignPath *path, List *tlist,
									  List *clauses, Plan *outer_plan);

extern ForeignPath *imagecat_keys_path(PlannerInfo *root, RelOptInfo *rel,
									   Expr *clause, double keys, double rows,
									   Node **value, AttrNumber *column);
extern bool imagecat_is_remote(const RelOptInfo *rel);

/* semijoin.c */
extern void imagecat_init_semijoin(void);

/* exec.c */
extern void imagecat_scan_set_keys(ForeignScanState *node, const char *const *keys,
								   int count);
extern void imagecat_begin_scan(ForeignScanState *node, int eflags);
extern void imagecat_start_scan(ForeignScanState *node);
extern TupleTableSlot *imagecat_iterate_scan(ForeignScanState *node);
extern void imagecat_rescan(ForeignScanState *node);
extern void imagecat_end_scan(ForeignScanState *node);

extern void imagecat_check_encoding(void);
extern List *imagecat_local_columns(const ImageTable *table, const char *server,
									const List *wanted);

/* analyze.c */
extern bool imagecat_analyze_table(Relation relation, AcquireSampleRowsFunc *func,
								   BlockNumber *totalpages);

/* async.c */
extern bool imagecat_is_async_capable(ForeignPath *path);
extern void imagecat_async_request(AsyncRequest *areq);
extern void imagecat_async_configure_wait(AsyncRequest *areq);
extern void imagecat_async_notify(AsyncRequest *areq);

/* explain.c */
extern void imagecat_explain_scan(ForeignScanState *node, ExplainState *es);

/* import.c */
extern List *imagecat_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid);

/* What a scan asks, for the executor and for EXPLAIN alike. */
typedef struct ScanQuery
{
	ImageQuery	image;
	bool		contradiction;	/* no row can pass */
} ScanQuery;

/* A scan that was begun. */
typedef struct ImageScanState
{
	ImageService *service;
	ImageTable *table;
	const List *private;
	List	   *values;			/* expressions of the quals' values */
	List	   *states;			/* their ExprStates */
	MemoryContext keys;			/* of values that a node above gave, or NULL */
	List	   *columns;		/* IntList of the columns wanted */
	List	   *local_columns;	/* api local: LocalColumn for each of them */
	Oid			userid;
	struct RowDecoder *decoder;
	HttpStats	stats;
	MemoryContext context;		/* of one execution; reset by a rescan */
	bool		started;
	bool		ended;
	bool		async;			/* does not wait, but is pending */
	bool		pending;		/* there is no row yet */
	uint64		seen;			/* activity when there was none */
	bool		returned;		/* any row of a service, in any execution */
	bool		left_out;		/* the service failed: it has no rows */
	struct ImageScan *images;
	struct Spool *spool;		/* of an optional service's rows, else NULL */
	LocalScan  *local;

	/* a scan that a MergeAppend may read */
	ForeignScanState *node;
	Index		parent;			/* what it is a part of; 0: of nothing */
	dlist_node	merged;			/* see async.c */

	/* a scan that may be executed many times */
	struct Answers *answers;	/* NULL for another */
	bool		replaying;		/* this execution's rows are among them */
	int64		asked;			/* executions that asked the service */
	int64		reused;			/* executions that did not */
} ImageScanState;

/* async.c */
extern void imagecat_join_merge(ForeignScanState *node);
extern ScanStep imagecat_next_step(ImageScanState *state,
								   struct ImageScan *images, bool wait);

/* spool.c */
extern struct Spool *imagecat_spool_begin(ImageScanState *state, int64 limit);
extern bool imagecat_spool_fill(ImageScanState *state, bool wait);
extern bool imagecat_spool_next(ImageScanState *state, TupleTableSlot *slot);
extern void imagecat_spool_end(struct Spool *spool);

extern ScanQuery imagecat_scan_query(ImageScanState *state,
									 ExprContext *econtext, bool executing);
extern LocalQuery *imagecat_scan_local_query(ImageScanState *state,
											 const ScanQuery *query,
											 bool for_display);

#endif							/* IMAGECAT_FDW_H */
