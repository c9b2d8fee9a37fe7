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
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "sql/fdw.h"
#include "sql/options.h"
#include "sql/quals.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * What an image in a list costs, in requests: a service makes a page of a
 * thousand in the time of some twenty small answers.
 */
#define IMAGE_COST			(1.0 / 50)

/* About as many ids fit into a request's URL. */
#define KEYS_PER_REQUEST	150

/* What the service is asked for, by the clauses that filters can express. */
typedef struct Question
{
	List	   *quals;
	List	   *values;
	bool		exact;			/* the quals say all that the clauses do */
	bool		certain;		/* and the service does all that the quals say,
								 * whatever execution brings */
	double		images;			/* that the service is expected to send */
	double		requests;
	int			page_size;
} Question;

/* What is known of a table's scan while it is planned: rel->fdw_private. */
typedef struct TablePlan
{
	ImageService *service;
	ImageTable *table;
	Question	question;		/* without parameters of other tables */
} TablePlan;

/* The requests that the scan will start with, as far as values are known. */
static void
estimate_requests(const TablePlan *state, Question *question)
{
	const Dialect *dialect = state->table->dialect;
	bool		exact = true;
	bool		contradiction = false;
	ImageQuery	query = {.everything = true};
	RequestPlan *plan;

	query.page_size = state->service->page_size;
	query.filters = imagecat_qual_filters(state->table, state->service->name,
										  question->quals, question->values, NIL,
										  NULL, false, &exact, &contradiction);
	plan = imagecat_plan_requests(dialect, &query);
	question->certain = question->exact && exact && plan->exact && !plan->until_empty;
	question->requests = contradiction ? 0 : list_length(plan->requests);
	question->page_size = Max(plan->page_size, 1);
	if (dialect->limit_key != NULL)
		question->requests += floor(question->images / question->page_size);
}

/* What the service is asked for under these clauses: a list of RestrictInfo. */
static Question
make_question(PlannerInfo *root, RelOptInfo *rel, const TablePlan *state,
			  List *clauses)
{
	Question	question = {.exact = true};
	List	   *read = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		List	   *qual = NIL;

		if (imagecat_enable_pushdown)
			qual = imagecat_read_qual(state->table, rel->relid, info->clause,
									  &question.values);
		if (qual == NIL || !imagecat_qual_is_exact(qual))
			question.exact = false;
		if (qual != NIL)
		{
			question.quals = lappend(question.quals, qual);
			read = lappend(read, info);
		}
	}
	question.images = clamp_row_est(rel->tuples *
									clauselist_selectivity(root, read, rel->relid,
														   JOIN_INNER, NULL));
	if (state->table->dialect != NULL)
		estimate_requests(state, &question);
	return question;
}

/*
 * Tells the planner that an image's id is its own: with an index that no scan
 * can use, for that is where estimates look.  It is not an immediate one, so
 * that nothing but estimates rests on it.
 */
static void
add_id_index(RelOptInfo *rel, const ImageTable *table)
{
	for (int i = 0; i < table->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(table->desc, i);
		const ColumnSource *source = &table->sources[i];
		IndexOptInfo *index;

		if (attribute->attisdropped || source->kind != COLUMN_MEMBER ||
			source->pointer != NULL || table->dialect == NULL ||
			strcmp(source->member, table->dialect->id_member) != 0)
			continue;
		index = makeNode(IndexOptInfo);
		index->rel = rel;
		index->ncolumns = index->nkeycolumns = 1;
		index->indexkeys = palloc(sizeof(int));
		index->indexkeys[0] = attribute->attnum;
		index->indexcollations = palloc0(sizeof(Oid));
		index->opfamily = palloc0(sizeof(Oid));
		index->opcintype = palloc0(sizeof(Oid));
		index->unique = true;
		index->hypothetical = true;
		rel->indexlist = lappend(rel->indexlist, index);
	}
}

/*
 * Before ANALYZE PostgreSQL thinks that any value is one of 200, but a status
 * or a format is one of few.  Goes by FIELD_FEW; the planner finds these
 * estimates where it keeps its own.
 */
