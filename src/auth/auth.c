/*-------------------------------------------------------------------------
 *
 * auth.c
 *	  Signing requests in: which way, with which token, to which endpoint.
 *
 *	  A token is used until shortly before it expires, or until the service
 *	  refuses it; other scans of the same backend and user mapping share it.
 *
 * src/auth/auth.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/method.h"
#include "imagecat.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"
#include "wire/multiplexer.h"
#include "wire/url.h"

static bool
token_fits(const AuthOptions *options)
{
	return options->token != NULL;
}

static bool
none_fits(const AuthOptions *options)
{
	(void) options;
	return true;
}

/* The token as it is: it cannot be renewed, and has no catalog. */
static AuthToken *
token_sign_in(const struct ImageAuth *auth, HttpStats *stats)
{
	AuthToken  *token = palloc0(sizeof(AuthToken));

	(void) stats;
	token->id = pstrdup(auth->options.token);
	token->renew_at = PG_INT64_MAX;
	return token;
}

/*
 * The ways to sign in.  Without the server option auth it is the first that
 * the credentials suffice for.
 */
static const AuthMethod methods[] = {
	{"http_signature", "a login and a private key", "login '...', private_key '...'",
	imagecat_http_signature_fits, NULL, imagecat_http_signature_sign},
	{"aksk", "an access key and a secret key", "access_key '...', secret_key '...'",
	imagecat_aksk_fits, NULL, imagecat_aksk_sign},
	{"keystone", "a password, an application credential or a token",
		"username '...', password '...', project_name '...'",
	imagecat_keystone_fits, imagecat_keystone_sign_in},
	{"rackspace", "a user name and an API key", "username '...', api_key '...'",
	imagecat_rackspace_fits, imagecat_rackspace_sign_in},
	{"token", "a token", "token '...'", token_fits, token_sign_in},
	{"none", "nothing", "", none_fits},
};

/* The entry of that name; validated, so that there is one. */
static const AuthMethod *
find_method(const char *name)
{
	const AuthMethod *method = methods;

	while (strcmp(method->name, name) != 0)
		method++;
	return method;
}

/* The names of the ways to sign in, ending with NULL. */
const char *const *
imagecat_auth_names(void)
{
	static const char *names[lengthof(methods) + 1];

	for (int i = 0; i < (int) lengthof(methods); i++)
		names[i] = methods[i].name;
	return names;
}

/*
 * A service's credentials, in the current memory context and with it.
 *
 * They may be insufficient: that shows at the first request.  mapping is the
 * row of pg_user_mapping that they are from, or InvalidOid; service, which
 * need not be filled yet, and the options' texts must outlive the result.
 * generation is what imagecat_auth_generation said before they were read.
 */
struct ImageAuth *
imagecat_auth(const ImageService *service, const AuthOptions *options,
			  Oid mapping, uint64 generation)
{
	struct ImageAuth *auth = palloc0(sizeof(struct ImageAuth));

	auth->service = service;
	auth->options = *options;
	auth->context = CurrentMemoryContext;
	auth->mapping = mapping;
	auth->generation = generation;
	return auth;
}

/* Chooses the way to sign in; ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION. */
static void
choose_method(struct ImageAuth *auth)
{
	const ImageService *service = auth->service;
	const AuthMethod *method = methods;

	if (auth->method != NULL)
		return;
	if (auth->options.method != NULL)
		method = find_method(auth->options.method);
	else
		while (!method->fits(&auth->options))
			method++;

	/* Nobody can sign in to find the service: say so, not that url lacks. */
	if (auth->options.method == NULL && method->fits == none_fits &&
		service->url == NULL)
		method = find_method("keystone");
	if (!method->fits(&auth->options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("server \"%s\" needs %s", service->name, method->needs),
				 errhint("Set it with %s USER MAPPING FOR %s SERVER \"%s\" OPTIONS (%s).",
						 service->mapped ? "ALTER" : "CREATE", service->user,
						 service->name, method->example)));
	if (service->url == NULL && method->sign_in == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"url\" of server \"%s\" is required", service->name),
				 errdetail("The way to sign in, \"%s\", has no service catalog.",
						   method->name)));
	auth->method = method;
}

