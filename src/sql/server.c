/*-------------------------------------------------------------------------
 *
 * server.c
 *	  A foreign server and a user mapping, read as a service.
 *
 * src/sql/server.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_user_mapping.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "sql/options.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/syscache.h"
#include "wire/url.h"

/* What the planner assumes of a service that says nothing of itself. */
#define DEFAULT_IMAGES			1000
#define DEFAULT_REQUEST_COST	200

/*
 * The options of the user's mapping, or of PUBLIC's; NIL if there is none,
 * which core's GetUserMapping takes for an error.
 */
static List *
mapping_options(Oid userid, Oid serverid)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
										ObjectIdGetDatum(userid),
										ObjectIdGetDatum(serverid));
	List	   *options = NIL;
	Datum		datum;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
								ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(serverid));
	if (!HeapTupleIsValid(tuple))
		return NIL;
	datum = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
							Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull)
		options = untransformRelOptions(datum);
	ReleaseSysCache(tuple);
	return options;
}

static int
number_option(const List *options, const char *name, int otherwise)
{
	const char *value = imagecat_option(options, name);
	int			number;

	return value && parse_int(value, &number, 0, NULL) ? number : otherwise;
}

static double
real_option(const List *options, const char *name, double otherwise)
{
	const char *value = imagecat_option(options, name);
	double		number;

	return value && parse_real(value, &number, 0, NULL) ? number : otherwise;
}

static int
time_option(const List *options, const char *name, int otherwise)
{
	const char *value = imagecat_option(options, name);

	return value ? imagecat_milliseconds(value) : otherwise;
}

static void
read_http_options(HttpOptions *http, const List *options)
{
	const char *size = imagecat_option(options, "max_response_size");
	const char *verify = imagecat_option(options, "tls_verify");

	http->connect_timeout = time_option(options, "connect_timeout", 10 * 1000);
	http->request_timeout = time_option(options, "request_timeout", 60 * 1000);
	http->max_response_size = size ? imagecat_bytes(size) : INT64CONST(256) * 1024 * 1024;
	http->ca_file = imagecat_option(options, "ca_file");
	http->client_cert = imagecat_option(options, "client_cert");
	http->client_key = imagecat_option(options, "client_key");
	http->proxy = imagecat_option(options, "proxy");
	http->tls_verify = true;
	if (verify != NULL)
		parse_bool(verify, &http->tls_verify);
}

/*
 * The service behind a foreign server, palloc'd in the current memory context.
 *
 * With a user it has the credentials of that user's mapping, or of PUBLIC's;
 * without (InvalidOid), as for planning, none.
 */
ImageService *
imagecat_service(Oid serverid, Oid userid)
{
	ForeignServer *server = GetForeignServer(serverid);
	ImageService *service = palloc0(sizeof(ImageService));
	const char *url = imagecat_option(server->options, "url");
	const char *semantics = imagecat_option(server->options, "semantics");
	const char *auth = imagecat_option(server->options, "auth");

	service->serverid = serverid;
	service->name = server->servername;
	service->dialect = imagecat_dialect(imagecat_option(server->options, "api"));
	service->relation = imagecat_option(server->options, "relation");
	if (service->relation == NULL)
		service->relation = "imagecat.images";
	if (semantics != NULL)
		service->semantics = imagecat_dialect(semantics);
	if (service->dialect != NULL)
		service->url = imagecat_versioned_url(url, service->dialect->version_segment,
											  (char **) &service->root);
	service->page_size = number_option(server->options, "page_size", 0);
	service->max_retries = number_option(server->options, "max_retries", 4);
	service->estimated_images = real_option(server->options, "estimated_images",
											DEFAULT_IMAGES);
	service->request_cost = real_option(server->options, "request_cost",
										DEFAULT_REQUEST_COST);
	read_http_options(&service->http, server->options);

	if (OidIsValid(userid))
	{
		service->user = GetUserNameFromId(userid, false);
		if (auth == NULL || strcmp(auth, "none") != 0)
			service->token = imagecat_option(mapping_options(userid, serverid),
											 "token");
		if (auth != NULL && strcmp(auth, "token") == 0 && service->token == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
					 errmsg("server \"%s\" needs a token", service->name),
					 errhint("Set it with CREATE USER MAPPING FOR \"%s\" SERVER \"%s\" OPTIONS (token '...').",
							 service->user, service->name)));
	}
	return service;
}
