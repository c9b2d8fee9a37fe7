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
#include "sql/quals.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* What a qual is about. */
typedef struct QualOperand
{
	const char *column;
	const char *member;			/* NULL: none of the service's */
	bool		property;
	FilterType	type;
} QualOperand;

static Node *
strip_relabel(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/* The type of filter values for a column's type; false if there is none. */
static bool
filter_type(Oid typid, FilterType *type)
{
	switch (typid)
	{
		case TEXTOID:
		case VARCHAROID:
		case UUIDOID:
			*type = FILTER_TEXT;
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			*type = FILTER_INTEGER;
			return true;
		case BOOLOID:
			*type = FILTER_BOOLEAN;
			return true;
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
			*type = FILTER_TIME;
			return true;
		default:
			return false;
	}
}

static FilterType
field_filter_type(FieldType type)
{
	switch (type)
	{
		case FIELD_BIGINT:
		case FIELD_INTEGER:
			return FILTER_INTEGER;
		case FIELD_BOOLEAN:
			return FILTER_BOOLEAN;
		case FIELD_TIME:
			return FILTER_TIME;
		default:
			return FILTER_TEXT;
	}
}

/* The table's column that a node is, if it is one; its index or -1. */
static int
column_index(const ImageTable *table, Index relid, Node *node)
{
	Var		   *var = (Var *) strip_relabel(node);

	if (var == NULL || !IsA(var, Var) || var->varno != relid ||
		var->varlevelsup != 0 || var->varattno <= 0)
		return -1;
	return var->varattno - 1;
}

/* The type of filters on a column that shows a member. */
static FilterType
member_filter_type(const ColumnSource *source)
{
	if (source->field == NULL || (source->canonical && source->field->words != NULL))
		return FILTER_TEXT;
	return field_filter_type(source->field->type);
}

/* A JSON pointer to one of the custom properties, where an object holds these. */
static bool
property_path(const ImageTable *table, const ColumnSource *source,
			  QualOperand *operand)
{
	const char *object = table->dialect->property_object;

	if (operand->type != FILTER_TEXT || object == NULL ||
		strcmp(source->member, object) != 0 ||
		strpbrk(source->pointer + 1, "/~") != NULL)
		return false;
	operand->property = true;
	operand->member = source->pointer + 1;
	return true;
}

/*
 * A column whose type agrees with what the service sends, so that equal in
 * SQL means equal there.
 */
static bool
column_operand(const ImageTable *table, int index, QualOperand *operand)
{
	Oid			typid = TupleDescAttr(table->desc, index)->atttypid;
	const ColumnSource *source = &table->sources[index];

	if (!filter_type(typid, &operand->type))
		return false;
	operand->property = false;
	operand->column = NameStr(TupleDescAttr(table->desc, index)->attname);
	operand->member = NULL;
	if (table->dialect == NULL)
		return true;
	switch (source->kind)
	{
		case COLUMN_SOURCE:
			return operand->type == FILTER_TEXT;
		case COLUMN_MEMBER:
			if (source->field == NULL && source->pointer != NULL)
				return property_path(table, source, operand);
			if (operand->type != member_filter_type(source))
				return false;
			if (source->field != NULL && source->field->type == FIELD_JSON)
				return false;
			/* A uuid has many spellings; ids of services have the usual one. */
			if (typid == UUIDOID &&
				strcmp(source->member, table->dialect->id_member) != 0)
				return false;
			operand->member = source->field ? source->field->member : source->member;
			return true;
		default:
			return false;
	}
}

/* An array of texts: the elements are what the filter is about. */
static bool
array_operand(const ImageTable *table, int index, QualOperand *operand)
{
	const ColumnSource *source = &table->sources[index];

	if (TupleDescAttr(table->desc, index)->atttypid != TEXTARRAYOID ||
		source->kind != COLUMN_MEMBER || source->pointer != NULL)
		return false;
	operand->type = FILTER_TEXT;
	operand->property = false;
	operand->column = NameStr(TupleDescAttr(table->desc, index)->attname);
	operand->member = NULL;
	if (table->dialect == NULL)
		return true;
	operand->member = source->member;
	return source->field != NULL && source->field->type == FIELD_TEXT_ARRAY;
}

/*
 * Whether a filter can be on this member of the column properties, which has
 * only what no column shows.
 */
bool
imagecat_is_property_key(const ImageTable *table, const char *key)
{
	const DialectField *field = table->dialect && table->dialect->property_object == NULL ?
	imagecat_field(table->dialect, key) : NULL;

	return field == NULL || (field->type == FIELD_TEXT &&
							 !imagecat_field_is_shown(field, table->native));
}

static bool
is_text_const(Node *node, const char *wanted)
{
	Const	   *value = (Const *) strip_relabel(node);

	return IsA(value, Const) && !value->constisnull &&
		value->consttype == TEXTOID &&
		strcmp(TextDatumGetCString(value->constvalue), wanted) == 0;
}

/*
 * Whether a node is the jsonb object that has the custom properties as its
 * members: the column properties, or where an object of the image holds them
 * the column that shows this object, or properties -> 'object'.  Gives the
 * name that filters on it have, or NULL.
 */
static const char *
properties_object(const ImageTable *table, Index relid, Node *node)
{
	const char *object = table->dialect ? table->dialect->property_object : NULL;
	int			index = column_index(table, relid, node);
	OpExpr	   *op = (OpExpr *) strip_relabel(node);
	const ColumnSource *source;

	if (index >= 0)
	{
		source = &table->sources[index];
		if (TupleDescAttr(table->desc, index)->atttypid != JSONBOID)
			return NULL;
		if (table->dialect == NULL)
			return NameStr(TupleDescAttr(table->desc, index)->attname);
		if (object == NULL ? source->kind == COLUMN_PROPERTIES :
			source->kind == COLUMN_MEMBER && source->pointer == NULL &&
			strcmp(source->member, object) == 0)
			return NameStr(TupleDescAttr(table->desc, index)->attname);
		return NULL;
	}
	if (object == NULL || op == NULL || !IsA(op, OpExpr) ||
		get_opcode(op->opno) != F_JSONB_OBJECT_FIELD)
		return NULL;
	index = column_index(table, relid, linitial(op->args));
	if (index < 0 || table->sources[index].kind != COLUMN_PROPERTIES ||
		!is_text_const(lsecond(op->args), object))
		return NULL;
	return NameStr(TupleDescAttr(table->desc, index)->attname);
}

/* column, or properties ->> 'key' */
static bool
read_operand(const ImageTable *table, Index relid, Node *node,
			 QualOperand *operand)
{
	int			index = column_index(table, relid, node);
	OpExpr	   *op = (OpExpr *) strip_relabel(node);
	Const	   *key;

	if (index >= 0)
		return column_operand(table, index, operand);
	if (op == NULL || !IsA(op, OpExpr) ||
		get_opcode(op->opno) != F_JSONB_OBJECT_FIELD_TEXT)
		return false;
	key = (Const *) strip_relabel(lsecond(op->args));
	operand->column = properties_object(table, relid, linitial(op->args));
	if (operand->column == NULL || !IsA(key, Const) || key->constisnull)
		return false;
	operand->type = FILTER_TEXT;
	operand->property = true;
	operand->member = TextDatumGetCString(key->constvalue);
	return imagecat_is_property_key(table, operand->member);
}

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
				typid == TEXTOID || typid == VARCHAROID;
		case FILTER_INTEGER:
			return typid == INT2OID || typid == INT4OID || typid == INT8OID;
		case FILTER_BOOLEAN:
			return typid == BOOLOID;
		case FILTER_TIME:
			return column_typid == TIMESTAMPOID ? typid == TIMESTAMPOID :
				typid == TIMESTAMPTZOID || typid == TIMESTAMPOID ||
				typid == DATEOID;
	}
	pg_unreachable();
}

