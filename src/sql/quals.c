/*-------------------------------------------------------------------------
 *
 * quals.c
 *	  From SQL quals to filters.
 *
 *	  Only what is known is read; anything else is silence, and PostgreSQL
 *	  decides on it alone, as it does again on all that is read here.
 *
 * src/sql/quals.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "sql/operand.h"
#include "sql/quals.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* Whether a column of the table is in the expression, or may be. */
static bool
contains_column(Node *node, void *relid)
{
	if (node == NULL)
		return false;
	if (IsA(node, PlaceHolderVar))
		return true;
	if (IsA(node, Var))
		return ((Var *) node)->varlevelsup == 0 &&
			((Var *) node)->varno == *(Index *) relid;
	return expression_tree_walker(node, contains_column, relid);
}

/*
 * Whether execution can know the value before it reads a row: no column of
 * this table in it, and nothing that changes from row to row.  A column of
 * another table is the parameter of a path that has that table outside.
 */
static bool
is_value(Node *node, Index relid)
{
	return !contains_column(node, &relid) && !contain_volatile_functions(node) &&
		!contain_subplans(node) && !contain_agg_clause(node);
}

/* Whether the value's type has the same equality as the column's. */
static bool
value_type_fits(FilterType type, Oid typid, Oid column_typid)
{
	switch (type)
	{
		case FILTER_TEXT:
			return column_typid == UUIDOID ? typid == UUIDOID :
				typid == TEXTOID || typid == VARCHAROID || typid == NAMEOID;
		case FILTER_INTEGER:
			return typid == INT2OID || typid == INT4OID || typid == INT8OID;
		case FILTER_BOOLEAN:
			return typid == BOOLOID;
		case FILTER_TIME:
			return typid == TIMESTAMPOID || typid == DATEOID ||
				(typid == TIMESTAMPTZOID && column_typid != TIMESTAMPOID);
	}
	pg_unreachable();
}

/*
 * A built-in comparison as a filter's; false for any other operator, and for
 * those of char(n), for which blanks at the end are nothing.
 */
static bool
filter_op(Oid opno, FilterOp *op)
{
	Oid			left;
	Oid			right;

	if (opno >= FirstUnpinnedObjectId)
		return false;
	op_input_types(opno, &left, &right);
	if (left == BPCHAROID)
		return false;
	switch (imagecat_comparison(opno))
	{
		case BTLessStrategyNumber:
			*op = FILTER_LT;
			return true;
		case BTLessEqualStrategyNumber:
			*op = FILTER_LE;
			return true;
		case BTEqualStrategyNumber:
			*op = FILTER_EQ;
			return true;
		case BTGreaterEqualStrategyNumber:
			*op = FILTER_GE;
			return true;
		case BTGreaterStrategyNumber:
			*op = FILTER_GT;
			return true;
		case COMPARISON_NE:
			*op = FILTER_NE;
			return true;
		default:
			return false;
	}
}

/*
 * Texts are compared here and there by bytes.  An order by any other rule is
 * not theirs, and an equality of more than equal bytes would lose rows.
 */
static bool
collation_fits(FilterOp op, FilterType type, Oid collation)
{
	if (type != FILTER_TEXT)
		return true;
	if (op != FILTER_EQ && op != FILTER_NE && op != FILTER_IN)
		return false;
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

/* value may be NULL, for a form without one. */
static List *
make_qual(QualForm form, FilterOp op, const QualOperand *operand, Node *value,
		  List **values)
{
	List	   *qual = NIL;

	qual = lappend(qual, makeInteger(form));
	qual = lappend(qual, makeInteger(form != QUAL_PREFIX));
	qual = lappend(qual, makeInteger(op));
	qual = lappend(qual, makeInteger(operand->type));
	qual = lappend(qual, makeInteger(operand->column));
	qual = lappend(qual, operand->member ?
				   makeString(pstrdup(operand->member)) : NULL);
	qual = lappend(qual, makeInteger(operand->property));
	if (value != NULL)
		*values = lappend(*values, value);
	return qual;
}

/* Whether filters say all that the clause of this qual does. */
bool
imagecat_qual_is_exact(const List *qual)
{
	return intVal(list_nth(qual, QUAL_EXACT)) != 0;
}

static Oid
operand_type(Node *node)
{
	return exprType(imagecat_strip_relabel(node));
}

/* operand op value, or value op operand; form tells what NULL means */
static List *
read_comparison(const ImageTable *table, Index relid, OpExpr *expr,
				QualForm form, List **values)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	Oid			opno = expr->opno;
	QualOperand operand;
	FilterOp	op;

	if (!imagecat_read_operand(table, relid, left, &operand))
	{
		Node	   *swap = left;

		left = right;
		right = swap;
		opno = get_commutator(opno);
		if (!OidIsValid(opno) ||
			!imagecat_read_operand(table, relid, left, &operand))
			return NIL;
	}
	if (!is_value(right, relid) || !filter_op(opno, &op) ||
		!collation_fits(op, operand.type, expr->inputcollid) ||
		!value_type_fits(operand.type, operand_type(right), operand_type(left)))
		return NIL;
	return make_qual(form, op, &operand, right, values);
}

