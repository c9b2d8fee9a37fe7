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
#include "auth/auth.h"
#include "catalog/pg_user_mapping.h"
#include "compat.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "sql/options.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "wire/url.h"

/* What the planner assumes of a service that says nothing of itself. */
#define DEFAULT_IMAGES			1000
#define DEFAULT_REQUEST_COST	200

/* A row of pg_user_mapping. */
typedef struct Mapping
{
	Oid			id;				/* InvalidOid: there is none */
	Oid			user;			/* InvalidOid: PUBLIC's */
	List	   *options;
} Mapping;

/* The options that say how to sign in. */
static const struct
{
	const char *name;
	bool		mapped;			/* the user mapping's, not the server's */
	size_t		offset;
}			auth_options[] = {
	{"auth", false, offsetof(AuthOptions, method)},
	{"auth_url", false, offsetof(AuthOptions, auth_url)},
	{"region", false, offsetof(AuthOptions, region)},
	{"interface", false, offsetof(AuthOptions, interface)},
	{"service_type", false, offsetof(AuthOptions, service_type)},
	{"service_name", false, offsetof(AuthOptions, service_name)},
	{"token", true, offsetof(AuthOptions, token)},
	{"username", true, offsetof(AuthOptions, username)},
	{"user_id", true, offsetof(AuthOptions, user_id)},
	{"password", true, offsetof(AuthOptions, password)},
	{"user_domain_name", true, offsetof(AuthOptions, user_domain_name)},
	{"user_domain_id", true, offsetof(AuthOptions, user_domain_id)},
	{"project_name", true, offsetof(AuthOptions, project_name)},
	{"project_id", true, offsetof(AuthOptions, project_id)},
	{"project_domain_name", true, offsetof(AuthOptions, project_domain_name)},
	{"project_domain_id", true, offsetof(AuthOptions, project_domain_id)},
	{"domain_name", true, offsetof(AuthOptions, domain_name)},
	{"domain_id", true, offsetof(AuthOptions, domain_id)},
	{"application_credential_id", true, offsetof(AuthOptions, application_credential_id)},
	{"application_credential_name", true, offsetof(AuthOptions, application_credential_name)},
	{"application_credential_secret", true, offsetof(AuthOptions, application_credential_secret)},
	{"api_key", true, offsetof(AuthOptions, api_key)},
	{"login", true, offsetof(AuthOptions, login)},
	{"key_id", true, offsetof(AuthOptions, key_id)},
	{"private_key", true, offsetof(AuthOptions, private_key)},
	{"access_key", true, offsetof(AuthOptions, access_key)},
	{"secret_key", true, offsetof(AuthOptions, secret_key)},
	{"security_token", true, offsetof(AuthOptions, security_token)},
};

/*
 * The user's mapping, or PUBLIC's.  There may be none, which core's
 * GetUserMapping takes for an error.
 */
static Mapping
find_mapping(Oid userid, Oid serverid)
{
	Mapping		mapping = {InvalidOid, userid, NIL};
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
										ObjectIdGetDatum(userid),
										ObjectIdGetDatum(serverid));
	Datum		datum;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
	{
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
								ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(serverid));
		if (!HeapTupleIsValid(tuple))
			return mapping;
		mapping.user = InvalidOid;
	}
	mapping.id = ((Form_pg_user_mapping) GETSTRUCT(tuple))->oid;
	datum = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
							Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull)
		mapping.options = untransformRelOptions(datum);
	ReleaseSysCache(tuple);
	return mapping;
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

/* How to sign in to the service, for that user. */
static void
add_credentials(ImageService *service, const ForeignServer *server, Oid userid,
				uint64 generation)
{
	Mapping		mapping = find_mapping(userid, server->serverid);
	AuthOptions options = {0};

	service->mapped = OidIsValid(mapping.id);
	service->user = OidIsValid(mapping.user) ?
		psprintf("\"%s\"", GetUserNameFromId(mapping.user, false)) : "PUBLIC";
	for (int i = 0; i < (int) lengthof(auth_options); i++)
		*(const char **) ((char *) &options + auth_options[i].offset) =
			imagecat_option(auth_options[i].mapped ? mapping.options :
							server->options, auth_options[i].name);
	service->auth = imagecat_auth(service, &options, mapping.id, generation);
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
	uint64		generation = imagecat_auth_generation();
	ForeignServer *server = GetForeignServer(serverid);
	ImageService *service = palloc0(sizeof(ImageService));
	const char *url = imagecat_option(server->options, "url");
	const char *semantics = imagecat_option(server->options, "semantics");
	const char *on_error = imagecat_option(server->options, "on_error");

	service->serverid = serverid;
	service->name = server->servername;
	service->dialect = imagecat_dialect(imagecat_option(server->options, "api"));
	service->relation = imagecat_option(server->options, "relation");
	if (service->relation == NULL)
		service->relation = "imagecat.images";
	if (semantics != NULL)
		service->semantics = imagecat_dialect(semantics);
	if (service->dialect != NULL && url != NULL)
		service->url = imagecat_versioned_url(url, service->dialect->version_segment,
											  (char **) &service->root);
	service->page_size = number_option(server->options, "page_size", 0);
	service->max_retries = number_option(server->options, "max_retries", 4);
	service->optional = on_error != NULL && strcmp(on_error, "warn") == 0;
	service->estimated_images = real_option(server->options, "estimated_images",
											DEFAULT_IMAGES);
	service->request_cost = real_option(server->options, "request_cost",
										DEFAULT_REQUEST_COST);
	read_http_options(&service->http, server->options);

	if (OidIsValid(userid) && service->dialect != NULL)
		add_credentials(service, server, userid, generation);
	return service;
}

/*
 * The foreign server of that name.  Raises ERRCODE_UNDEFINED_OBJECT if there is
 * none, ERRCODE_WRONG_OBJECT_TYPE for one of another wrapper, and
 * ERRCODE_INSUFFICIENT_PRIVILEGE if the current user may not use it.
 */
ForeignServer *
imagecat_server(const char *name)
{
	ForeignServer *server = GetForeignServerByName(name, false);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	AclResult	allowed;

	if (!OidIsValid(wrapper->fdwhandler) ||
		strcmp(get_func_name(wrapper->fdwhandler), "imagecat_fdw_handler") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not one of imagecat's", name),
				 errhint("Its foreign data wrapper is \"%s\".", wrapper->fdwname)));
	allowed = imagecat_server_aclcheck(server->serverid, GetUserId());
	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_FOREIGN_SERVER, name);
	return server;
}
