/*-------------------------------------------------------------------------
 *
 * filter.c
 *	  Making filters, and the test of a filter on one row's value.
 *
 * src/filter/filter.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "filter/filter.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/*
 * A filter with room for nvalues values, in the current memory context.  The
 * names are not copied.
 */
Filter *
imagecat_filter(FilterOp op, FilterType type, const char *column,
				const char *member, int nvalues)
{
	Filter	   *filter = palloc0(sizeof(Filter));

	filter->op = op;
	filter->type = type;
	filter->column = column;
	filter->member = member;
	filter->nvalues = nvalues;
	filter->values = palloc0(sizeof(FilterValue) * Max(nvalues, 1));
	return filter;
}

/* A filter on one text value; neither names nor value are copied. */
Filter *
imagecat_filter_text(FilterOp op, const char *column, const char *member,
					 const char *value)
{
	Filter	   *filter = imagecat_filter(op, FILTER_TEXT, column, member, 1);

	filter->values[0].text = value;
	return filter;
}

/* <0, 0, >0 as the value is below, at or above the filter's. */
static int
compare(FilterType type, const FilterValue *value, const FilterValue *wanted)
{
	switch (type)
	{
		case FILTER_TEXT:
			return strcmp(value->text, wanted->text);
		case FILTER_INTEGER:
			return (value->integer > wanted->integer) -
				(value->integer < wanted->integer);
		case FILTER_BOOLEAN:
			return (int) value->boolean - (int) wanted->boolean;
		case FILTER_TIME:
			return timestamp_cmp_internal(value->time, wanted->time);
	}
	pg_unreachable();
}

/*
 * Whether a value, of the filter's type and not NULL, passes a filter whose
 * own values are known.  Texts compare by bytes.  Not for FILTER_HAS and
 * FILTER_OR, which are about more than one value.
 */
bool
imagecat_value_passes(const Filter *filter, const FilterValue *value)
{
	switch (filter->op)
	{
		case FILTER_EQ:
			return compare(filter->type, value, filter->values) == 0;
		case FILTER_NE:
		case FILTER_DISTINCT:
			return compare(filter->type, value, filter->values) != 0;
		case FILTER_LT:
			return compare(filter->type, value, filter->values) < 0;
		case FILTER_LE:
			return compare(filter->type, value, filter->values) <= 0;
		case FILTER_GT:
			return compare(filter->type, value, filter->values) > 0;
		case FILTER_GE:
			return compare(filter->type, value, filter->values) >= 0;
		case FILTER_IN:
			for (int i = 0; i < filter->nvalues; i++)
				if (compare(filter->type, value, &filter->values[i]) == 0)
					return true;
			return false;
		case FILTER_CONTAINS:
			return strstr(value->text, filter->values[0].text) != NULL;
		case FILTER_NULL:
			return false;
		case FILTER_NOT_NULL:
			return true;
		case FILTER_HAS:
		case FILTER_OR:
			break;
	}
	elog(ERROR, "unexpected operator %d of a filter", filter->op);
}

/* The value of a row's column. */
static FilterValue
row_value(FilterType type, Datum datum, Oid typid)
{
	FilterValue value = {0};

	switch (type)
	{
		case FILTER_TEXT:
			value.text = TextDatumGetCString(datum);
			break;
		case FILTER_INTEGER:
			value.integer = typid == INT4OID ? DatumGetInt32(datum) :
				DatumGetInt64(datum);
			break;
		case FILTER_BOOLEAN:
			value.boolean = DatumGetBool(datum);
			break;
		case FILTER_TIME:
			value.time = DatumGetTimestampTz(datum);
			break;
	}
	return value;
}

static bool
array_has(Datum datum, const char *wanted)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(datum), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i] && strcmp(TextDatumGetCString(elements[i]), wanted) == 0)
			return true;
	return false;
}

/*
 * The steps from a jsonb column to what the filter is about: a list of
 * palloc'd names, NIL where it is about the column itself.
 */
List *
imagecat_filter_path(const Filter *filter)
{
	List	   *steps = NIL;

	if (filter->path == NULL)
		return filter->property ? list_make1(pstrdup(filter->member)) : NIL;
	for (const char *p = filter->path; *p == '/';)
	{
		char	   *step = palloc(strlen(p));
		char	   *out = step;

		for (p++; *p != '\0' && *p != '/'; p++)
		{
			if (p[0] == '~' && (p[1] == '0' || p[1] == '1'))
				*out++ = *++p == '1' ? '/' : '~';
			else
				*out++ = *p;
		}
		*out = '\0';
		steps = lappend(steps, step);
	}
	return steps;
}

/* What the steps lead to, as text, as #>> gives it; false if it is NULL. */
static bool
text_at_path(Datum *datum, const List *steps)
{
	JsonbContainer *container = &DatumGetJsonbP(*datum)->root;
	JsonbValue	buffer;
	JsonbValue *value = NULL;
	ListCell   *lc;

	foreach(lc, steps)
	{
		const char *step = lfirst(lc);

		if (value != NULL)
		{
			if (value->type != jbvBinary)
				return false;
			container = value->val.binary.data;
		}
		if (!JsonContainerIsObject(container))
			return false;
		value = getKeyJsonValueFromContainer(container, step, strlen(step), &buffer);
		if (value == NULL)
			return false;
	}
	if (value->type == jbvNull)
		return false;
	if (value->type == jbvString)
		*datum = PointerGetDatum(cstring_to_text_with_len(value->val.string.val,
														  value->val.string.len));
	else
	{
		Jsonb	   *whole = JsonbValueToJsonb(value);

		*datum = CStringGetTextDatum(JsonbToCString(NULL, &whole->root,
													VARSIZE(whole)));
	}
	return true;
}

/*
 * Whether a row whose column (filter->column) holds this value passes.
 *
 * NULL passes as in SQL: only "is NULL" and "is distinct from" keep it.  Texts
 * compare by bytes.  Of a FILTER_OR all branches must be about this column.
 * Scratch memory goes to the current context.
 */
bool
imagecat_filter_matches(const Filter *filter, Datum value, bool isnull,
						Oid typid)
{
	FilterValue shown;

	if (filter->op == FILTER_OR)
	{
		ListCell   *branch;
		ListCell   *lc;

		foreach(branch, filter->branches)
		{
			bool		matches = true;

			foreach(lc, (List *) lfirst(branch))
				matches = matches &&
					imagecat_filter_matches(lfirst(lc), value, isnull, typid);
			if (matches)
				return true;
		}
		return false;
	}
	if (!isnull && (filter->property || filter->path != NULL))
		isnull = !text_at_path(&value, imagecat_filter_path(filter));
	if (isnull)
		return filter->op == FILTER_DISTINCT || filter->op == FILTER_NULL;
	if (filter->op == FILTER_HAS)
		return array_has(value, filter->values[0].text);
	shown = row_value(filter->type, value, typid);
	return imagecat_value_passes(filter, &shown);
}

/* Whether its values are known, in all its branches. */
bool
imagecat_filter_is_known(const Filter *filter)
{
	ListCell   *branch;
	ListCell   *lc;

	foreach(branch, filter->branches)
		foreach(lc, (List *) lfirst(branch))
			if (!imagecat_filter_is_known(lfirst(lc)))
				return false;
	return filter->unknown == NULL;
}