static void
assume_few_values(RelOptInfo *rel, const ImageTable *table, Oid relid)
{
	ListCell   *lc;

	foreach(lc, table->dialect ? rel->baserestrictinfo : NIL)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		List	   *values = NIL;
		List	   *qual = imagecat_read_qual(table, rel->relid, info->clause, &values);
		const DialectField *field;
		FilterOp	op;
		int			column;

		if (qual == NIL || intVal(list_nth(qual, QUAL_FORM)) == QUAL_OR ||
			intVal(list_nth(qual, QUAL_PROPERTY)))
			continue;
		op = intVal(list_nth(qual, QUAL_OP));
		column = intVal(list_nth(qual, QUAL_COLUMN));
		field = table->sources[column].field;
		if (field == NULL || (field->flags & FIELD_FEW) == 0 ||
			(op != FILTER_EQ && op != FILTER_IN) ||
			SearchSysCacheExists3(STATRELATTINH, ObjectIdGetDatum(relid),
								  Int16GetDatum(column + 1), BoolGetDatum(false)))
			continue;
		info->norm_selec = op == FILTER_EQ ? 1.0 / 3 : 1.0 / 2;
	}
}

/* GetForeignRelSize: options and columns from the catalogs, quals, estimates. */
void
imagecat_get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	TablePlan  *state = palloc0(sizeof(TablePlan));

	state->service = imagecat_service(GetForeignTable(relid)->serverid, InvalidOid);
	state->table = imagecat_table(relid, state->service->dialect);
	rel->fdw_private = state;

	/* Until ANALYZE has run it is -1; 0 is a catalog that was found empty. */
	if (rel->tuples < 0)
		rel->tuples = state->service->estimated_images;
	add_id_index(rel, state->table);
	assume_few_values(rel, state->table, relid);
	set_baserel_size_estimates(root, rel);
	state->question = make_question(root, rel, state, rel->baserestrictinfo);
}

/* Whether the relation, which is planned for, is a service's. */
bool
imagecat_is_remote(const RelOptInfo *rel)
{
	return ((const TablePlan *) rel->fdw_private)->table->dialect != NULL;
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

/* A path's part of what the executor is told, see enum ScanPrivate. */
static List *
path_private(const DialectSortKey *key, bool descending, double limit,
			 double whole)
{
	return list_make4(makeString(key ? pstrdup(key->member) : ""),
					  makeBoolean(descending),
					  makeFloat(psprintf("%.0f", limit)),
					  makeFloat(psprintf("%.0f", whole)));
}

/* After these items a path may have one qual more, whose values are keys. */
#define PATH_KEYS			4

static Cost
question_cost(const TablePlan *state, const Question *question)
{
	return question->requests * state->service->request_cost +
		question->images * (state->service->request_cost * IMAGE_COST + cpu_tuple_cost);
}

/* Whether the expression's value may change from one execution to the next. */
static bool
varies(Node *node, void *relid)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varno != *(Index *) relid;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC;
	return expression_tree_walker(node, varies, relid);
}

/*
 * After how many executions the whole listing, with the clauses that do not
 * vary, would have been the cheaper way; 0 if none vary.
 */
static double
executions_for_whole(PlannerInfo *root, RelOptInfo *rel, List *clauses,
					 const Question *question)
{
	const TablePlan *state = rel->fdw_private;
	Index		relid = rel->relid;
	List	   *constant = NIL;
	Question	whole;
	ListCell   *lc;

	foreach(lc, clauses)
		if (!varies((Node *) lfirst_node(RestrictInfo, lc)->clause, &relid))
			constant = lappend(constant, lfirst(lc));
	if (list_length(constant) == list_length(clauses) || question->requests <= 0)
		return 0;
	whole = make_question(root, rel, state, constant);
	return ceil(question_cost(state, &whole) / question_cost(state, question));
}

/* Whether the qual says that a column has this very text. */
static bool
is_key(const List *qual)
{
	return intVal(list_nth(qual, QUAL_FORM)) == QUAL_SCALAR &&
		intVal(list_nth(qual, QUAL_OP)) == FILTER_EQ &&
		intVal(list_nth(qual, QUAL_TYPE)) == FILTER_TEXT &&
		!intVal(list_nth(qual, QUAL_PROPERTY));
}

/*
 * The qual by whose value the rows of a whole listing are kept, and its
 * column: SCAN_KEY and SCAN_KEY_COLUMN.
 */
static List *
key_private(RelOptInfo *rel, const Question *question)
{
	Index		relid = rel->relid;
	int			value = 0;
	ListCell   *lc;

	foreach(lc, question->quals)
	{
		List	   *qual = lfirst(lc);

		if (is_key(qual) && varies(list_nth(question->values, value), &relid))
			return list_make2(makeInteger(value),
							  copyObject(list_nth(qual, QUAL_COLUMN)));
		value += imagecat_qual_values(qual);
	}
	return list_make2(makeInteger(-1), makeInteger(-1));
}