/* IS DISTINCT FROM, and what NOT makes of it */
static List *
read_distinct(const ImageTable *table, Index relid, DistinctExpr *expr,
			  bool negated, List **values)
{
	List	   *qual = read_comparison(table, relid, expr, QUAL_SAME, values);

	if (qual != NIL && !negated)
		lfirst(list_nth_cell(qual, QUAL_OP)) = makeInteger(FILTER_DISTINCT);
	return qual;
}

/* column::date op value, the day being the session's */
static List *
read_day(const ImageTable *table, Index relid, OpExpr *expr, List **values)
{
	FuncExpr   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	QualOperand operand;
	FilterOp	op;
	int			index;

	if (!IsA(left, FuncExpr) || !filter_op(expr->opno, &op) ||
		op == FILTER_NE || !is_value(right, relid) || exprType(right) != DATEOID ||
		(left->funcid != F_DATE_TIMESTAMPTZ && left->funcid != F_DATE_TIMESTAMP))
		return NIL;
	index = imagecat_column_index(table, relid, linitial(left->args));
	if (index < 0 || !imagecat_column_operand(table, index, &operand) ||
		operand.type != FILTER_TIME)
		return NIL;
	return make_qual(QUAL_DAY, op, &operand, right, values);
}

/* What a text contains, in the shape of the qual's value. */
static List *
read_text(const ImageTable *table, Index relid, QualForm form, Node *text,
		  Node *value, Oid collation, List **values)
{
	QualOperand operand;

	if (!imagecat_read_operand(table, relid, text, &operand) ||
		operand.type != FILTER_TEXT || operand_type(text) == UUIDOID ||
		!is_value(value, relid) || exprType(value) != TEXTOID ||
		!collation_fits(FILTER_EQ, FILTER_TEXT, collation))
		return NIL;
	return make_qual(form, FILTER_CONTAINS, &operand, value, values);
}

/* strpos(text, value) > 0 */
static List *
read_position(const ImageTable *table, Index relid, OpExpr *expr, List **values)
{
	FuncExpr   *left = linitial(expr->args);
	Const	   *right = lsecond(expr->args);
	FilterOp	op;

	if (!IsA(left, FuncExpr) || !IsA(right, Const) ||
		(left->funcid != F_STRPOS && left->funcid != F_POSITION_TEXT_TEXT) ||
		right->consttype != INT4OID || right->constisnull ||
		!filter_op(expr->opno, &op) ||
		!((op == FILTER_GE && DatumGetInt32(right->constvalue) == 1) ||
		  ((op == FILTER_GT || op == FILTER_NE) &&
		   DatumGetInt32(right->constvalue) == 0)))
		return NIL;
	return read_text(table, relid, QUAL_SCALAR, linitial(left->args),
					 lsecond(left->args), left->inputcollid, values);
}

/* text LIKE pattern, text ^@ prefix */
static List *
read_pattern(const ImageTable *table, Index relid, OpExpr *expr, List **values)
{
	Oid			function = get_opcode(expr->opno);

	if (function != F_TEXTLIKE && function != F_STARTS_WITH)
		return NIL;
	return read_text(table, relid,
					 function == F_TEXTLIKE ? QUAL_PATTERN : QUAL_PREFIX,
					 linitial(expr->args), lsecond(expr->args),
					 expr->inputcollid, values);
}

