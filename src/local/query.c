/*-------------------------------------------------------------------------
 *
 * query.c
 *	  Filters as the WHERE clause of a query over a local relation.
 *
 *	  Values are always parameters.  Operators are named with their schema, so
 *	  that no search_path changes what they mean.
 *
 * src/local/query.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "lib/stringinfo.h"
#include "local/local.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

typedef struct QueryBuilder
{
	StringInfoData sql;
	Oid			relid;
	const List *columns;
	LocalQuery *query;
	int			room;			/* for parameters */
	bool		for_display;	/* values as literals */
} QueryBuilder;

/*
 * The table, view or materialized view that a server's option relation names.
 * Raises ERRCODE_UNDEFINED_TABLE or ERRCODE_WRONG_OBJECT_TYPE.
 */
Oid
imagecat_local_relation(const char *server, const char *name)
{
	List	   *names = imagecat_qualified_name(name);
	Oid			relid = RangeVarGetRelid(makeRangeVarFromNameList(names),
										 NoLock, true);

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" of server \"%s\" does not exist", name, server),
				 errhint("See the option \"relation\" of the server.")));
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			return relid;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" of server \"%s\" is not a table or view", name, server),
					 errhint("See the option \"relation\" of the server.")));
	}
	pg_unreachable();
}

/* The relation's column in the type of the result. */
static void
append_column(QueryBuilder *builder, const LocalColumn *column)
{
	const char *type = format_type_extended(column->typid, column->typmod,
											FORMAT_TYPE_TYPEMOD_GIVEN |
											FORMAT_TYPE_FORCE_QUALIFY);
	AttrNumber	attnum = get_attnum(builder->relid, column->member);
	Oid			typid;
	int32		typmod;
	Oid			collation;

	if (attnum <= 0)
	{
		appendStringInfo(&builder->sql, "%s::%s", column->otherwise ?
						 quote_literal_cstr(column->otherwise) : "NULL", type);
		return;
	}
	get_atttypetypmodcoll(builder->relid, attnum, &typid, &typmod, &collation);
	appendStringInfo(&builder->sql, "r.%s", quote_identifier(column->member));
	if (typid != column->typid ||
		(column->typmod >= 0 && typmod != column->typmod))
		appendStringInfo(&builder->sql, "::%s", type);
}

/*
 * Filters compare texts by bytes, which a nondeterministic collation of the
 * relation's does not; an index of any other collation stays usable.
 */
static void
append_collation(QueryBuilder *builder, const LocalColumn *column)
{
	AttrNumber	attnum = get_attnum(builder->relid, column->member);
	Oid			typid;
	int32		typmod;
	Oid			collation;

	if (attnum <= 0)
		return;
	get_atttypetypmodcoll(builder->relid, attnum, &typid, &typmod, &collation);
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		appendStringInfoString(&builder->sql, " COLLATE pg_catalog.\"C\"");
}

