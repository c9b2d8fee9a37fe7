/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  Planning a foreign scan: which quals, order and limit are the service's,
 *	  and what that costs.  Nothing is asked of the service.
 *
 * src/sql/plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "compat.h"
#include "foreign/foreign.h"
#include "imagecat.h"
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "sql/fdw.h"
#include "sql/options.h"
#include "sql/quals.h"
#include "utils/lsyscache.h"

/* Cost of receiving and reading one image, in units of cpu_tuple_cost. */
#define IMAGE_COST_FACTOR	5

/* What is known of a table's scan while it is planned: rel->fdw_private. */
typedef struct TablePlan
{
	ImageService *service;
	ImageTable *table;
	List	   *quals;
	List	   *values;
	bool		exact;			/* the quals say all that the clauses do */
	bool		certain;		/* and the service does all that the quals say,
								 * whatever execution brings */
	double		fetched;		/* images that the service is expected to send */
	double		requests;
	int			page_size;
} TablePlan;

/* Reads the clauses that filters can express; estimates what is left of them. */
static void
read_clauses(PlannerInfo *root, RelOptInfo *rel, TablePlan *state)
{
	List	   *read = NIL;
	ListCell   *lc;

	state->exact = true;
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		List	   *qual = NIL;

		if (imagecat_enable_pushdown)
			qual = imagecat_read_qual(state->table, rel->relid, info->clause,
									  &state->values);
		if (qual == NIL)
			state->exact = false;
		else
		{
			state->quals = lappend(state->quals, qual);
			read = lappend(read, info);
		}
	}
	state->fetched = clamp_row_est(rel->tuples *
								   clauselist_selectivity(root, read, rel->relid,
														  JOIN_INNER, NULL));
}

/* The requests that the scan will start with, as far as values are known. */
static void
estimate_requests(TablePlan *state)
{
	bool		exact = true;
	bool		contradiction = false;
	ImageQuery	query = {.everything = true};
	RequestPlan *plan;

	query.page_size = state->service->page_size;
	query.filters = imagecat_qual_filters(state->table, state->service->name,
										  state->quals, state->values, NIL, NULL,
										  false, &exact, &contradiction);
	plan = imagecat_plan_requests(state->table->dialect, &query);
	state->certain = state->exact && exact && plan->exact && !plan->until_empty;
	state->requests = contradiction ? 0 : list_length(plan->requests);
	state->page_size = Max(plan->page_size, 1);
	if (state->table->dialect->limit_key != NULL)
		state->requests += floor(state->fetched / state->page_size);
}

/* GetForeignRelSize: options and columns from the catalogs, quals, estimates. */
void
imagecat_get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	TablePlan  *state = palloc0(sizeof(TablePlan));

	state->service = imagecat_service(GetForeignTable(relid)->serverid, InvalidOid);
	state->table = imagecat_table(relid, state->service->dialect);
	rel->fdw_private = state;

	/* reltuples is -1 until ANALYZE has run */
	if (rel->tuples <= 0)
		rel->tuples = state->service->estimated_images;
	set_baserel_size_estimates(root, rel);
	read_clauses(root, rel, state);
	if (state->table->dialect != NULL)
		estimate_requests(state);
}

static bool
is_default_family(const PathKey *pathkey, Oid typid)
{
	Oid			opclass = GetDefaultOpClass(typid, BTREE_AM_OID);

	return OidIsValid(opclass) &&
		get_opclass_family(opclass) == pathkey->pk_opfamily;
}

/*
 * Whether PostgreSQL orders this column's type, under the pathkey's family and
 * collation, as the service orders its member.
 */
static bool
order_agrees(const DialectSortKey *key, Oid typid, const PathKey *pathkey)
{
	switch (typid)
	{
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
			return key->is_time && is_default_family(pathkey, typid);
		case UUIDOID:
			return !key->is_time && is_default_family(pathkey, typid);
		case TEXTOID:
		case VARCHAROID:
			return !key->is_time && is_default_family(pathkey, TEXTOID) &&
				OidIsValid(pathkey->pk_eclass->ec_collation) &&
				imagecat_collation_is_c(pathkey->pk_eclass->ec_collation);
		default:
			return false;
	}
}