/* A built-in comparison as a filter's; false for any other operator. */
static bool
filter_op(Oid opno, FilterOp *op)
{
	if (opno >= FirstUnpinnedObjectId)
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

static List *
make_qual(QualForm form, FilterOp op, const QualOperand *operand, Node *value,
		  List **values)
{
	List	   *qual = NIL;

	qual = lappend(qual, makeInteger(form));
	qual = lappend(qual, makeInteger(op));
	qual = lappend(qual, makeInteger(operand->type));
	qual = lappend(qual, makeString(pstrdup(operand->column)));
	qual = lappend(qual, operand->member ?
				   makeString(pstrdup(operand->member)) : NULL);
	qual = lappend(qual, makeInteger(operand->property));
	*values = lappend(*values, value);
	return qual;
}

static Oid
operand_type(Node *node)
{
	return exprType(strip_relabel(node));
}

/* operand op value, or value op operand */
static List *
read_comparison(const ImageTable *table, Index relid, OpExpr *expr,
				List **values)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	Oid			opno = expr->opno;
	QualOperand operand;
	FilterOp	op;

	if (!read_operand(table, relid, left, &operand))
	{
		Node	   *swap = left;

		left = right;
		right = swap;
		opno = get_commutator(opno);
		if (!OidIsValid(opno) || !read_operand(table, relid, left, &operand))
			return NIL;
	}
	if (!is_value(right, relid) || !filter_op(opno, &op) ||
		!collation_fits(op, operand.type, expr->inputcollid) ||
		!value_type_fits(operand.type, operand_type(right), operand_type(left)))
		return NIL;
	return make_qual(QUAL_SCALAR, op, &operand, right, values);
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
	int			index = column_index(table, relid, whole);
	QualOperand operand;

	if (!is_value(part, relid))
		return NIL;
	if (function == F_ARRAYCONTAINS || function == F_ARRAYCONTAINED)
	{
		if (index < 0 || !array_operand(table, index, &operand) ||
			exprType(part) != TEXTARRAYOID ||
			!get_collation_isdeterministic(expr->inputcollid))
			return NIL;
		return make_qual(QUAL_ALL, FILTER_HAS, &operand, part, values);
	}
	if (function == F_JSONB_CONTAINS || function == F_JSONB_CONTAINED)
	{
		operand.column = properties_object(table, relid, whole);
		if (operand.column == NULL || exprType(part) != JSONBOID)
			return NIL;
		operand.member = NULL;
		operand.property = true;
		operand.type = FILTER_TEXT;
		return make_qual(QUAL_OBJECT, FILTER_EQ, &operand, part, values);
	}
	return NIL;
}

