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

#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "sql/quals.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* How a qual's value becomes filters. */
typedef enum QualForm
{
	QUAL_SCALAR,				/* one filter on one value */
	QUAL_ANY,					/* an array: one filter, FILTER_IN */
	QUAL_ALL,					/* an array: a filter for each element */
	QUAL_OBJECT					/* a jsonb object: one for each member */
} QualForm;

/* The items of a qual in fdw_private; its value is in the list of values. */
enum QualItem
{
	QUAL_FORM,
	QUAL_OP,
	QUAL_TYPE,
	QUAL_COLUMN,
	QUAL_MEMBER,				/* "" for none */
	QUAL_PROPERTY
};

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
	{
		operand->column = source->member;
		return true;
	}
	switch (source->kind)
	{
		case COLUMN_SOURCE:
			return operand->type == FILTER_TEXT;
		case COLUMN_MEMBER:
			if (source->pointer != NULL)
				return false;
			if (operand->type != (source->field ?
								  field_filter_type(source->field->type) : FILTER_TEXT))
				return false;
			if (source->field != NULL && source->field->type == FIELD_JSON)
				return false;
			/* A uuid has many spellings; ids of services have the usual one. */
			if (typid == UUIDOID &&
				strcmp(source->member, table->dialect->id_member) != 0)
				return false;
			operand->member = source->member;
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
	{
		operand->column = source->member;
		return true;
	}
	operand->member = source->member;
	return source->field != NULL && source->field->type == FIELD_TEXT_ARRAY;
}

/* A member of the column properties, which has only what no column shows. */
static bool
property_operand(const ImageTable *table, const char *column, const char *key,
				 QualOperand *operand)
{
	operand->type = FILTER_TEXT;
	operand->property = true;
	operand->column = column;
	operand->member = key;
	if (table->dialect != NULL)
	{
		const DialectField *field = imagecat_field(table->dialect, key);

		if (field != NULL && (imagecat_field_is_shown(field, table->native) ||
							  field->type != FIELD_TEXT))
			return false;
	}
	return true;
}

static bool
is_properties_column(const ImageTable *table, int index)
{
	if (index < 0 || TupleDescAttr(table->desc, index)->atttypid != JSONBOID)
		return false;
	if (table->dialect == NULL)
		return true;
	return table->sources[index].kind == COLUMN_PROPERTIES;
}

/* The name that filters on this properties column have. */
static const char *
properties_name(const ImageTable *table, int index)
{
	return table->dialect == NULL ? table->sources[index].member :
		NameStr(TupleDescAttr(table->desc, index)->attname);
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
	index = column_index(table, relid, linitial(op->args));
	key = (Const *) strip_relabel(lsecond(op->args));
	if (!is_properties_column(table, index) || !IsA(key, Const) || key->constisnull)
		return false;
	return property_operand(table, properties_name(table, index),
							TextDatumGetCString(key->constvalue), operand);
}

/*
 * Whether execution can know the value before it reads a row: no column in it,
 * and nothing that changes from row to row.
 */