/* tags @> array, properties @> object, or the same from the other side */
static List *
read_containment(const ImageTable *table, Index relid, OpExpr *expr,
				 List **values)
{
	Oid			function = get_opcode(expr->opno);
	bool		contained = function == F_ARRAYCONTAINED ||
	function == F_JSONB_CONTAINED;
	Node	   *whole = contained ? lsecond(expr->args) : linitial(expr->args);
	Node	   *part = contained ? linitial(expr->args) : lsecond(expr->args);
	int			index = imagecat_column_index(table, relid, whole);
	QualOperand operand;

	if (!is_value(part, relid))
		return NIL;
	if (function == F_ARRAYCONTAINS || function == F_ARRAYCONTAINED)
	{
		if (index < 0 || !imagecat_array_operand(table, index, &operand) ||
			exprType(part) != TEXTARRAYOID ||
			!get_collation_isdeterministic(expr->inputcollid))
			return NIL;
		return make_qual(QUAL_ALL, FILTER_HAS, &operand, part, values);
	}
	if (function == F_JSONB_CONTAINS || function == F_JSONB_CONTAINED)
	{
		operand.column = imagecat_properties_column(table, relid, whole);
		if (operand.column < 0 || exprType(part) != JSONBOID)
			return NIL;
		operand.member = NULL;
		operand.property = true;
		operand.type = FILTER_TEXT;
		return make_qual(QUAL_OBJECT, FILTER_EQ, &operand, part, values);
	}
	return NIL;
}

/* operand = ANY (values), operand op ALL (values), or value = ANY (tags) */
static List *
read_array(const ImageTable *table, Index relid, ScalarArrayOpExpr *expr,
		   List **values)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	QualOperand operand;
	FilterOp	op;
	int			index;

	if (!filter_op(expr->opno, &op) || (expr->useOr && op != FILTER_EQ))
		return NIL;
	if (imagecat_read_operand(table, relid, left, &operand))
	{
		if (!is_value(right, relid) ||
			!collation_fits(op, operand.type, expr->inputcollid) ||
			!value_type_fits(operand.type, get_element_type(operand_type(right)),
							 operand_type(left)))
			return NIL;
		return expr->useOr ?
			make_qual(QUAL_ANY, FILTER_IN, &operand, right, values) :
			make_qual(QUAL_ALL, op, &operand, right, values);
	}
	index = imagecat_column_index(table, relid, right);
	if (expr->useOr && index >= 0 && imagecat_array_operand(table, index, &operand) &&
		is_value(left, relid) && exprType(left) == TEXTOID &&
		collation_fits(op, FILTER_TEXT, expr->inputcollid))
		return make_qual(QUAL_SCALAR, FILTER_HAS, &operand, left, values);
	return NIL;
}

/* IS NULL, IS NOT NULL */
static List *
read_null_test(const ImageTable *table, Index relid, Node *node, bool negated,
			   List **values)
{
	int			index = imagecat_column_index(table, relid, node);
	QualOperand operand;

	if (index >= 0 ? !imagecat_any_operand(table, index, &operand) :
		!imagecat_read_operand(table, relid, node, &operand))
		return NIL;
	return make_qual(QUAL_PLAIN, negated ? FILTER_NOT_NULL : FILTER_NULL,
					 &operand, NULL, values);
}

/* A boolean column, and what it has to equal or to be distinct from. */
static List *
read_boolean(const ImageTable *table, Index relid, Node *node, FilterOp op,
			 bool truth, List **values)
{
	QualOperand operand;
	int			index = imagecat_column_index(table, relid, node);

	if (index < 0 || !imagecat_column_operand(table, index, &operand) ||
		operand.type != FILTER_BOOLEAN)
		return NIL;
	return make_qual(QUAL_SCALAR, op, &operand, makeBoolConst(truth, false),
					 values);
}

static List *
read_boolean_test(const ImageTable *table, Index relid, BooleanTest *test,
				  List **values)
{
	Node	   *arg = (Node *) test->arg;

	switch (test->booltesttype)
	{
		case IS_TRUE:
			return read_boolean(table, relid, arg, FILTER_EQ, true, values);
		case IS_FALSE:
			return read_boolean(table, relid, arg, FILTER_EQ, false, values);
		case IS_NOT_TRUE:
			return read_boolean(table, relid, arg, FILTER_DISTINCT, true, values);
		case IS_NOT_FALSE:
			return read_boolean(table, relid, arg, FILTER_DISTINCT, false, values);
		case IS_UNKNOWN:
		case IS_NOT_UNKNOWN:
			return read_null_test(table, relid, arg,
								  test->booltesttype == IS_NOT_UNKNOWN, values);
	}
	pg_unreachable();
}

