/*-------------------------------------------------------------------------
 *
 * qual_values.c
 *	  From quals that were read while planning to filters, once their values
 *	  are known.
 *
 * src/sql/qual_values.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "sql/quals.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

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
	Node	   *member = list_nth(qual, QUAL_MEMBER);
	Filter	   *filter = imagecat_filter(op, intVal(list_nth(qual, QUAL_TYPE)),
										 strVal(list_nth(qual, QUAL_COLUMN)),
										 member ? strVal(member) : NULL,
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

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvString && imagecat_is_property_key(table, key))
		{
			Filter	   *filter = imagecat_filter_text(FILTER_EQ,
													  strVal(list_nth(qual, QUAL_COLUMN)),
													  key,
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
	Param	   *param;

	if (value == NULL)
		return "$(keys)";
	while (IsA(value, RelabelType))
		value = (Node *) ((RelabelType *) value)->arg;
	param = (Param *) value;
	return IsA(value, Param) ? psprintf("$%d", param->paramid) : "$(expression)";
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
	if (value == NULL)
		return false;
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
 * executing; a value that is NULL is one that a node above gives, and stays
 * unknown until it is a Const.  *exact is set to false if the filters let pass more than the quals;
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

		if (value != NULL && IsA(value, Const))
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

			if (filter->member != NULL || filter->property ||
				filter->unknown != NULL)
				continue;
			*contradiction |= !imagecat_filter_matches(filter,
													   CStringGetTextDatum(server),
													   false, TEXTOID);
			filters = foreach_delete_current(filters, lc_qual);
		}
	return filters;
}