static const LocalColumn *
find_column(const QueryBuilder *builder, const char *name)
{
	ListCell   *lc;

	foreach(lc, builder->columns)
	{
		const LocalColumn *column = lfirst(lc);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	elog(ERROR, "filter on unknown column \"%s\"", name);
}

/* A value: as a parameter, or for display as a literal. */
static void
append_value(QueryBuilder *builder, Oid type, Datum value)
{
	LocalQuery *query = builder->query;

	if (builder->for_display)
	{
		Oid			output;
		bool		is_varlena;

		getTypeOutputInfo(type, &output, &is_varlena);
		appendStringInfo(&builder->sql, "%s%s%s",
						 quote_literal_cstr(OidOutputFunctionCall(output, value)),
						 type == TEXTOID ? "" : "::",
						 type == TEXTOID ? "" : format_type_be(type));
		return;
	}
	if (query->nparams == builder->room)
	{
		builder->room *= 2;
		query->types = repalloc(query->types, sizeof(Oid) * builder->room);
		query->values = repalloc(query->values, sizeof(Datum) * builder->room);
	}
	query->types[query->nparams] = type;
	query->values[query->nparams] = value;
	appendStringInfo(&builder->sql, "$%d", ++query->nparams);
}

static Oid
value_type(FilterType type)
{
	switch (type)
	{
		case FILTER_TEXT:
			return TEXTOID;
		case FILTER_INTEGER:
			return INT8OID;
		case FILTER_BOOLEAN:
			return BOOLOID;
		case FILTER_TIME:
			return TIMESTAMPTZOID;
	}
	pg_unreachable();
}

static Datum
value_datum(FilterType type, const FilterValue *value)
{
	switch (type)
	{
		case FILTER_TEXT:
			return CStringGetTextDatum(value->text);
		case FILTER_INTEGER:
			return Int64GetDatum(value->integer);
		case FILTER_BOOLEAN:
			return BoolGetDatum(value->boolean);
		case FILTER_TIME:
			return TimestampTzGetDatum(value->time);
	}
	pg_unreachable();
}

static Datum
array_datum(const Filter *filter)
{
	Oid			type = value_type(filter->type);
	Datum	   *elements = palloc(sizeof(Datum) * Max(filter->nvalues, 1));
	int16		length;
	bool		by_value;
	char		align;

	for (int i = 0; i < filter->nvalues; i++)
		elements[i] = value_datum(filter->type, &filter->values[i]);
	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(construct_array(elements, filter->nvalues, type,
										   length, by_value, align));
}

static Datum
text_array(const List *strings)
{
	Datum	   *elements = palloc(sizeof(Datum) * list_length(strings));
	ListCell   *lc;

	foreach(lc, strings)
		elements[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, list_length(strings), TEXTOID,
										   -1, false, TYPALIGN_INT));
}

/* The column as the filter sees it: in the type of the filter's values. */
static void
append_operand(QueryBuilder *builder, const Filter *filter)
{
	const LocalColumn *column = find_column(builder, filter->column);

	if (filter->path != NULL)
	{
		appendStringInfoChar(&builder->sql, '(');
		append_column(builder, column);
		appendStringInfoString(&builder->sql, " OPERATOR(pg_catalog.#>>) ");
		append_value(builder, TEXTARRAYOID, text_array(imagecat_filter_path(filter)));
		appendStringInfoChar(&builder->sql, ')');
		return;
	}
	if (filter->property)
	{
		appendStringInfoChar(&builder->sql, '(');
		append_column(builder, column);
		appendStringInfoString(&builder->sql, " OPERATOR(pg_catalog.->>) ");
		append_value(builder, TEXTOID, CStringGetTextDatum(filter->member));
		appendStringInfoChar(&builder->sql, ')');
		return;
	}
	if (filter->type == FILTER_TIME && column->typid == TIMESTAMPOID)
	{
		appendStringInfoString(&builder->sql, "pg_catalog.timezone('UTC', ");
		append_column(builder, column);
		appendStringInfoChar(&builder->sql, ')');
		return;
	}
	append_column(builder, column);
	if (filter->type != FILTER_TEXT)
		return;
	if (filter->op != FILTER_HAS && column->typid != TEXTOID)
		appendStringInfoString(&builder->sql, "::pg_catalog.text");
	append_collation(builder, column);
}

static void append_filters(QueryBuilder *builder, const List *filters);

/* The column itself, or the property that the filter is about, is NULL or not. */
static void
append_null_test(QueryBuilder *builder, const Filter *filter)
{
	appendStringInfoChar(&builder->sql, '(');
	if (filter->property || filter->path != NULL)
		append_operand(builder, filter);
	else
		append_column(builder, find_column(builder, filter->column));
	appendStringInfoString(&builder->sql, filter->op == FILTER_NULL ?
						   ") IS NULL" : ") IS NOT NULL");
}

static void
append_branches(QueryBuilder *builder, const Filter *filter)
{
	const char *separator = "(";
	ListCell   *lc;

	foreach(lc, filter->branches)
	{
		appendStringInfoString(&builder->sql, separator);
		append_filters(builder, lfirst(lc));
		separator = " OR ";
	}
	appendStringInfoChar(&builder->sql, ')');
}

