/*-------------------------------------------------------------------------
 *
 * import.c
 *	  IMPORT FOREIGN SCHEMA: catalog has the canonical columns, native the
 *	  API's own.
 *
 * src/sql/import.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "local/local.h"
#include "row/convert.h"
#include "sql/fdw.h"
#include "sql/options.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

static void
append_column(StringInfo command, const char *name, Oid typid, int32 typmod)
{
	appendStringInfo(command, "%s\n  %s %s",
					 command->data[command->len - 1] == '(' ? "" : ",",
					 quote_identifier(name),
					 format_type_extended(typid, typmod,
										  FORMAT_TYPE_TYPEMOD_GIVEN |
										  FORMAT_TYPE_FORCE_QUALIFY));
}

static void
append_attributes(StringInfo command, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped)
			append_column(command, NameStr(attribute->attname),
						  attribute->atttypid, attribute->atttypmod);
	}
}

/* The columns of type imagecat.image. */
static void
append_canonical_columns(StringInfo command)
{
	Oid			namespace = get_namespace_oid("imagecat", false);
	Oid			typid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
										CStringGetDatum("image"),
										ObjectIdGetDatum(namespace));
	TupleDesc	desc;

	desc = lookup_rowtype_tupdesc(typid, -1);
	append_attributes(command, desc);
	ReleaseTupleDesc(desc);
}

static void
append_native_columns(StringInfo command, const ImageService *service)
{
	if (service->dialect == NULL)
	{
		Relation	relation = table_open(imagecat_local_relation(service->name,
																  service->relation),
										  AccessShareLock);

		append_attributes(command, RelationGetDescr(relation));
		table_close(relation, AccessShareLock);
		return;
	}
	for (const DialectField *field = service->dialect->fields; field->member; field++)
		if (!(field->flags & FIELD_CUSTOM))
			append_column(command, field->member, imagecat_field_type(field->type), -1);
	append_column(command, "properties", JSONBOID, -1);
	append_column(command, "document", JSONBOID, -1);
}

/*
 * ImportForeignSchema: one table, images.  LIMIT TO and EXCEPT are core's.
 * Raises ERRCODE_FDW_SCHEMA_NOT_FOUND for another schema than the two, and
 * ERRCODE_FDW_INVALID_OPTION_NAME for any option.
 */
List *
imagecat_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid)
{
	ImageService *service = imagecat_service(serverid, InvalidOid);
	bool		native = strcmp(stmt->remote_schema, "native") == 0;
	StringInfoData command;

	if (!native && strcmp(stmt->remote_schema, "catalog") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("there is no schema \"%s\" on server \"%s\"",
						stmt->remote_schema, stmt->server_name),
				 errhint("Valid schemas are: catalog (canonical columns), native (the API's own).")));
	if (stmt->options != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("invalid option \"%s\"",
						linitial_node(DefElem, stmt->options)->defname),
				 errhint("There are no valid options in this context.")));

	initStringInfo(&command);
	appendStringInfoString(&command, "CREATE FOREIGN TABLE images (");
	if (native)
		append_native_columns(&command, service);
	else
		append_canonical_columns(&command);
	appendStringInfo(&command, "\n) SERVER %s", quote_identifier(stmt->server_name));
	if (native)
		appendStringInfoString(&command, " OPTIONS (columns 'native')");
	return list_make1(command.data);
}