static void
end_sign_in(struct ImageAuth *auth)
{
	if (auth->sign_in != NULL)
		MemoryContextDelete(auth->sign_in->context);
	auth->sign_in = NULL;
}

/*
 * Goes on with the sign-in, and begins it if need be; NULL while an answer is
 * awaited.  The token is in the current memory context.
 */
static AuthToken *
go_on_signing_in(struct ImageAuth *auth, HttpStats *stats)
{
	if (auth->sign_in == NULL)
	{
		MemoryContext context = AllocSetContextCreate(auth->context,
													  "imagecat sign-in",
													  ALLOCSET_DEFAULT_SIZES);

		auth->sign_in = MemoryContextAllocZero(context, sizeof(SignIn));
		auth->sign_in->context = context;
	}
	auth->sign_in->asked = 0;
	return auth->method->sign_in(auth, stats);
}

/*
 * Whether there is a token that is good for the next request; false while an
 * answer is awaited.  Several scans may renew one at the same time; the last
 * is kept.
 */
static bool
have_token(struct ImageAuth *auth, HttpStats *stats)
{
	static uint64 last_serial = 0;
	MemoryContext work;
	MemoryContext old;
	AuthToken  *token;

	if (auth->method->sign_in == NULL ||
		(auth->token != NULL && auth->token->renew_at > imagecat_monotonic_time()))
		return true;
	old = MemoryContextSwitchTo(auth->context);
	auth->token = imagecat_token_cached(auth);
	MemoryContextSwitchTo(old);
	if (auth->token != NULL)
	{
		end_sign_in(auth);
		return true;
	}

	work = AllocSetContextCreate(CurrentMemoryContext, "imagecat token",
								 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work);
	token = go_on_signing_in(auth, stats);
	if (token != NULL)
	{
		token->serial = ++last_serial;
		MemoryContextSwitchTo(auth->context);
		auth->token = imagecat_token_copy(token);
	}
	MemoryContextSwitchTo(old);
	if (token != NULL)
	{
		imagecat_token_store(auth, token);
		end_sign_in(auth);
	}
	MemoryContextDelete(work);
	return token != NULL;
}

/*
 * Signs in, if need be, so that requests can be made; false while an answer of
 * the identity service is awaited: ask again after imagecat_multi_wait.
 *
 * Raises ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION for credentials that do
 * not suffice or are refused, ERRCODE_INSUFFICIENT_PRIVILEGE for a host that
 * is not allowed, and the errors of imagecat_report_sign_in_failure.
 */
bool
imagecat_auth_ready(const ImageService *service, HttpStats *stats)
{
	if (service->url != NULL)
		imagecat_auth_check_host(service, service->url);
	choose_method(service->auth);
	return have_token(service->auth, stats);
}

/* The address in a catalog as an endpoint, in the memory context of auth. */
static void
set_endpoint(struct ImageAuth *auth, const char *url)
{
	MemoryContext old = MemoryContextSwitchTo(auth->context);

	auth->endpoint.url = imagecat_versioned_url(url, auth->service->dialect->version_segment,
												(char **) &auth->endpoint.root);
	MemoryContextSwitchTo(old);
}

/*
 * Where the service is, once imagecat_auth_ready has said so: without the
 * server option url the service catalog tells.  Valid as long as the service.
 */
const AuthEndpoint *
imagecat_auth_endpoint(const ImageService *service)
{
	struct ImageAuth *auth = service->auth;

	if (auth->endpoint.url != NULL)
		return &auth->endpoint;
	if (service->url != NULL)
	{
		auth->endpoint.url = service->url;
		auth->endpoint.root = service->root;
		return &auth->endpoint;
	}
	if (auth->token->url == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"url\" of server \"%s\" is required", service->name),
				 errdetail("The way to sign in, \"%s\", has no service catalog.",
						   auth->method->name)));
	set_endpoint(auth, auth->token->url);
	return &auth->endpoint;
}

