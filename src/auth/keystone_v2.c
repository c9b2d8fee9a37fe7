/*-------------------------------------------------------------------------
 *
 * keystone_v2.c
 *	  Version 2.0 of the identity API, POST /v2.0/tokens: Rackspace's, and old
 *	  OpenStack clouds'.
 *
 * src/auth/keystone_v2.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/identity.h"

/* The project, which that version calls a tenant: by id or by name, not both. */
void
imagecat_add_tenant(StringInfo json, const AuthOptions *options)
{
	if (options->project_id != NULL)
		imagecat_add_text(json, "tenantId", options->project_id);
	else
		imagecat_add_text(json, "tenantName", options->project_name);
}

/* The credentials are right, but the token is good for no project. */
void
imagecat_report_no_scope(const struct ImageAuth *auth)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("signing in to server \"%s\" needs a project",
					auth->service->name),
			 errdetail("The credentials are valid, but the identity service did not choose a project for them."),
			 errhint("Set \"project_name\" (and its domain) or \"project_id\" in the user mapping for %s on server \"%s\".",
					 auth->service->user, auth->service->name)));
}

/*
 * Signs in to a version 2.0 service.  root ends with /v2.0, the body has the
 * credentials and is wiped.
 *
 * The token is in the answer's body, with the catalog, and, from Rackspace,
 * the region that the account is at home in.
 */
AuthToken *
imagecat_keystone_v2(const struct ImageAuth *auth, const char *root,
					 StringInfo body, HttpStats *stats)
{
	HttpRequest *request;
	json_object *answer = imagecat_identity_ask(auth, psprintf("%s/tokens", root),
												NIL, body, &request, stats);
	json_object *access = imagecat_member_object(answer, "access");
	json_object *about = imagecat_member_object(access, "token");
	json_object *catalog = imagecat_member_array(access, "serviceCatalog");
	AuthToken  *token;

	if (request == NULL)
		return NULL;
	if (about == NULL)
		imagecat_report_identity_answer(auth, "The answer does not describe a token.");
	if (imagecat_member_object(about, "tenant") == NULL &&
		(catalog == NULL || json_object_array_length(catalog) == 0))
		imagecat_report_no_scope(auth);
	token = imagecat_identity_token(auth, request,
									imagecat_member_string(about, "id"),
									imagecat_member_string(about, "issued_at"),
									imagecat_member_string(about, "expires"));
	if (auth->service->url != NULL)
		return token;
	if (catalog == NULL)
		imagecat_report_identity_answer(auth, "The answer has no service catalog.");
	token->url = imagecat_catalog_url(auth, catalog,
									  imagecat_member_string(imagecat_member_object(access, "user"),
															 "RAX-AUTH:defaultRegion"));
	return token;
}