static void
append_filter(QueryBuilder *builder, const Filter *filter)
{
	static const char *const operators[] = {
		[FILTER_EQ] = "=",[FILTER_NE] = "<>",[FILTER_LT] = "<",
		[FILTER_LE] = "<=",[FILTER_GT] = ">",[FILTER_GE] = ">=",
		[FILTER_IN] = "=",[FILTER_HAS] = "@>",[FILTER_CONTAINS] = ">",
		[FILTER_DISTINCT] = "=",
	};
	Oid			type = value_type(filter->type);
	StringInfo	sql = &builder->sql;

	if (filter->op == FILTER_OR)
	{
		append_branches(builder, filter);
		return;
	}
	if (filter->op == FILTER_NULL || filter->op == FILTER_NOT_NULL)
	{
		append_null_test(builder, filter);
		return;
	}
	if (filter->op == FILTER_CONTAINS)
	{
		appendStringInfoString(sql, "pg_catalog.strpos(");
		append_operand(builder, filter);
		appendStringInfoString(sql, ", ");
		if (filter->unknown != NULL)
			appendStringInfoString(sql, filter->unknown);
		else
			append_value(builder, type, value_datum(filter->type, filter->values));
		appendStringInfoString(sql, ") OPERATOR(pg_catalog.>) 0");
		return;
	}
	/* IS DISTINCT FROM would look its operator up along the search path. */
	if (filter->op == FILTER_DISTINCT)
		appendStringInfoChar(sql, '(');
	append_operand(builder, filter);
	appendStringInfo(sql, " OPERATOR(pg_catalog.%s) ", operators[filter->op]);
	if (filter->op == FILTER_IN)
		appendStringInfoString(sql, "ANY (");
	else if (filter->op == FILTER_HAS)
		appendStringInfoString(sql, "ARRAY[");

	if (filter->unknown != NULL)
		appendStringInfoString(sql, filter->unknown);
	else if (filter->op == FILTER_IN)
		append_value(builder, get_array_type(type), array_datum(filter));
	else
		append_value(builder, type, value_datum(filter->type, filter->values));

	if (filter->op == FILTER_IN)
		appendStringInfoChar(sql, ')');
	else if (filter->op == FILTER_HAS)
		appendStringInfoChar(sql, ']');
	else if (filter->op == FILTER_DISTINCT)
		appendStringInfoString(sql, ") IS NOT TRUE");
}

/* All of them hold. */
static void
append_filters(QueryBuilder *builder, const List *filters)
{
	const char *separator = "";
	ListCell   *lc;

	foreach(lc, filters)
	{
		appendStringInfoString(&builder->sql, separator);
		append_filter(builder, lfirst(lc));
		separator = " AND ";
	}
}

/*
 * A query over the relation: the wanted columns (of a list of LocalColumn) of
 * the rows that pass the filters, whose columns must be among these.
 *
 * order, the text of an ORDER BY list or NULL, must come from code; a limit of
 * 0 is none.  For display values stand in the text as literals.  The result is palloc'd in the current memory context.
 */
LocalQuery *
imagecat_local_query(Oid relid, const List *columns, const List *filters,
					 const char *order, int64 limit, bool for_display)
{
	QueryBuilder builder = {.relid = relid,.columns = columns,.room = 8,
	.for_display = for_display};
	const char *separator = "";
	ListCell   *lc;

	builder.query = palloc0(sizeof(LocalQuery));
	builder.query->types = palloc(sizeof(Oid) * builder.room);
	builder.query->values = palloc(sizeof(Datum) * builder.room);
	initStringInfo(&builder.sql);
	appendStringInfoString(&builder.sql, "SELECT ");
	foreach(lc, columns)
	{
		const LocalColumn *column = lfirst(lc);

		if (!column->wanted)
			continue;
		appendStringInfoString(&builder.sql, separator);
		append_column(&builder, column);
		separator = ", ";
	}
	appendStringInfo(&builder.sql, " FROM %s r",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
												get_rel_name(relid)));
	if (filters != NIL)
		appendStringInfoString(&builder.sql, " WHERE ");
	append_filters(&builder, filters);
	if (order != NULL)
		appendStringInfo(&builder.sql, " ORDER BY %s", order);
	if (limit > 0)
		appendStringInfo(&builder.sql, " LIMIT " INT64_FORMAT, limit);
	builder.query->sql = builder.sql.data;
	return builder.query;
}