/* operand = ANY (values), or value = ANY (tags) */
static List *
read_any(const ImageTable *table, Index relid, ScalarArrayOpExpr *expr,
		 List **values)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	QualOperand operand;
	FilterOp	op;
	int			index;

	if (!expr->useOr || !filter_op(expr->opno, &op) || op != FILTER_EQ ||
		!collation_fits(FILTER_IN, FILTER_TEXT, expr->inputcollid))
		return NIL;
	if (read_operand(table, relid, left, &operand))
	{
		if (!is_value(right, relid) || operand.type == FILTER_BOOLEAN ||
			!value_type_fits(operand.type, get_element_type(operand_type(right)),
							 operand_type(left)))
			return NIL;
		return make_qual(QUAL_ANY, FILTER_IN, &operand, right, values);
	}
	index = column_index(table, relid, right);
	if (index >= 0 && array_operand(table, index, &operand) &&
		is_value(left, relid) && exprType(left) == TEXTOID)
		return make_qual(QUAL_SCALAR, FILTER_HAS, &operand, left, values);
	return NIL;
}

/* column, NOT column, column IS TRUE, column IS FALSE */
static List *
read_boolean(const ImageTable *table, Index relid, Node *node, bool truth,
			 List **values)
{
	QualOperand operand;
	int			index = column_index(table, relid, node);

	if (index < 0 || !column_operand(table, index, &operand) ||
		operand.type != FILTER_BOOLEAN)
		return NIL;
	return make_qual(QUAL_SCALAR, FILTER_EQ, &operand,
					 makeBoolConst(truth, false), values);
}

/*
 * Reads one clause of a WHERE.  Gives the qual as a list of Nodes, with its
 * value's expression appended to *values, or NIL if nothing is known of it.
 */
List *
imagecat_read_qual(const ImageTable *table, Index relid, Expr *clause,
				   List **values)
{
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			{
				OpExpr	   *expr = (OpExpr *) clause;
				List	   *qual;

				if (list_length(expr->args) != 2)
					return NIL;
				qual = read_comparison(table, relid, expr, values);
				return qual ? qual : read_containment(table, relid, expr, values);
			}
		case T_ScalarArrayOpExpr:
			return read_any(table, relid, (ScalarArrayOpExpr *) clause, values);
		case T_Var:
			return read_boolean(table, relid, (Node *) clause, true, values);
		case T_BoolExpr:
			if (((BoolExpr *) clause)->boolop != NOT_EXPR)
				return NIL;
			return read_boolean(table, relid,
								linitial(((BoolExpr *) clause)->args), false,
								values);
		case T_BooleanTest:
			{
				BooleanTest *test = (BooleanTest *) clause;

				if (test->booltesttype != IS_TRUE && test->booltesttype != IS_FALSE)
					return NIL;
				return read_boolean(table, relid, (Node *) test->arg,
									test->booltesttype == IS_TRUE, values);
			}
		default:
			return NIL;
	}
}