/* Where the service is, as far as that is known without asking; else NULL. */
const char *
imagecat_auth_known_url(const ImageService *service)
{
	struct ImageAuth *auth = service->auth;

	if (service->url != NULL || auth == NULL)
		return service->url;
	if (auth->endpoint.url == NULL)
	{
		AuthToken  *token = imagecat_token_cached(auth);

		if (token != NULL && token->url != NULL)
			set_endpoint(auth, token->url);
	}
	return auth->endpoint.url;
}

/*
 * One GET of a URL of that service, as it is to be sent now: signatures have a
 * time in them.  imagecat_auth_ready has said that it can be made.
 *
 * The result is in the current memory context.  Raises
 * ERRCODE_INSUFFICIENT_PRIVILEGE for a host that is not allowed.
 */
SignedRequest
imagecat_auth_sign(const ImageService *service, const char *url)
{
	struct ImageAuth *auth = service->auth;
	SignedRequest request = {.url = url};

	imagecat_auth_check_host(service, url);
	if (auth->token != NULL)
	{
		request.headers = list_make1(psprintf("X-Auth-Token: %s", auth->token->id));
		request.serial = auth->token->serial;
	}
	if (auth->method->sign != NULL)
		auth->method->sign(auth, &request);
	return request;
}

/*
 * A request was answered with 401: whether to make it again, signed anew.
 *
 * Its token is forgotten, unless that happened already because of another
 * request.
 */
bool
imagecat_auth_renew(const ImageService *service, uint64 serial)
{
	struct ImageAuth *auth = service->auth;

	if (serial == 0 || auth->method->sign_in == token_sign_in)
		return false;
	imagecat_token_drop(auth, serial);
	if (auth->token != NULL && auth->token->serial == serial)
		auth->token = NULL;
	return true;
}

/* Refuses a URL whose host the setting imagecat.allowed_hosts does not have. */
void
imagecat_auth_check_host(const ImageService *service, const char *url)
{
	if (!imagecat_host_allowed(url, imagecat_allowed_hosts))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the host of server \"%s\" is not allowed", service->name),
				 errhint("A superuser can add it to the setting \"imagecat.allowed_hosts\".")));
}

/* Whether requests are signed in at all; false before the first. */
bool
imagecat_auth_has_credentials(const ImageService *service)
{
	const AuthMethod *method = service->auth->method;

	return method != NULL && method->fits != none_fits;
}

/*
 * Puts stars in place of the secret, which may be cut off at the end of the
 * text.
 */
static void
mask(char *text, const char *secret)
{
	size_t		length = strlen(text);

	if (secret == NULL || secret[0] == '\0')
		return;
	for (char *p = text; (p = strstr(p, secret)) != NULL; p += strlen(secret))
		memset(p, '*', strlen(secret));
	for (size_t part = Min(strlen(secret) - 1, length); part >= 4; part--)
		if (strncmp(text + length - part, secret, part) == 0)
		{
			memset(text + length - part, '*', part);
			break;
		}
}

/*
 * A copy of the words, in which stars stand for any secret of the service's:
 * some services repeat what they were sent.
 */
char *
imagecat_auth_masked(const ImageService *service, const char *words)
{
	const struct ImageAuth *auth = service->auth;
	const AuthOptions *options = &auth->options;
	char	   *copy = pstrdup(words);

	if (auth->token != NULL)
		mask(copy, auth->token->id);
	mask(copy, options->token);
	mask(copy, options->password);
	mask(copy, options->application_credential_secret);
	mask(copy, options->api_key);
	mask(copy, options->private_key);
	mask(copy, options->secret_key);
	mask(copy, options->security_token);
	return copy;
}