/* outer is NULL for a path without parameters. */
static void
add_scan_path(PlannerInfo *root, RelOptInfo *rel, const Question *question,
			  ParamPathInfo *outer, List *pathkeys, List *private)
{
	const TablePlan *state = rel->fdw_private;
	Cost		startup = rel->baserestrictcost.startup;
	Cost		first = 0;
	Cost		run;

	/* The first row comes with the first answer. */
	if (state->table->dialect != NULL)
		first = Min(question->requests, 1) * state->service->request_cost;
	/* What the clauses cost here is the same for all paths, but not nothing. */
	run = question_cost(state, question) - first +
		question->images * rel->baserestrictcost.per_tuple;
	startup += first;
	add_path(rel, (Path *) imagecat_foreign_path(root, rel,
												 outer ? outer->ppi_rows : rel->rows,
												 startup, startup + run, pathkeys,
												 outer ? outer->ppi_req_outer :
												 rel->lateral_relids, private));
}

/*
 * The number of requests by which the service is asked, if it can be asked by
 * this qual alone; otherwise 0.
 */
static int
requests_by_qual(const TablePlan *state, List *qual, Node *value)
{
	bool		exact;
	bool		contradiction;
	ImageQuery	query = {.everything = true};
	RequestPlan *plan;

	query.filters = imagecat_qual_filters(state->table, state->service->name,
										  list_make1(qual), list_make1(value),
										  NIL, NULL, false, &exact, &contradiction);
	plan = imagecat_plan_requests(state->table->dialect, &query);
	return query.filters != NIL && plan->unsent == NIL ? list_length(plan->requests) : 0;
}

/* Whether the service is asked by the clause, given a value for it. */
static bool
is_sent(const TablePlan *state, RelOptInfo *rel, Expr *clause)
{
	List	   *values = NIL;
	List	   *qual = imagecat_read_qual(state->table, rel->relid, clause, &values);
	FilterOp	op;

	if (qual == NIL || intVal(list_nth(qual, QUAL_FORM)) == QUAL_OR ||
		list_length(values) != 1)
		return false;
	op = intVal(list_nth(qual, QUAL_OP));
	return (op == FILTER_EQ || op == FILTER_IN) &&
		requests_by_qual(state, qual, linitial(values)) > 0;
}

/* For generate_implied_equalities_for_column: one expression of ours a time. */
typedef struct EquivalenceSearch
{
	Expr	   *current;
	List	   *used;
} EquivalenceSearch;

static bool
is_next_member(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
			   EquivalenceMember *member, void *arg)
{
	EquivalenceSearch *search = arg;

	(void) root;
	(void) rel;
	(void) ec;
	if (search->current != NULL)
		return equal(member->em_expr, search->current);
	if (list_member(search->used, member->em_expr))
		return false;
	search->current = member->em_expr;
	return true;
}

/* The join clauses that could be asked with values of other tables' rows. */
static List *
join_clauses(PlannerInfo *root, RelOptInfo *rel)
{
	List	   *clauses = NIL;
	EquivalenceSearch search = {0};
	ListCell   *lc;

	foreach(lc, rel->joininfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (join_clause_is_movable_to(info, rel))
			clauses = lappend(clauses, info);
	}
	while (rel->has_eclass_joins)
	{
		List	   *implied;

		search.current = NULL;
		implied = generate_implied_equalities_for_column(root, rel, is_next_member,
														 &search,
														 rel->lateral_referencers);
		if (search.current == NULL)
			break;
		foreach(lc, implied)
			if (join_clause_is_movable_to(lfirst_node(RestrictInfo, lc), rel))
				clauses = lappend(clauses, lfirst(lc));
		search.used = lappend(search.used, search.current);
	}
	return clauses;
}

/*
 * Paths that ask for the images of each row of other tables.  An execution that
 * asks more often than the planner thought ends up with the whole listing.
 */
