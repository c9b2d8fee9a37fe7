/*-------------------------------------------------------------------------
 *
 * catalog.c
 *	  Which endpoint of a service catalog is the image service's.
 *
 *	  Keystone v3 lists endpoints as {interface, region, region_id, url};
 *	  v2.0 as {region, publicURL, internalURL, adminURL}, where Rackspace
 *	  leaves out what there is only one of.
 *
 * src/auth/catalog.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/identity.h"
#include "nodes/value.h"
#include "wire/url.h"

/* What is looked for; members that are NULL do not matter. */
typedef struct Wish
{
	const char *type;
	const char *name;
	const char *interface;
	const char *region;
} Wish;

static bool
fits(const char *value, const char *wanted)
{
	return wanted == NULL || (value != NULL && strcmp(value, wanted) == 0);
}

static const char *
endpoint_region(json_object *endpoint)
{
	const char *region = imagecat_member_string(endpoint, "region_id");

	return region ? region : imagecat_member_string(endpoint, "region");
}

/* The endpoint's address for that interface, or NULL. */
static const char *
endpoint_url(json_object *endpoint, const char *interface)
{
	const char *url = imagecat_member_string(endpoint, "url");

	if (url != NULL)
		return fits(imagecat_member_string(endpoint, "interface"), interface) ?
			url : NULL;
	return imagecat_member_string(endpoint, psprintf("%sURL", interface));
}

/*
 * The first endpoint that fits, or NULL.  Regions are compared by both names
 * that v3 gives them.  An endpoint without a region serves all.  *regions gets
 * those of all endpoints that fit but for the region.
 */
static const char *
find_endpoint(json_object *catalog, const Wish *wish, List **regions)
{
	const char *found = NULL;

	for (size_t i = 0; i < json_object_array_length(catalog); i++)
	{
		json_object *service = json_object_array_get_idx(catalog, i);
		json_object *endpoints = imagecat_member_array(service, "endpoints");

		if (endpoints == NULL ||
			!fits(imagecat_member_string(service, "type"), wish->type) ||
			!fits(imagecat_member_string(service, "name"), wish->name))
			continue;
		for (size_t j = 0; j < json_object_array_length(endpoints); j++)
		{
			json_object *endpoint = json_object_array_get_idx(endpoints, j);
			const char *region = endpoint_region(endpoint);
			const char *url = endpoint_url(endpoint, wish->interface);

			if (url == NULL)
				continue;
			if (region != NULL)
				*regions = list_append_unique(*regions, makeString(pstrdup(region)));
			if (found == NULL &&
				(region == NULL || fits(region, wish->region) ||
				 fits(imagecat_member_string(endpoint, "region"), wish->region)))
				found = url;
		}
	}
	return found;
}

/* Raises the error for a catalog with no such endpoint, or with too many. */
static _Noreturn void
report_choice(const struct ImageAuth *auth, const Wish *wish,
			  const List *regions, const char *problem)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, regions)
		appendStringInfo(&list, "%s\"%s\"", list.len > 0 ? ", " : "",
						 strVal(lfirst(lc)));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
			 errmsg("the service catalog of server \"%s\" has %s",
					auth->service->name, problem),
			 errdetail("Wanted is a service of type \"%s\"%s%s%s with a %s endpoint%s%s%s.",
					   wish->type, wish->name ? ", named \"" : "",
					   wish->name ? wish->name : "", wish->name ? "\"," : "",
					   wish->interface, wish->region ? " in region \"" : "",
					   wish->region ? wish->region : "", wish->region ? "\"" : ""),
			 regions != NIL ?
			 errhint("Set the option \"region\" of the server to one of: %s.",
					 list.data) :
			 errhint("See the server options \"service_type\", \"service_name\" and \"interface\", or give the address as \"url\".")));
}

/*
 * The address of the server's service in the catalog, an array, in the
 * current memory context.
 *
 * region is what to take where the server's options name none, or NULL for
 * any.  Raises ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION if no endpoint fits,
 * or endpoints of several regions: clients of OpenStack's take the first, but
 * the order of a catalog may change, and with it what the table has.
 */
char *
imagecat_catalog_url(const struct ImageAuth *auth, json_object *catalog,
					 const char *region)
{
	const AuthOptions *options = &auth->options;
	const Dialect *dialect = auth->service->dialect;
	Wish		wish = {
		.type = options->service_type ? options->service_type : dialect->service_type,
		.name = options->service_name ? options->service_name : dialect->service_name,
		.interface = options->interface ? options->interface : "public",
		.region = options->region ? options->region : region
	};
	List	   *regions = NIL;
	const char *url;

	if (wish.type == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"url\" of server \"%s\" is required",
						auth->service->name),
				 errdetail("Service catalogs do not have services of api \"%s\".",
						   dialect->name)));
	url = find_endpoint(catalog, &wish, &regions);
	if (url == NULL)
		report_choice(auth, &wish, regions, "no fitting endpoint");
	if (wish.region == NULL && list_length(regions) > 1)
		report_choice(auth, &wish, regions, "endpoints in several regions");
	if (imagecat_check_url(url) != NULL)
		imagecat_report_identity_answer(auth, "The service catalog has an address that cannot be used.");
	return pstrdup(url);
}
