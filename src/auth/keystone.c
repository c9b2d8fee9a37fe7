/*-------------------------------------------------------------------------
 *
 * keystone.c
 *	  OpenStack's identity service: a password, an application credential or
 *	  another token in exchange for a token and the catalog of services.
 *
 *	  The API is version 3's, POST /v3/auth/tokens; version 2.0's, which some
 *	  old clouds have, is in keystone_v2.c.  Checked against Keystone 22.
 *
 * src/auth/keystone.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/identity.h"

/* Whether the options have what a sign-in to Keystone needs. */
bool
imagecat_keystone_fits(const AuthOptions *options)
{
	return (options->password != NULL &&
			(options->username != NULL || options->user_id != NULL)) ||
		options->application_credential_secret != NULL ||
		(options->token != NULL && options->auth_url != NULL);
}

/* The first of the two pairs that is set, else the domain of every Keystone. */
static void
add_domain(StringInfo json, const char *id, const char *name,
		   const char *other_id, const char *other_name)
{
	if (id == NULL && name == NULL)
	{
		id = other_id;
		name = other_name;
	}
	if (id == NULL && name == NULL)
		id = "default";
	imagecat_open_object(json, "domain");
	imagecat_add_text(json, id ? "id" : "name", id ? id : name);
	imagecat_close_object(json);
}

/* The user; an id is unique, a name needs its domain. */
static void
add_user(StringInfo json, const AuthOptions *options, const char *password)
{
	imagecat_open_object(json, "user");
	if (options->user_id != NULL)
		imagecat_add_text(json, "id", options->user_id);
	else
	{
		imagecat_add_text(json, "name", options->username);
		add_domain(json, options->user_domain_id, options->user_domain_name,
				   options->domain_id, options->domain_name);
	}
	imagecat_add_text(json, "password", password);
	imagecat_close_object(json);
}

static bool
has_project(const AuthOptions *options)
{
	return options->project_id != NULL || options->project_name != NULL;
}

static bool
has_domain(const AuthOptions *options)
{
	return options->domain_id != NULL || options->domain_name != NULL;
}

/* What the token is to be good for. */
static void
add_scope(StringInfo json, const AuthOptions *options)
{
	if (!has_project(options) && !has_domain(options))
		return;
	imagecat_open_object(json, "scope");
	if (options->project_id != NULL)
	{
		imagecat_open_object(json, "project");
		imagecat_add_text(json, "id", options->project_id);
		imagecat_close_object(json);
	}
	else if (options->project_name != NULL)
	{
		bool		own = has_domain(options);

		imagecat_open_object(json, "project");
		imagecat_add_text(json, "name", options->project_name);
		add_domain(json, options->project_domain_id, options->project_domain_name,
				   own ? options->domain_id : options->user_domain_id,
				   own ? options->domain_name : options->user_domain_name);
		imagecat_close_object(json);
	}
	else
		add_domain(json, options->domain_id, options->domain_name, NULL, NULL);
	imagecat_close_object(json);
}

/* The body of POST /v3/auth/tokens. */
static void
build_body(StringInfo json, const AuthOptions *options)
{
	const char *method = options->password ? "password" :
	options->application_credential_secret ? "application_credential" : "token";

	imagecat_open_object(json, NULL);
	imagecat_open_object(json, "auth");
	imagecat_open_object(json, "identity");
	appendStringInfo(json, "\"methods\":[\"%s\"]", method);
	imagecat_open_object(json, method);
	if (options->password != NULL)
		add_user(json, options, options->password);
	else if (options->application_credential_secret != NULL)
	{
		imagecat_add_text(json, "id", options->application_credential_id);
		if (options->application_credential_id == NULL)
		{
			imagecat_add_text(json, "name", options->application_credential_name);
			add_user(json, options, NULL);
		}
		imagecat_add_text(json, "secret", options->application_credential_secret);
	}
	else
		imagecat_add_text(json, "id", options->token);
	imagecat_close_object(json);
	imagecat_close_object(json);
	/* An application credential has its project; asking for one is refused. */
	if (options->application_credential_secret == NULL)
		add_scope(json, options);
	imagecat_close_object(json);
	imagecat_close_object(json);
}

/*
 * Signs in to a version 3 service.  root ends with /v3.
 *
 * A token that no scope is wanted for stays as it is: the service only tells
 * what it is good for.
 */
