/*-------------------------------------------------------------------------
 *
 * semijoin.c
 *	  WHERE id IN (SELECT ...): a scan that asks for the images with the keys
 *	  that another table has, in lists.
 *
 *	  Neither a nested loop, which asks for one key at a time, nor a hash join,
 *	  which reads the whole listing, can do this.  The node reads its second
 *	  child to the end, gives the keys to its first, a foreign scan, and hands
 *	  on what that finds.  An image has one value of the column, so no row
 *	  comes twice; keys are compared again here, by bytes, for a service may
 *	  take unequal ones for equal, and may be sent no list if it is too long.
 *
 * src/sql/semijoin.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "nodes/extensible.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/tlist.h"
#include "sql/fdw.h"
#include "text_key.h"

/* The children. */
enum
{
	IMAGES,
	KEYS
};

typedef struct SemiJoinState
{
	CustomScanState css;
	AttrNumber	column;			/* of the images' child: the key */
	FmgrInfo	image_output;	/* its type's */
	FmgrInfo	key_output;
	MemoryContext context;		/* of the keys */
	HTAB	   *keys;			/* char *; NULL: not read yet */
	bool		ended;
} SemiJoinState;

static set_join_pathlist_hook_type previous_hook = NULL;

static Plan *plan_semijoin(PlannerInfo *root, RelOptInfo *rel,
						   CustomPath *path, List *tlist, List *clauses,
						   List *custom_plans);
static Node *create_state(CustomScan *scan);
static void begin(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *execute(CustomScanState *node);
static void end(CustomScanState *node);
static void rescan(CustomScanState *node);
static void explain(CustomScanState *node, List *ancestors, ExplainState *es);

static const CustomPathMethods path_methods = {
	.CustomName = "Images by Keys",
	.PlanCustomPath = plan_semijoin,
};

static const CustomScanMethods scan_methods = {
	.CustomName = "Images by Keys",
	.CreateCustomScanState = create_state,
};

static const CustomExecMethods exec_methods = {
	.CustomName = "Images by Keys",
	.BeginCustomScan = begin,
	.ExecCustomScan = execute,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain,
};

/* Whether all that the join gives are columns of the images' table. */
static bool
gives_columns_only(const RelOptInfo *joinrel, const RelOptInfo *images)
{
	ListCell   *lc;

	foreach(lc, joinrel->reltarget->exprs)
	{
		const Var  *var = lfirst(lc);

		if (!IsA(var, Var) || var->varno != images->relid || var->varattno < 0)
			return false;
	}
	return true;
}

/* The other table's rows, reduced to the value that is compared. */
static Path *
keys_path(PlannerInfo *root, RelOptInfo *keys, Node *value)
{
	PathTarget *target = create_empty_pathtarget();

	add_column_to_pathtarget(target, (Expr *) value, 0);
	return (Path *) create_projection_path(root, keys, keys->cheapest_total_path,
										   set_pathtarget_cost_width(root, target));
}

/* set_join_pathlist_hook */
static void
add_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *images,
		  RelOptInfo *keys, JoinType jointype, JoinPathExtraData *extra)
{
	RestrictInfo *clause;
	ForeignPath *scan;
	CustomPath *path;
	Path	   *source;
	AttrNumber	column;
	Node	   *value;

	if (previous_hook != NULL)
		previous_hook(root, joinrel, images, keys, jointype, extra);

	if (jointype != JOIN_SEMI || images->reloptkind != RELOPT_BASEREL ||
		images->fdwroutine == NULL ||
		images->fdwroutine->GetForeignPlan != imagecat_get_plan ||
		list_length(extra->restrictlist) != 1 ||
		!gives_columns_only(joinrel, images))
		return;
	/* Neither depends on other tables; no row is looked at again after a lock. */
	if (joinrel->lateral_relids != NULL || images->lateral_relids != NULL ||
		keys->cheapest_total_path == NULL ||
		keys->cheapest_total_path->param_info != NULL ||
		root->parse->commandType != CMD_SELECT || root->rowMarks != NIL)
		return;

	clause = linitial_node(RestrictInfo, extra->restrictlist);
	scan = imagecat_keys_path(root, images, clause->clause, keys->rows,
							  joinrel->rows, &value, &column);
	if (scan == NULL)
		return;
	source = keys_path(root, keys, value);

	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = joinrel;
	path->path.pathtarget = joinrel->reltarget;
	path->path.rows = joinrel->rows;
	path->path.startup_cost = source->total_cost + scan->path.startup_cost;
	path->path.total_cost = source->total_cost + keys->rows * cpu_operator_cost +
		scan->path.total_cost + scan->path.rows * cpu_tuple_cost;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_paths = list_make2(scan, source);
	path->custom_private = list_make1(makeInteger(column));
	path->methods = &path_methods;
	add_path(joinrel, (Path *) path);
}