static void
add_parameterised_paths(PlannerInfo *root, RelOptInfo *rel)
{
	const TablePlan *state = rel->fdw_private;
	List	   *seen = NIL;
	ListCell   *lc;

	foreach(lc, join_clauses(root, rel))
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		Relids		required = bms_union(info->clause_relids, rel->lateral_relids);
		ParamPathInfo *outer;
		List	   *clauses;
		Question	question;

		required = bms_del_member(required, rel->relid);
		if (bms_is_empty(required) || !is_sent(state, rel, info->clause))
			continue;
		outer = get_baserel_parampathinfo(root, rel, required);
		if (list_member_ptr(seen, outer))
			continue;
		seen = lappend(seen, outer);
		clauses = list_concat_copy(rel->baserestrictinfo, outer->ppi_clauses);
		question = make_question(root, rel, state, clauses);
		add_scan_path(root, rel, &question, outer, NIL,
					  path_private(NULL, false, 0,
								   executions_for_whole(root, rel, clauses, &question)));
	}
}

/*
 * A path to the images that have one of the keys which a node above gives,
 * read from a clause that compares a column with an expression of other
 * tables.  Gives that expression and the column's number.
 *
 * Gives NULL if the clause is another, or the service cannot be asked by a
 * list.  The node above has to compare the keys again, and must not let the
 * path be executed without having given them, see imagecat_scan_set_keys.
 */
ForeignPath *
imagecat_keys_path(PlannerInfo *root, RelOptInfo *rel, Expr *clause,
				   double keys, double rows, Node **value, AttrNumber *column)
{
	const TablePlan *state = rel->fdw_private;
	List	   *values = NIL;
	List	   *private;
	List	   *qual;
	Question	question;
	int			requests;

	if (!imagecat_enable_pushdown || state->table->dialect == NULL)
		return NULL;
	qual = imagecat_read_qual(state->table, rel->relid, clause, &values);
	if (qual == NIL || !is_key(qual))
		return NULL;
	qual = list_copy(qual);
	lfirst(list_nth_cell(qual, QUAL_FORM)) = makeInteger(QUAL_ANY);
	lfirst(list_nth_cell(qual, QUAL_OP)) = makeInteger(FILTER_IN);
	requests = requests_by_qual(state, qual, NULL);
	if (requests == 0)
		return NULL;
	*value = linitial(values);
	*column = intVal(list_nth(qual, QUAL_COLUMN)) + 1;

	question = state->question;
	question.requests = requests * ceil(keys / KEYS_PER_REQUEST);
	question.images = Min(question.images, rows);
	private = lappend(path_private(NULL, false, 0, 0), qual);
	return imagecat_foreign_path(root, rel, Min(rel->rows, rows),
								 state->service->request_cost,
								 question_cost(state, &question), NIL, NULL, private);
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
	if (imagecat_enable_pushdown && root->limit_tuples > 0 && state->question.exact &&
		bms_membership(root->all_baserels) == BMS_SINGLETON)
		limit = root->limit_tuples;

	add_scan_path(root, rel, &state->question, NULL, NIL,
				  path_private(NULL, false,
							   root->query_pathkeys == NIL ? limit : 0,
							   executions_for_whole(root, rel, rel->baserestrictinfo,
													&state->question)));

	if (!imagecat_enable_pushdown || state->table->dialect == NULL)
		return;
	add_parameterised_paths(root, rel);
	if (root->query_pathkeys == NIL)
		return;
	pathkey = linitial_node(PathKey, root->query_pathkeys);
	key = find_sort_key(state, rel, pathkey);
	if (key == NULL)
		return;
	descending = imagecat_is_descending(pathkey);
	if (list_length(root->query_pathkeys) > 1)
		limit = 0;				/* rows that tie for the last place decide */
	if (key->one_page &&
		(!state->question.certain || limit <= 0 ||
		 limit > state->question.page_size))
		return;
	add_scan_path(root, rel, &state->question, NULL, list_make1(pathkey),
				  path_private(key, descending, limit, 0));
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
	Question	question;

	/* A parameterised path brings clauses of its own. */
	question = make_question(root, rel, state, clauses);
	if (list_length(path->fdw_private) > PATH_KEYS)
	{
		question.quals = lappend(question.quals,
								 list_nth(path->fdw_private, PATH_KEYS));
		question.values = lappend(question.values, NULL);
	}
	clauses = extract_actual_clauses(clauses, false);
	private = lappend(private, question.quals);
	private = lappend(private, makeBoolean(question.exact));
	private = list_concat(private, list_copy_head(path->fdw_private, PATH_KEYS));
	private = list_concat(private, key_private(rel, &question));
	private = lappend(private, wanted_columns(rel, state->table, clauses));
	return make_foreignscan(tlist, clauses, rel->relid, question.values, private,
							NIL, NIL, outer_plan);
}
