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
#include "pgtime.h"
#include "sql/operand.h"
#include "sql/quals.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/*
 * A value as a filter's.  false if the filter's type cannot express it, as a
 * date beyond the times that PostgreSQL has.
 */
static bool
filter_value(Oid typid, Datum datum, FilterValue *value)
{
	int			overflow = 0;

	switch (typid)
	{
		case TEXTOID:
		case VARCHAROID:
			value->text = TextDatumGetCString(datum);
			return true;
		case NAMEOID:
			value->text = pstrdup(NameStr(*DatumGetName(datum)));
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

static Form_pg_attribute
qual_attribute(const ImageTable *table, const List *qual)
{
	return TupleDescAttr(table->desc, intVal(list_nth(qual, QUAL_COLUMN)));
}

/* A filter with the names of a qual. */
static Filter *
qual_filter(const ImageTable *table, const List *qual, FilterOp op, int nvalues)
{
	Node	   *member = list_nth(qual, QUAL_MEMBER);
	Filter	   *filter = imagecat_filter(op, intVal(list_nth(qual, QUAL_TYPE)),
										 NameStr(qual_attribute(table, qual)->attname),
										 member ? strVal(member) : NULL,
										 nvalues);

	filter->property = intVal(list_nth(qual, QUAL_PROPERTY)) != 0;
	return filter;
}

/* What a timestamp column holds is UTC, and so is what it is compared with. */
static Datum
utc_value(Oid *typid, Datum datum)
{
	int			overflow = 0;

	if (*typid == DATEOID)
		datum = TimestampGetDatum(date2timestamp_opt_overflow(DatumGetDateADT(datum),
															  &overflow));
	*typid = TIMESTAMPTZOID;
	return datum;
}

/* filter_value, as the qual's column is compared with it. */
static bool
qual_value(const ImageTable *table, const List *qual, Oid typid, Datum datum,
		   FilterValue *value)
{
	if (intVal(list_nth(qual, QUAL_TYPE)) == FILTER_TIME &&
		qual_attribute(table, qual)->atttypid == TIMESTAMPOID)
		datum = utc_value(&typid, datum);
	return filter_value(typid, datum, value);
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
		else if (qual_value(table, qual, element, elements[i], &(*values)[kept]))
			kept++;
		else
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
													  NameStr(qual_attribute(table, qual)->attname),
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

/*
 * What a text that is like the pattern equals or contains: its longest part
 * without a wildcard.  NIL if that is nothing.
 */
static List *
pattern_filters(const ImageTable *table, const List *qual, const char *pattern,
				bool *exact)
{
	char	   *part = palloc(strlen(pattern) + 1);
	char	   *longest = pstrdup("");
	int			length = 0;
	int			nparts = 0;
	bool		wildcards = false;
	bool		loose = false;	/* more than "%part%" is said */
	Filter	   *filter;

	for (const char *p = pattern;; p++)
	{
		if (*p == '\\' && p[1] != '\0')
			part[length++] = *++p;
		else if (*p == '%' || *p == '_' || *p == '\0')
		{
			part[length] = '\0';
			nparts += length > 0;
			loose |= *p == '_' || (*p == '\0' && length > 0) ||
				(!wildcards && length > 0);
			if (length > strlen(longest))
				longest = pstrdup(part);
			length = 0;
			if (*p == '\0')
				break;
			wildcards = true;
		}
		else
			part[length++] = *p;
	}
	/* With the backslash of a pattern's end PostgreSQL has an error to raise. */
	if ((wildcards && longest[0] == '\0') ||
		(pattern[0] != '\0' && pattern[strlen(pattern) - 1] == '\\'))
	{
		*exact = false;
		return NIL;
	}
	if (wildcards && (loose || nparts > 1))
		*exact = false;
	filter = qual_filter(table, qual, wildcards ? FILTER_CONTAINS : FILTER_EQ, 1);
	filter->values[0].text = longest;
	return list_make1(filter);
}

static Filter *
time_filter(const ImageTable *table, const List *qual, FilterOp op,
			TimestampTz time)
{
	Filter	   *filter = qual_filter(table, qual, op, 1);

	filter->values[0].time = time;
	return filter;
}

/*
 * The times whose date compares so.  Where clocks are ever set back a time may
 * come to a day before its own, so that the bounds leave room for a day.
 */
static List *
day_filters(const ImageTable *table, const List *qual, DateADT date, bool *exact)
{
	FilterOp	op = intVal(list_nth(qual, QUAL_OP));
	FilterValue start;
	FilterValue next;
	long int	offset;
	int64		room = 0;

	if (DATE_NOT_FINITE(date) || date < date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE ||
		date > date2j(9999, 12, 31) - POSTGRES_EPOCH_JDATE)
	{
		*exact = false;
		return NIL;
	}
	if (qual_attribute(table, qual)->atttypid == TIMESTAMPTZOID &&
		!pg_get_timezone_offset(session_timezone, &offset))
		room = USECS_PER_DAY;
	if (room > 0)
		*exact = false;
	qual_value(table, qual, DATEOID, DateADTGetDatum(date), &start);
	qual_value(table, qual, DATEOID, DateADTGetDatum(date + 1), &next);
	switch (op)
	{
		case FILTER_LT:
			return list_make1(time_filter(table, qual, FILTER_LT, start.time + room));
		case FILTER_LE:
			return list_make1(time_filter(table, qual, FILTER_LT, next.time + room));
		case FILTER_GE:
			return list_make1(time_filter(table, qual, FILTER_GE, start.time - room));
		case FILTER_GT:
			return list_make1(time_filter(table, qual, FILTER_GE, next.time - room));
		default:
			return list_make2(time_filter(table, qual, FILTER_GE, start.time - room),
							  time_filter(table, qual, FILTER_LT, next.time + room));
	}
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
		case QUAL_SAME:
		case QUAL_PREFIX:
			filter = qual_filter(table, qual, op, 1);
			if (qual_value(table, qual, typid, datum, filter->values))
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
			filter = qual_filter(table, qual, count == 1 ? FILTER_EQ : FILTER_IN, 0);
			filter->nvalues = count;
			filter->values = values;
			return list_make1(filter);
		case QUAL_ALL:
			count = array_values(table, qual, typid, datum, &values, &nulls, exact);
			*contradiction |= nulls;	/* nothing is known of a NULL */
			for (int i = 0; i < count; i++)
			{
				filter = qual_filter(table, qual, op, 1);
				filter->values[0] = values[i];
				filters = lappend(filters, filter);
			}
			return filters;
		case QUAL_OBJECT:
			return object_filters(table, qual, DatumGetJsonbP(datum), exact);
		case QUAL_PATTERN:
			return pattern_filters(table, qual, TextDatumGetCString(datum), exact);
		case QUAL_DAY:
			return day_filters(table, qual, DatumGetDateADT(datum), exact);
		case QUAL_PLAIN:
		case QUAL_OR:
			break;
	}
	elog(ERROR, "unexpected form %d of a qual", form);
}

/* No value: contradiction for all but the comparisons that know NULL. */
static List *
null_filters(const ImageTable *table, const List *qual, bool *contradiction)
{
	if (intVal(list_nth(qual, QUAL_FORM)) != QUAL_SAME)
	{
		*contradiction = true;	/* nothing is known to equal NULL */
		return NIL;
	}
	return list_make1(qual_filter(table, qual,
								  intVal(list_nth(qual, QUAL_OP)) == FILTER_DISTINCT ?
								  FILTER_NOT_NULL : FILTER_NULL, 0));
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

/* Whether a column that shows this cannot be NULL. */
static bool
is_never_null(const ColumnSource *source, Form_pg_attribute attribute)
{
	/* Any value fits a text without a length; others may become NULL. */
	if ((attribute->atttypid != TEXTOID && attribute->atttypid != VARCHAROID) ||
		attribute->atttypmod >= 0)
		return false;
	return source->kind == COLUMN_SOURCE ||
		(source->kind == COLUMN_MEMBER && source->pointer == NULL &&
		 source->field != NULL && (source->field->flags & FIELD_ALWAYS) != 0 &&
		 !(source->canonical && source->field->words != NULL));
}

/*
 * Takes those filters away that need no look at an image: on columns that are
 * NULL in all rows, on the table's own name, on NULL where it cannot be.
 */
static List *
decide_filters(const ImageTable *table, const char *server, const List *qual,
			   List *filters, bool *contradiction)
{
	const ColumnSource *source = &table->sources[intVal(list_nth(qual, QUAL_COLUMN))];
	Form_pg_attribute attribute = qual_attribute(table, qual);
	ListCell   *lc;

	if (table->dialect == NULL)
		return filters;
	foreach(lc, filters)
	{
		const Filter *filter = lfirst(lc);
		bool		decided;
		bool		passes = false;

		if (source->kind == COLUMN_NONE)
		{
			decided = filter->unknown == NULL || filter->op != FILTER_DISTINCT;
			if (filter->unknown == NULL)
				passes = imagecat_filter_matches(filter, (Datum) 0, true, InvalidOid);
		}
		else if (!is_never_null(source, attribute))
			decided = false;
		else if (filter->op == FILTER_NULL || filter->op == FILTER_NOT_NULL)
		{
			decided = true;
			passes = filter->op == FILTER_NOT_NULL;
		}
		else
		{
			decided = source->kind == COLUMN_SOURCE && filter->unknown == NULL;
			if (decided)
				passes = imagecat_filter_matches(filter, CStringGetTextDatum(server),
												 false, TEXTOID);
		}
		if (!decided)
			continue;
		*contradiction |= !passes;
		filters = foreach_delete_current(filters, lc);
	}
	return filters;
}

/* What the quals are read with, and which of the values is the next one's. */
typedef struct QualReader
{
	const ImageTable *table;
	const char *server;
	const List *values;
	const List *states;
	ExprContext *econtext;
	bool		executing;
	int			next;
} QualReader;

/* A filter of EXPLAIN, for a value that only execution knows. */
static List *
unknown_filters(const QualReader *reader, const List *qual, Node *value,
				bool *exact)
{
	Filter	   *filter;

	/* EXPLAIN shows what execution would do if the values fit. */
	if (reader->states == NIL || intVal(list_nth(qual, QUAL_FORM)) == QUAL_OBJECT)
		*exact = false;
	if (intVal(list_nth(qual, QUAL_FORM)) == QUAL_OBJECT)
		return NIL;
	filter = qual_filter(reader->table, qual, intVal(list_nth(qual, QUAL_OP)), 0);
	filter->values = NULL;
	filter->unknown = unknown_word(value);
	return list_make1(filter);
}

/* The filters of one qual that is no QUAL_OR. */
static List *
leaf_filters(QualReader *reader, const List *qual, bool *exact,
			 bool *contradiction)
{
	List	   *filters;
	Node	   *value;
	Datum		datum;
	bool		isnull;
	int			index;

	if (intVal(list_nth(qual, QUAL_FORM)) == QUAL_PLAIN)
		filters = list_make1(qual_filter(reader->table, qual,
										 intVal(list_nth(qual, QUAL_OP)), 0));
	else
	{
		index = reader->next++;
		value = list_nth(reader->values, index);
		if (value != NULL && IsA(value, Const))
		{
			datum = ((Const *) value)->constvalue;
			isnull = ((Const *) value)->constisnull;
		}
		else if (is_known(value, reader->states, reader->econtext, reader->executing))
			datum = ExecEvalExpr((ExprState *) list_nth(reader->states, index),
								 reader->econtext, &isnull);
		else
		{
			filters = unknown_filters(reader, qual, value, exact);
			return decide_filters(reader->table, reader->server, qual, filters,
								  contradiction);
		}
		filters = isnull ? null_filters(reader->table, qual, contradiction) :
			value_filters(reader->table, qual, exprType(value), datum, exact,
						  contradiction);
	}
	return decide_filters(reader->table, reader->server, qual, filters,
						  contradiction);
}

static List *read_filters(QualReader *reader, const List *quals, bool *exact,
						  bool *contradiction);

/*
 * The filter of a QUAL_OR, in a list: NIL if one of the branches is true of
 * every row, as far as filters can say it.
 */
static List *
or_filters(QualReader *reader, const List *qual, bool *exact,
		   bool *contradiction)
{
	List	   *branches = NIL;
	bool		unrestricted = false;
	ListCell   *lc;

	foreach(lc, (List *) list_nth(qual, QUAL_BRANCHES))
	{
		bool		never = false;
		List	   *filters = read_filters(reader, lfirst(lc), exact, &never);

		if (never)
			continue;
		unrestricted |= filters == NIL;
		branches = lappend(branches, filters);
	}
	if (branches == NIL)
		*contradiction = true;
	if (branches == NIL || unrestricted)
		return NIL;
	return list_make1(imagecat_filter_any(branches));
}

/* The filters of a conjunction. */
static List *
read_filters(QualReader *reader, const List *quals, bool *exact,
			 bool *contradiction)
{
	List	   *filters = NIL;
	ListCell   *lc;

	foreach(lc, quals)
	{
		const List *qual = lfirst(lc);

		*exact = *exact && imagecat_qual_is_exact(qual);
		filters = list_concat(filters,
							  intVal(list_nth(qual, QUAL_FORM)) == QUAL_OR ?
							  or_filters(reader, qual, exact, contradiction) :
							  leaf_filters(reader, qual, exact, contradiction));
	}
	return filters;
}

/* How many of the values are this qual's. */
int
imagecat_qual_values(const List *qual)
{
	int			count = 0;
	ListCell   *branch;
	ListCell   *lc;

	if (intVal(list_nth(qual, QUAL_FORM)) != QUAL_OR)
		return intVal(list_nth(qual, QUAL_FORM)) == QUAL_PLAIN ? 0 : 1;
	foreach(branch, (List *) list_nth(qual, QUAL_BRANCHES))
		foreach(lc, (List *) lfirst(branch))
			count += imagecat_qual_values(lfirst(lc));
	return count;
}

/*
 * The filters of all quals, palloc'd in the current memory context.
 *
 * states are the values' ExprStates, to be evaluated in econtext; NIL for
 * planning.  Values that only execution knows come out as unknown unless
 * executing; a value that is NULL is one that a node above gives, and stays
 * unknown until it is a Const.  *exact is set to false if the filters let pass
 * more than the quals; for planning, also if that depends on execution.
 * *contradiction is set to true if no row can pass.
 */
List *
imagecat_qual_filters(const ImageTable *table, const char *server,
					  const List *quals, const List *values,
					  const List *states, ExprContext *econtext,
					  bool executing, bool *exact, bool *contradiction)
{
	QualReader	reader = {table, server, values, states, econtext, executing, 0};

	return read_filters(&reader, quals, exact, contradiction);
}