static bool
is_value(Node *node)
{
	return !contain_var_clause(node) && !contain_volatile_functions(node) &&
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
	List	   *interpretations;

	if (opno >= FirstUnpinnedObjectId)
		return false;
	interpretations = get_op_btree_interpretation(opno);
	if (interpretations == NIL)
		return false;
	switch (((OpBtreeInterpretation *) linitial(interpretations))->strategy)
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
		case ROWCOMPARE_NE:
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
	qual = lappend(qual, makeString(pstrdup(operand->member ? operand->member : "")));
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
	if (!is_value(right) || !filter_op(opno, &op) ||
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

	if (index < 0 || !is_value(part))
		return NIL;
	if (function == F_ARRAYCONTAINS || function == F_ARRAYCONTAINED)
	{
		if (!array_operand(table, index, &operand) ||
			exprType(part) != TEXTARRAYOID ||
			!get_collation_isdeterministic(expr->inputcollid))
			return NIL;
		return make_qual(QUAL_ALL, FILTER_HAS, &operand, part, values);
	}
	if (function == F_JSONB_CONTAINS || function == F_JSONB_CONTAINED)
	{
		if (!is_properties_column(table, index) || exprType(part) != JSONBOID)
			return NIL;
		operand.column = properties_name(table, index);
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
		if (!is_value(right) || operand.type == FILTER_BOOLEAN ||
			!value_type_fits(operand.type, get_element_type(operand_type(right)),
							 operand_type(left)))
			return NIL;
		return make_qual(QUAL_ANY, FILTER_IN, &operand, right, values);
	}
	index = column_index(table, relid, right);
	if (index >= 0 && array_operand(table, index, &operand) &&
		is_value(left) && exprType(left) == TEXTOID)
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

/*
 * A value as a filter's.  false if the filter's type cannot express it, as a
 * date beyond the times that PostgreSQL has.
 */
static bool
filter_value(FilterType type, Oid typid, Datum datum, FilterValue *value)
{
	int			overflow = 0;

	switch (typid)
	{
		case TEXTOID:
		case VARCHAROID:
			value->text = TextDatumGetCString(datum);
			return true;
		case UUIDOID:
			value->text = DatumGetCString(DirectFunctionCall1(uuid_out, datum));
			return true;
		case INT2OID:
			value->integer = DatumGetInt16(datum);
			return true;
		case INT4OID:
			value->integer = DatumGetInt32(datum);
			return true;
		case INT8OID:
			value->integer = DatumGetInt64(datum);
			return true;
		case BOOLOID:
			value->boolean = DatumGetBool(datum);
			return true;
		case TIMESTAMPTZOID:
			value->time = DatumGetTimestampTz(datum);
			return true;
		case DATEOID:
			value->time = date2timestamptz_opt_overflow(DatumGetDateADT(datum),
														&overflow);
			return overflow == 0;
		case TIMESTAMPOID:
			value->time = timestamp2timestamptz_opt_overflow(DatumGetTimestamp(datum),
															 &overflow);
			return overflow == 0;
		default:
			elog(ERROR, "unexpected type %u of a qual's value", typid);
	}
}

/* A filter with the names of a qual. */
static Filter *
qual_filter(const List *qual, FilterOp op, int nvalues)
{
	const char *member = strVal(list_nth(qual, QUAL_MEMBER));
	Filter	   *filter = imagecat_filter(op, intVal(list_nth(qual, QUAL_TYPE)),
										 strVal(list_nth(qual, QUAL_COLUMN)),
										 member[0] != '\0' ? member : NULL,
										 nvalues);

	filter->property = intVal(list_nth(qual, QUAL_PROPERTY)) != 0;
	return filter;
}

/* The type that a timestamp column's values are compared in is UTC's. */
static Oid
value_type(const ImageTable *table, const List *qual, Oid typid)
{
	const char *column = strVal(list_nth(qual, QUAL_COLUMN));

	if (typid != TIMESTAMPOID)
		return typid;
	for (int i = 0; i < table->desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(table->desc, i)->attname), column) == 0 &&
			TupleDescAttr(table->desc, i)->atttypid == TIMESTAMPOID)
			return TIMESTAMPTZOID;
	return typid;
}

/* The elements of an array that are not NULL; *nulls tells if there are others. */
static int
array_values(const ImageTable *table, const List *qual, Oid typid, Datum datum,
			 FilterValue **values, bool *nulls, bool *exact)
{
	Oid			element = get_element_type(typid);
	Datum	   *elements;
	bool	   *isnull;
	int			count;
	int			kept = 0;
	int16		length;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(element, &length, &by_value, &align);
	deconstruct_array(DatumGetArrayTypeP(datum), element, length, by_value,
					  align, &elements, &isnull, &count);
	*values = palloc(sizeof(FilterValue) * Max(count, 1));
	*nulls = false;
	for (int i = 0; i < count; i++)
	{
		if (isnull[i])
			*nulls = true;
		else if (!filter_value(intVal(list_nth(qual, QUAL_TYPE)),
							   value_type(table, qual, element), elements[i],
							   &(*values)[kept++]))
			*exact = false;
	}
	return kept;
}

/* A filter for each member of the object that is a string. */
static List *
object_filters(const ImageTable *table, const List *qual, Jsonb *object,
			   bool *exact)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;
	List	   *filters = NIL;

	if (!JB_ROOT_IS_OBJECT(object))
	{
		*exact = false;
		return NIL;
	}
	iterator = JsonbIteratorInit(&object->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;
		QualOperand operand;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvString &&
			property_operand(table, strVal(list_nth(qual, QUAL_COLUMN)), key, &operand))
		{
			Filter	   *filter = imagecat_filter_text(FILTER_EQ, operand.column,
													  operand.member,
													  pnstrdup(value.val.string.val,
															   value.val.string.len));

			filter->property = true;
			filters = lappend(filters, filter);
		}
		else
			*exact = false;
	}
	return filters;
}

