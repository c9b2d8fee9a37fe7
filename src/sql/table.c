/*-------------------------------------------------------------------------
 *
 * table.c
 *	  A foreign table: what its columns show.
 *
 * src/sql/table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "foreign/foreign.h"
#include "sql/options.h"
#include "sql/table.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * Reads a foreign table's options and columns, into the current memory
 * context.  The caller holds a lock on it.
 */
ImageTable *
imagecat_table(Oid relid, const Dialect *dialect)
{
	ImageTable *table = palloc0(sizeof(ImageTable));
	ForeignTable *options = GetForeignTable(relid);
	const char *columns = imagecat_option(options->options, "columns");
	Relation	relation = table_open(relid, NoLock);

	table->dialect = dialect;
	table->native = columns != NULL && strcmp(columns, "native") == 0;
	table->desc = CreateTupleDescCopy(RelationGetDescr(relation));
	table->sources = palloc0(sizeof(ColumnSource) * table->desc->natts);
	table_close(relation, NoLock);

	for (int i = 0; i < table->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(table->desc, i);
		const char *name = NameStr(attribute->attname);
		const char *field;

		if (attribute->attisdropped)
			continue;
		field = imagecat_option(GetForeignColumnOptions(relid, i + 1), "field");
		if (dialect != NULL)
			table->sources[i] = imagecat_column_source(dialect, table->native,
													   name, field);
		else
		{
			if (field != NULL && field[0] == '/')
				ereport(ERROR,
						(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
						 errmsg("column \"%s\" of foreign table \"%s\" has a JSON pointer, but api local has columns only",
								name, get_rel_name(relid))));
			table->sources[i].kind = COLUMN_MEMBER;
			table->sources[i].member = field ? field : name;
		}
	}
	return table;
}