/*
 * What can be read of each branch.  A branch of which nothing is known may be
 * true of any row, and so the whole may.
 */
static List *
read_or(const ImageTable *table, Index relid, BoolExpr *expr, List **values)
{
	int			nvalues = list_length(*values);
	List	   *branches = NIL;
	bool		exact = true;
	ListCell   *lc;
	ListCell   *part;

	foreach(lc, expr->args)
	{
		List	   *branch = NIL;
		List	   *parts = is_andclause(lfirst(lc)) ?
		((BoolExpr *) lfirst(lc))->args : list_make1(lfirst(lc));

		foreach(part, parts)
		{
			List	   *qual = imagecat_read_qual(table, relid, lfirst(part), values);

			exact = exact && qual != NIL && imagecat_qual_is_exact(qual);
			if (qual != NIL)
				branch = lappend(branch, qual);
		}
		if (branch == NIL)
		{
			*values = list_truncate(*values, nvalues);
			return NIL;
		}
		branches = lappend(branches, branch);
	}
	return list_make3(makeInteger(QUAL_OR), makeInteger(exact), branches);
}

static List *
read_bool_expr(const ImageTable *table, Index relid, BoolExpr *expr,
			   List **values)
{
	Node	   *arg = linitial(expr->args);

	switch (expr->boolop)
	{
		case OR_EXPR:
			return read_or(table, relid, expr, values);
		case NOT_EXPR:
			return IsA(arg, DistinctExpr) ?
				read_distinct(table, relid, (DistinctExpr *) arg, true, values) :
				read_boolean(table, relid, arg, FILTER_EQ, false, values);
		case AND_EXPR:
			return NIL;
	}
	pg_unreachable();
}

static List *
read_operator(const ImageTable *table, Index relid, OpExpr *expr,
			  List **values)
{
	List	   *qual;

	if (list_length(expr->args) != 2)
		return NIL;
	qual = read_comparison(table, relid, expr, QUAL_SCALAR, values);
	if (qual == NIL)
		qual = read_containment(table, relid, expr, values);
	if (qual == NIL)
		qual = read_pattern(table, relid, expr, values);
	if (qual == NIL)
		qual = read_position(table, relid, expr, values);
	if (qual == NIL)
		qual = read_day(table, relid, expr, values);
	return qual;
}

/*
 * Reads one clause of a WHERE.
 *
 * Gives the qual as a list of Nodes, or NIL if nothing is known of it.  The
 * expressions of its values are appended to *values, in the order in which
 * imagecat_qual_filters takes them: as the quals come, branch by branch.
 */
List *
imagecat_read_qual(const ImageTable *table, Index relid, Expr *clause,
				   List **values)
{
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			return read_operator(table, relid, (OpExpr *) clause, values);
		case T_DistinctExpr:
			return read_distinct(table, relid, (DistinctExpr *) clause, false,
								 values);
		case T_ScalarArrayOpExpr:
			return read_array(table, relid, (ScalarArrayOpExpr *) clause, values);
		case T_FuncExpr:
			{
				FuncExpr   *expr = (FuncExpr *) clause;

				if (expr->funcid != F_STARTS_WITH)
					return NIL;
				return read_text(table, relid, QUAL_PREFIX, linitial(expr->args),
								 lsecond(expr->args), expr->inputcollid, values);
			}
		case T_Var:
			return read_boolean(table, relid, (Node *) clause, FILTER_EQ, true,
								values);
		case T_BoolExpr:
			return read_bool_expr(table, relid, (BoolExpr *) clause, values);
		case T_BooleanTest:
			return read_boolean_test(table, relid, (BooleanTest *) clause, values);
		case T_NullTest:
			{
				NullTest   *test = (NullTest *) clause;

				return test->argisrow ? NIL :
					read_null_test(table, relid, (Node *) test->arg,
								   test->nulltesttype == IS_NOT_NULL, values);
			}
		default:
			return NIL;
	}
}