/* The sort key that gives the pathkey's order, or NULL. */
static const DialectSortKey *
find_sort_key(const TablePlan *state, RelOptInfo *rel, const PathKey *pathkey)
{
	ListCell   *lc;

	if (pathkey->pk_eclass->ec_has_volatile)
		return NULL;
	foreach(lc, pathkey->pk_eclass->ec_members)
	{
		EquivalenceMember *member = lfirst(lc);
		Node	   *node = (Node *) member->em_expr;
		const ColumnSource *source;
		const DialectSortKey *key;
		Var		   *var;

		while (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		var = (Var *) node;
		if (member->em_is_const || !IsA(var, Var) || var->varno != rel->relid ||
			var->varlevelsup != 0 || var->varattno <= 0)
			continue;
		source = &state->table->sources[var->varattno - 1];
		if (source->kind != COLUMN_MEMBER || source->pointer != NULL)
			continue;
		key = imagecat_sort_key(state->table->dialect, source->member);
		if (key != NULL && order_agrees(key, var->vartype, pathkey))
			return key;
	}
	return NULL;
}

static List *
path_private(const DialectSortKey *key, bool descending, double limit)
{
	return list_make3(makeString(key ? pstrdup(key->member) : ""),
					  makeBoolean(descending),
					  makeFloat(psprintf("%.0f", limit)));
}

static void
add_scan_path(PlannerInfo *root, RelOptInfo *rel, const TablePlan *state,
			  List *pathkeys, List *private)
{
	Cost		startup = state->service->request_cost;
	Cost		run;

	/* What the clauses cost here is the same for all paths, but not nothing. */
	run = Max(state->requests - 1, 0) * state->service->request_cost +
		state->fetched * cpu_tuple_cost * IMAGE_COST_FACTOR +
		state->fetched * rel->baserestrictcost.per_tuple;
	startup += rel->baserestrictcost.startup;
	if (state->table->dialect == NULL)
		startup = rel->baserestrictcost.startup;
	add_path(rel, (Path *) imagecat_foreign_path(root, rel, rel->rows, startup,
												 startup + run, pathkeys,
												 rel->lateral_relids, private));
}

/* GetForeignPaths: in any order, and in the query's if the service has it. */
void
imagecat_get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	TablePlan  *state = rel->fdw_private;
	const DialectSortKey *key = NULL;
	PathKey    *pathkey = NULL;
	double		limit = 0;
	bool		descending;

	/* With a join, nobody knows how many rows of this table a limit takes. */
	if (imagecat_enable_pushdown && root->limit_tuples > 0 && state->exact &&
		bms_membership(root->all_baserels) == BMS_SINGLETON)
		limit = root->limit_tuples;

	add_scan_path(root, rel, state, NIL,
				  path_private(NULL, false,
							   root->query_pathkeys == NIL ? limit : 0));

	if (!imagecat_enable_pushdown || state->table->dialect == NULL ||
		root->query_pathkeys == NIL)
		return;
	pathkey = linitial_node(PathKey, root->query_pathkeys);
	key = find_sort_key(state, rel, pathkey);
	if (key == NULL)
		return;
	descending = imagecat_is_descending(pathkey);
	if (list_length(root->query_pathkeys) > 1)
		limit = 0;				/* rows that tie for the last place decide */
	if (key->one_page &&
		(!state->certain || limit <= 0 || limit > state->page_size))
		return;
	add_scan_path(root, rel, state, list_make1(pathkey),
				  path_private(key, descending, limit));
}

/* The indexes of the columns that the scan has to fill. */
static List *
wanted_columns(RelOptInfo *rel, const ImageTable *table, List *clauses)
{
	Bitmapset  *used = NULL;
	List	   *columns = NIL;
	bool		all;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &used);
	pull_varattnos((Node *) clauses, rel->relid, &used);
	all = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
	for (int i = 0; i < table->desc->natts; i++)
		if (!TupleDescAttr(table->desc, i)->attisdropped &&
			(all || bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, used)))
			columns = lappend_int(columns, i);
	return columns;
}

/* GetForeignPlan: all clauses stay in the plan, to be checked again. */
ForeignScan *
imagecat_get_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid,
				  ForeignPath *path, List *tlist, List *clauses,
				  Plan *outer_plan)
{
	TablePlan  *state = rel->fdw_private;
	List	   *private = NIL;

	clauses = extract_actual_clauses(clauses, false);
	private = lappend(private, state->quals);
	private = lappend(private, makeBoolean(state->exact));
	private = list_concat(private, path->fdw_private);
	private = lappend(private, wanted_columns(rel, state->table, clauses));
	return make_foreignscan(tlist, clauses, rel->relid, state->values, private,
							NIL, NIL, outer_plan);
}
