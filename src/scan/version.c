/*-------------------------------------------------------------------------
 *
 * version.c
 *	  Which version of its API a service speaks.
 *
 *	  A service is taken for a new one until an answer raises doubt: an old
 *	  Glance takes a parameter that it does not know for a custom property, and
 *	  so finds nothing, or refuses the request.  Only then is it asked, once in
 *	  a backend.  A service that sent images needs no asking.
 *
 * src/scan/version.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "auth/auth.h"
#include "scan/failure.h"
#include "scan/version.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/syscache.h"

typedef struct VersionEntry
{
	Oid			serverid;		/* key */
	int			version;
} VersionEntry;

static HTAB *versions = NULL;

/* A server's definition changed: what is behind it may be another service. */
static void
forget_versions(Datum arg, int cacheid, uint32 hashvalue)
{
	HASH_SEQ_STATUS status;
	VersionEntry *entry;

	(void) arg;
	(void) cacheid;
	(void) hashvalue;
	hash_seq_init(&status, versions);
	while ((entry = hash_seq_search(&status)) != NULL)
		hash_search(versions, &entry->serverid, HASH_REMOVE, NULL);
}

/* The service's version as far as it is known in this backend; else 0. */
int
imagecat_known_version(const ImageService *service)
{
	VersionEntry *entry;

	if (versions == NULL)
		return 0;
	entry = hash_search(versions, &service->serverid, HASH_FIND, NULL);
	return entry ? entry->version : 0;
}

/* Remembers it until the server is altered. */
void
imagecat_remember_version(const ImageService *service, int version)
{
	VersionEntry *entry;

	if (versions == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Oid),.entrysize = sizeof(VersionEntry)};

		versions = hash_create("imagecat versions", 16, &control,
							   HASH_ELEM | HASH_BLOBS);
		CacheRegisterSyscacheCallback(FOREIGNSERVEROID, forget_versions, (Datum) 0);
	}
	entry = hash_search(versions, &service->serverid, HASH_ENTER, NULL);
	entry->version = version;
}

/* The newest id, such as v2.17, in {"versions":[{"id":...},...]}; 0 if none. */
static int
newest_version(const char *body)
{
	json_object *root = json_tokener_parse(body);
	json_object *list = NULL;
	int			newest = 0;

	if (json_object_is_type(root, json_type_object) &&
		json_object_object_get_ex(root, "versions", &list) &&
		json_object_is_type(list, json_type_array))
	{
		for (size_t i = 0; i < json_object_array_length(list); i++)
		{
			json_object *id = NULL;
			int			major;
			int			minor;

			if (json_object_object_get_ex(json_object_array_get_idx(list, i),
										  "id", &id) &&
				json_object_is_type(id, json_type_string) &&
				sscanf(json_object_get_string(id), "v%d.%d", &major, &minor) == 2)
				newest = Max(newest, API_VERSION(major, minor));
		}
	}
	json_object_put(root);
	return newest;
}

/*
 * Asks the service for its versions and remembers the newest; 0 while the
 * answer is awaited: ask again after imagecat_multi_wait.
 *
 * *request, NULL at first, is the request under way, in the current memory
 * context and with it.  A service that has no list of versions counts as new.
 * Raises what imagecat_auth_ready and imagecat_report_failure raise.
 */
int
imagecat_ask_version(const ImageService *service, HttpRequest **request,
					 HttpStats *stats)
{
	int			version = 0;

	if (*request == NULL)
	{
		SignedRequest signed_request;

		if (!imagecat_auth_ready(service, stats))
			return 0;
		signed_request =
			imagecat_auth_sign(service,
							   psprintf("%s/", imagecat_auth_endpoint(service)->root));
		*request = imagecat_http_start(signed_request.url,
									   lappend(signed_request.headers,
											   "Accept: application/json"),
									   &service->http, NULL, stats);
	}
	if (!imagecat_http_ready(*request, 0))
		return 0;
	if (imagecat_http_outcome(*request) != HTTP_DONE)
		imagecat_report_failure(service, *request);
	/* Glance answers 300, since there is more than one. */
	if (imagecat_http_status(*request) == 200 ||
		imagecat_http_status(*request) == 300)
		version = newest_version(imagecat_http_text(*request));
	if (version == 0)
		version = service->dialect->newest_rule;
	imagecat_http_free(*request);
	*request = NULL;
	imagecat_remember_version(service, version);
	return version;
}