static List *
value_filters(const ImageTable *table, const List *qual, Oid typid, Datum datum,
			  bool *exact, bool *contradiction)
{
	QualForm	form = intVal(list_nth(qual, QUAL_FORM));
	FilterOp	op = intVal(list_nth(qual, QUAL_OP));
	FilterValue *values;
	Filter	   *filter;
	List	   *filters = NIL;
	bool		nulls = false;
	bool		fits = true;
	int			count;

	switch (form)
	{
		case QUAL_SCALAR:
			filter = qual_filter(qual, op, 1);
			if (filter_value(filter->type, value_type(table, qual, typid), datum,
							 filter->values))
				return list_make1(filter);
			*exact = false;
			return NIL;
		case QUAL_ANY:
			count = array_values(table, qual, typid, datum, &values, &nulls, &fits);
			if (!fits)
			{
				*exact = false;
				return NIL;
			}
			*contradiction |= count == 0;
			filter = qual_filter(qual, count == 1 ? FILTER_EQ : FILTER_IN, 0);
			filter->nvalues = count;
			filter->values = values;
			return list_make1(filter);
		case QUAL_ALL:
			count = array_values(table, qual, typid, datum, &values, &nulls, &fits);
			*contradiction |= nulls;	/* no array contains a NULL */
			for (int i = 0; i < count; i++)
			{
				filter = qual_filter(qual, op, 1);
				filter->values[0] = values[i];
				filters = lappend(filters, filter);
			}
			return filters;
		case QUAL_OBJECT:
			return object_filters(table, qual, DatumGetJsonbP(datum), exact);
	}
	pg_unreachable();
}

/* EXPLAIN's word for a value: the parameter, or a mark for an expression. */
static const char *
unknown_word(Node *value)
{
	Param	   *param = (Param *) strip_relabel(value);

	return IsA(param, Param) ? psprintf("$%d", param->paramid) : "$?";
}

static bool
param_is_unknown(Node *node, void *params)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind != PARAM_EXTERN || params == NULL;
	return expression_tree_walker(node, param_is_unknown, params);
}

/*
 * Whether the value can be evaluated: always while executing, for EXPLAIN if
 * no parameter in it is set by the execution, for planning if it is a Const.
 */
static bool
is_known(Node *value, const List *states, ExprContext *econtext, bool executing)
{
	if (IsA(value, Const) || executing)
		return true;
	return states != NIL &&
		!param_is_unknown(value, econtext->ecxt_param_list_info);
}

/*
 * The filters of all quals, palloc'd in the current memory context.
 *
 * states are the values' ExprStates, to be evaluated in econtext; NIL for
 * planning.  Values that only execution knows come out as unknown unless
 * executing.  *exact is set to false if the filters let pass more than the quals;
 * *contradiction is set to true if no row can pass.
 */
List *
imagecat_qual_filters(const ImageTable *table, const char *server,
					  const List *quals, const List *values,
					  const List *states, ExprContext *econtext,
					  bool executing, bool *exact, bool *contradiction)
{
	List	   *filters = NIL;
	ListCell   *lc_qual;
	ListCell   *lc_value;

	forboth(lc_qual, quals, lc_value, values)
	{
		List	   *qual = lfirst(lc_qual);
		Node	   *value = lfirst(lc_value);
		Datum		datum;
		bool		isnull;

		if (IsA(value, Const))
		{
			datum = ((Const *) value)->constvalue;
			isnull = ((Const *) value)->constisnull;
		}
		else if (is_known(value, states, econtext, executing))
			datum = ExecEvalExpr((ExprState *) list_nth(states,
														foreach_current_index(lc_qual)),
								 econtext, &isnull);
		else
		{
			Filter	   *filter;

			*exact = false;
			if (intVal(list_nth(qual, QUAL_FORM)) == QUAL_OBJECT)
				continue;
			filter = qual_filter(qual, intVal(list_nth(qual, QUAL_OP)), 0);
			filter->values = NULL;
			filter->unknown = unknown_word(value);
			filters = lappend(filters, filter);
			continue;
		}
		if (isnull)
			*contradiction = true;	/* nothing is known to equal NULL */
		else
			filters = list_concat(filters,
								  value_filters(table, qual, exprType(value), datum,
												exact, contradiction));
	}

	/* Every row of the table has the same source. */
	if (table->dialect != NULL)
		foreach(lc_qual, filters)
		{
			Filter	   *filter = lfirst(lc_qual);

			if (filter->member != NULL || filter->unknown != NULL)
				continue;
			*contradiction |= !imagecat_filter_matches(filter,
													   CStringGetTextDatum(server),
													   false, TEXTOID);
			filters = foreach_delete_current(filters, lc_qual);
		}
	return filters;
}
