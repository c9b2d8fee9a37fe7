/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  The functions behind the view imagecat.server_stats.
 *
 * src/sql/statistics.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "compat.h"
#include "funcapi.h"
#include "scan/statistics.h"
#include "sql/options.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(imagecat_server_counters);
PG_FUNCTION_INFO_V1(imagecat_reset_server_stats);

/*
 * SQL: imagecat.server_counters(server oid) RETURNS record
 *
 * NULL for a server that is not there, and for a user who may neither use it
 * nor read all statistics: how many images it sends is nobody else's business.
 */
Datum
imagecat_server_counters(PG_FUNCTION_ARGS)
{
	Oid			serverid = PG_GETARG_OID(0);
	ServerStats stats;
	TupleDesc	desc;
	Datum		values[9];
	bool		nulls[9] = {0};

	/* the view may still see a server that was dropped a moment ago */
	if (!SearchSysCacheExists1(FOREIGNSERVEROID, ObjectIdGetDatum(serverid)) ||
		(imagecat_server_aclcheck(serverid, GetUserId()) != ACLCHECK_OK &&
		 !has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS)))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	stats = imagecat_statistics(serverid);
	values[0] = CStringGetTextDatum(imagecat_statistics_shared() ? "shared" : "backend");
	values[1] = Int64GetDatum(stats.counted.requests);
	values[2] = Int64GetDatum(stats.counted.pages);
	values[3] = Int64GetDatum(stats.counted.images);
	values[4] = Int64GetDatum(stats.counted.bytes);
	values[5] = Int64GetDatum(stats.counted.retries);
	values[6] = Int64GetDatum(stats.counted.errors);
	values[7] = Float8GetDatum(stats.counted.wait_time / 1000.0);
	values[8] = TimestampTzGetDatum(stats.since);
	nulls[8] = stats.since == 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
													  nulls)));
}

/* SQL: imagecat.reset_server_stats(server text DEFAULT NULL) RETURNS void */
Datum
imagecat_reset_server_stats(PG_FUNCTION_ARGS)
{
	Oid			serverid = InvalidOid;

	if (!PG_ARGISNULL(0))
		serverid = imagecat_server(text_to_cstring(PG_GETARG_TEXT_PP(0)))->serverid;
	imagecat_statistics_reset(serverid);
	PG_RETURN_VOID();
}