static Plan *
plan_semijoin(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
			  List *tlist, List *clauses, List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);
	Plan	   *images = list_nth(custom_plans, IMAGES);
	int			column = intVal(linitial(path->custom_private));
	AttrNumber	place = InvalidAttrNumber;
	ListCell   *lc;

	(void) root;
	(void) rel;
	(void) clauses;				/* there is one, and the node tests it */
	foreach(lc, images->targetlist)
	{
		TargetEntry *entry = lfirst(lc);

		if (IsA(entry->expr, Var) && ((Var *) entry->expr)->varattno == column)
			place = entry->resno;
	}
	if (place == InvalidAttrNumber)
		elog(ERROR, "column %d is missing in the scan of a semi-join", column);
	scan->scan.plan.targetlist = tlist;
	scan->custom_scan_tlist = copyObject(images->targetlist);
	scan->custom_plans = custom_plans;
	scan->custom_private = list_make1(makeInteger(place));
	scan->flags = path->flags;
	scan->methods = &scan_methods;
	return &scan->scan.plan;
}

static Node *
create_state(CustomScan *scan)
{
	SemiJoinState *state = palloc0(sizeof(SemiJoinState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->column = intVal(linitial(scan->custom_private));
	return (Node *) state;
}

static void
output_of(PlanState *child, AttrNumber column, FmgrInfo *output)
{
	Form_pg_attribute attribute = TupleDescAttr(ExecGetResultType(child), column - 1);
	Oid			function;
	bool		is_varlena;

	getTypeOutputInfo(attribute->atttypid, &function, &is_varlena);
	fmgr_info(function, output);
}

static void
begin(CustomScanState *node, EState *estate, int eflags)
{
	SemiJoinState *state = (SemiJoinState *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	ListCell   *lc;

	foreach(lc, scan->custom_plans)
	{
		int			flags = eflags;

		/* Other parameters may bring the same keys: images are kept for them. */
		if (foreach_current_index(lc) == IMAGES && scan->scan.plan.allParam != NULL)
			flags |= EXEC_FLAG_REWIND;
		node->custom_ps = lappend(node->custom_ps,
								  ExecInitNode(lfirst(lc), estate, flags));
	}
	output_of(list_nth(node->custom_ps, IMAGES), state->column, &state->image_output);
	output_of(list_nth(node->custom_ps, KEYS), 1, &state->key_output);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "imagecat keys",
										   ALLOCSET_DEFAULT_SIZES);
}

/* Reads all keys, each once, and gives them to the scan of images. */
static void
read_keys(SemiJoinState *state)
{
	PlanState  *source = list_nth(state->css.custom_ps, KEYS);
	ForeignScanState *images = list_nth_node(ForeignScanState,
											 state->css.custom_ps, IMAGES);
	MemoryContext per_row = state->css.ss.ps.ps_ExprContext->ecxt_per_tuple_memory;
	const char **list;
	int			count = 0;
	int			max = 64;

	state->keys = imagecat_text_hash("imagecat keys", sizeof(char *), 256,
									 state->context);
	list = MemoryContextAlloc(state->context, sizeof(char *) * max);
	for (;;)
	{
		TupleTableSlot *slot = ExecProcNode(source);
		MemoryContext old;
		const char *key;
		const char **entry;
		Datum		value;
		bool		isnull;
		bool		found;

		if (TupIsNull(slot))
			break;
		CHECK_FOR_INTERRUPTS();
		value = slot_getattr(slot, 1, &isnull);
		if (isnull)
			continue;
		MemoryContextReset(per_row);
		old = MemoryContextSwitchTo(per_row);
		key = OutputFunctionCall(&state->key_output, value);
		MemoryContextSwitchTo(old);
		entry = hash_search(state->keys, &key, HASH_ENTER, &found);
		if (found)
			continue;
		*entry = MemoryContextStrdup(state->context, key);
		if (count == max)
			list = repalloc_huge(list, sizeof(char *) * (max *= 2));
		list[count++] = *entry;
	}
	state->ended = count == 0;
	if (count > 0)
		imagecat_scan_set_keys(images, list, count);
}

static bool
has_key(SemiJoinState *state, TupleTableSlot *image)
{
	const char *key;
	Datum		value;
	bool		isnull;

	value = slot_getattr(image, state->column, &isnull);
	if (isnull)
		return false;
	key = OutputFunctionCall(&state->image_output, value);
	return hash_search(state->keys, &key, HASH_FIND, NULL) != NULL;
}

/* The next image, as the scan tuple. */
static TupleTableSlot *
next_image(SemiJoinState *state)
{
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;
	PlanState  *images = list_nth(state->css.custom_ps, IMAGES);
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;

	if (state->keys == NULL)
		read_keys(state);
	while (!state->ended)
	{
		TupleTableSlot *image = ExecProcNode(images);
		MemoryContext old;
		bool		found;

		if (TupIsNull(image))
		{
			state->ended = true;
			break;
		}
		ResetExprContext(econtext);
		old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		found = has_key(state, image);
		MemoryContextSwitchTo(old);
		if (found)
			return ExecCopySlot(slot, image);
	}
	return ExecClearTuple(slot);
}

/*
 * Not by ExecScan: in a sub-query of a row that is checked again after a lock,
 * some minor versions would take this node for one of the rows locked.
 */
static TupleTableSlot *
execute(CustomScanState *node)
{
	TupleTableSlot *slot = next_image((SemiJoinState *) node);
	ProjectionInfo *projection = node->ss.ps.ps_ProjInfo;

	if (projection == NULL)
		return slot;
	if (TupIsNull(slot))
		return ExecClearTuple(node->ss.ps.ps_ResultTupleSlot);
	node->ss.ps.ps_ExprContext->ecxt_scantuple = slot;
	return ExecProject(projection);
}

static void
end(CustomScanState *node)
{
	ListCell   *lc;

	foreach(lc, node->custom_ps)
		ExecEndNode(lfirst(lc));
}

/* Parameters may have changed the keys: they are read anew. */
static void
rescan(CustomScanState *node)
{
	SemiJoinState *state = (SemiJoinState *) node;
	ListCell   *lc;

	foreach(lc, node->custom_ps)
	{
		PlanState  *child = lfirst(lc);

		if (node->ss.ps.chgParam != NULL)
			UpdateChangedParamSet(child, node->ss.ps.chgParam);
		/* a child whose parameters changed is rescanned when it is executed */
		if (child->chgParam == NULL)
			ExecReScan(child);
	}
	state->keys = NULL;
	state->ended = false;
	MemoryContextReset(state->context);
}

static void
explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	SemiJoinState *state = (SemiJoinState *) node;

	(void) ancestors;
	if (es->analyze && state->keys != NULL)
		ExplainPropertyInteger("Keys", NULL, hash_get_num_entries(state->keys), es);
}

/* Called once, when the module is loaded. */
void
imagecat_init_semijoin(void)
{
	RegisterCustomScanMethods(&scan_methods);
	previous_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = add_paths;
}
