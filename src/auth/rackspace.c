/*-------------------------------------------------------------------------
 *
 * rackspace.c
 *	  Rackspace's identity service: version 2.0 of OpenStack's, with API keys.
 *
 * src/auth/rackspace.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/identity.h"

/* The same for all of Rackspace's regions. */
#define RACKSPACE_IDENTITY	"https://identity.api.rackspacecloud.com/v2.0"

/* Whether the options have what a sign-in to Rackspace needs. */
bool
imagecat_rackspace_fits(const AuthOptions *options)
{
	return options->username != NULL &&
		(options->api_key != NULL || options->password != NULL);
}

/* Signs in to Rackspace; an API key needs no second factor, a password may. */
AuthToken *
imagecat_rackspace_sign_in(const struct ImageAuth *auth, HttpStats *stats)
{
	const AuthOptions *options = &auth->options;
	char	   *root = pstrdup(options->auth_url ? options->auth_url :
							   RACKSPACE_IDENTITY);
	StringInfoData body;

	for (size_t length = strlen(root); length > 0 && root[length - 1] == '/';)
		root[--length] = '\0';
	if (strlen(root) < 5 || strcmp(root + strlen(root) - 5, "/v2.0") != 0)
		root = psprintf("%s/v2.0", root);
	initStringInfo(&body);
	imagecat_open_object(&body, NULL);
	imagecat_open_object(&body, "auth");
	imagecat_open_object(&body, options->api_key ? "RAX-KSKEY:apiKeyCredentials" :
						 "passwordCredentials");
	imagecat_add_text(&body, "username", options->username);
	imagecat_add_text(&body, options->api_key ? "apiKey" : "password",
					  options->api_key ? options->api_key : options->password);
	imagecat_close_object(&body);
	imagecat_add_tenant(&body, options);
	imagecat_close_object(&body);
	imagecat_close_object(&body);
	return imagecat_keystone_v2(auth, root, &body, stats);
}
