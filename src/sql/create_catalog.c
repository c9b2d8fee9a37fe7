/*-------------------------------------------------------------------------
 *
 * create_catalog.c
 *	  The function imagecat.create_catalog: many servers as one table.
 *
 *	  It writes plain SQL, and does nothing that its caller could not do with
 *	  the same commands and the same privileges.
 *
 * src/sql/create_catalog.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "local/local.h"
#include "miscadmin.h"
#include "sql/options.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* The partitioned table's name. */
#define CATALOG_TABLE	"images"

static void
run(const char *command, int expected)
{
	int			result = SPI_execute(command, false, 0);

	if (result != expected)
		elog(ERROR, "SPI_execute gave %d: %s", result, command);
}

/* Each server once; all of them fit to be a partition. */
static List *
read_servers(ArrayType *array)
{
	List	   *servers = NIL;
	Datum	   *names;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls,
					  &count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a catalog needs at least one server"),
				 errhint("Name them: imagecat.create_catalog('cloud', 'server1', 'server2').")));
	for (int i = 0; i < count; i++)
	{
		ForeignServer *server;
		ImageService *service;
		ListCell   *lc;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of a server may not be null")));
		server = imagecat_server(TextDatumGetCString(names[i]));
		foreach(lc, servers)
			if (strcmp(lfirst(lc), server->servername) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("server \"%s\" is named twice", server->servername)));

		/* Rows of one partition have one source, or a query would lose some. */
		service = imagecat_service(server->serverid, InvalidOid);
		if (service->dialect == NULL &&
			get_attnum(imagecat_local_relation(service->name, service->relation),
					   "source") != InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("server \"%s\" cannot be a part of a catalog",
							server->servername),
					 errdetail("Its relation %s has a column \"source\" of its own.",
							   service->relation),
					 errhint("Set its option \"relation\" to a view without that column.")));
		servers = lappend(servers, server->servername);
	}
	return servers;
}

/* The schema's OID; it is created if there is none. */
static Oid
find_schema(const char *schema)
{
	Oid			namespace = get_namespace_oid(schema, true);

	if (!OidIsValid(namespace))
	{
		run(psprintf("CREATE SCHEMA %s", quote_identifier(schema)),
			SPI_OK_UTILITY);
		namespace = get_namespace_oid(schema, false);
	}
	else if (OidIsValid(get_relname_relid(CATALOG_TABLE, namespace)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists in schema \"%s\"",
						CATALOG_TABLE, schema),
				 errhint("If it is a catalog, add a server to it with: CREATE FOREIGN TABLE ... PARTITION OF %s FOR VALUES IN ('server') SERVER server.",
						 quote_qualified_identifier(schema, CATALOG_TABLE))));
	return namespace;
}

/* images_SERVER, shortened to what a name may have, and not taken. */
static const char *
partition_name(const char *server, Oid namespace)
{
	char	   *name = makeObjectName(CATALOG_TABLE, server, NULL);

	for (int i = 1; OidIsValid(get_relname_relid(name, namespace)); i++)
		name = makeObjectName(CATALOG_TABLE, server, psprintf("%d", i));
	return name;
}

PG_FUNCTION_INFO_V1(imagecat_create_catalog);

/* SQL: imagecat.create_catalog(schema, VARIADIC servers) RETURNS regclass */
Datum
imagecat_create_catalog(PG_FUNCTION_ARGS)
{
	const char *schema;
	const char *table;
	List	   *servers;
	Oid			namespace;
	ListCell   *lc;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the schema and the servers may not be null")));
	schema = NameStr(*PG_GETARG_NAME(0));
	table = quote_qualified_identifier(schema, CATALOG_TABLE);
	servers = read_servers(PG_GETARG_ARRAYTYPE_P(1));

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	namespace = find_schema(schema);
	run(psprintf("CREATE TABLE %s (LIKE imagecat.image) PARTITION BY LIST (source)",
				 table), SPI_OK_UTILITY);
	foreach(lc, servers)
	{
		const char *server = lfirst(lc);

		run(psprintf("CREATE FOREIGN TABLE %s PARTITION OF %s FOR VALUES IN (%s) SERVER %s",
					 quote_qualified_identifier(schema,
												partition_name(server, namespace)),
					 table, quote_literal_cstr(server), quote_identifier(server)),
			SPI_OK_UTILITY);
	}
	SPI_finish();
	PG_RETURN_OID(get_relname_relid(CATALOG_TABLE, namespace));
}