static AuthToken *
sign_in_v3(const struct ImageAuth *auth, const char *root, HttpStats *stats)
{
	const AuthOptions *options = &auth->options;
	const char *url = psprintf("%s/auth/tokens", root);
	bool		as_it_is = options->token != NULL && options->password == NULL &&
	options->application_credential_secret == NULL &&
	!has_project(options) && !has_domain(options);
	const char *id = options->token;
	HttpRequest *request;
	json_object *answer;
	json_object *catalog;
	AuthToken  *token;

	if (as_it_is)
		answer = imagecat_identity_ask(auth, url,
									   list_make2(psprintf("X-Auth-Token: %s", id),
												  psprintf("X-Subject-Token: %s", id)),
									   NULL, &request, stats);
	else
	{
		StringInfoData body;

		initStringInfo(&body);
		build_body(&body, options);
		answer = imagecat_identity_ask(auth, url, NIL, &body, &request, stats);
		if (request != NULL)
			id = imagecat_http_header(request, "X-Subject-Token");
	}
	if (request == NULL)
		return NULL;
	answer = imagecat_member_object(answer, "token");
	if (answer == NULL)
		imagecat_report_identity_answer(auth, "The answer does not describe a token.");

	/*
	 * Without a scope Glance answers as well, but with fewer images than the
	 * user expects: an incomplete answer that looks whole.
	 */
	if (imagecat_member_object(answer, "project") == NULL &&
		imagecat_member_object(answer, "domain") == NULL &&
		imagecat_member_object(answer, "system") == NULL)
		imagecat_report_no_scope(auth);

	/* A token that was issued long ago tells nothing of the present time. */
	token = imagecat_identity_token(auth, request, id,
									as_it_is ? NULL :
									imagecat_member_string(answer, "issued_at"),
									imagecat_member_string(answer, "expires_at"));
	if (auth->service->url != NULL)
		return token;
	catalog = imagecat_member_array(answer, "catalog");
	if (catalog == NULL)
		imagecat_report_identity_answer(auth, "The answer has no service catalog.");
	token->url = imagecat_catalog_url(auth, catalog, NULL);
	return token;
}

static AuthToken *
sign_in_v2(const struct ImageAuth *auth, const char *root, HttpStats *stats)
{
	const AuthOptions *options = &auth->options;
	StringInfoData body;

	if (options->application_credential_secret != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the identity service of server \"%s\" has no application credentials",
						auth->service->name),
				 errdetail("They came with version 3 of its API; it speaks version 2.0.")));
	initStringInfo(&body);
	imagecat_open_object(&body, NULL);
	imagecat_open_object(&body, "auth");
	if (options->password != NULL)
	{
		imagecat_open_object(&body, "passwordCredentials");
		imagecat_add_text(&body, options->user_id ? "userId" : "username",
						  options->user_id ? options->user_id : options->username);
		imagecat_add_text(&body, "password", options->password);
	}
	else
	{
		imagecat_open_object(&body, "token");
		imagecat_add_text(&body, "id", options->token);
	}
	imagecat_close_object(&body);
	imagecat_add_tenant(&body, options);
	imagecat_close_object(&body);
	imagecat_close_object(&body);
	return imagecat_keystone_v2(auth, root, &body, stats);
}

static bool
ends_with(const char *text, const char *end)
{
	size_t		length = strlen(text);
	size_t		end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Whether a list of versions has only 2.0: {"versions":{"values":[{"id":...}]}}. */
static bool
only_v2(json_object *answer)
{
	json_object *versions = imagecat_member_object(answer, "versions");
	json_object *list = versions ? imagecat_member_array(versions, "values") :
	imagecat_member_array(answer, "versions");
	bool		found = false;

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
	{
		const char *id = imagecat_member_string(json_object_array_get_idx(list, i),
												"id");

		if (id != NULL && strncmp(id, "v3", 2) == 0)
			return false;
		if (id != NULL && strncmp(id, "v2", 2) == 0)
			found = true;
	}
	return found;
}

/*
 * Signs in to Keystone.  The version is the last segment of auth_url; where
 * that has none, the service is asked, and its links are not followed, since
 * behind a proxy they lead elsewhere.
 */
AuthToken *
imagecat_keystone_sign_in(const struct ImageAuth *auth, HttpStats *stats)
{
	char	   *root;
	HttpRequest *request;
	json_object *versions;

	if (auth->options.auth_url == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"auth_url\" of server \"%s\" is required",
						auth->service->name),
				 errhint("It is the address of the identity service, such as \"https://identity.example.com:5000/v3\".")));
	root = pstrdup(auth->options.auth_url);
	for (size_t length = strlen(root); length > 0 && root[length - 1] == '/';)
		root[--length] = '\0';
	if (ends_with(root, "/v3"))
		return sign_in_v3(auth, root, stats);
	if (ends_with(root, "/v2.0"))
		return sign_in_v2(auth, root, stats);
	versions = imagecat_identity_ask(auth, psprintf("%s/", root), NIL, NULL,
									 &request, stats);
	if (request == NULL)
		return NULL;
	if (only_v2(versions))
		return sign_in_v2(auth, psprintf("%s/v2.0", root), stats);
	return sign_in_v3(auth, psprintf("%s/v3", root), stats);
}
