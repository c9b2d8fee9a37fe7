/*-------------------------------------------------------------------------
 *
 * http_signature.c
 *	  Triton CloudAPI: each request is signed with an SSH key of the account's.
 *
 *	  The draft is "Signing HTTP Messages" as npm's http-signature 1.4 has it.
 *	  What is signed is the method, the path with the query as it is sent, and
 *	  the date, which may be five minutes off.
 *
 * src/auth/http_signature.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/method.h"
#include "auth/private_key.h"
#include "auth/signature.h"
#include "utils/memutils.h"

/* Whether the options have what a signature needs. */
bool
imagecat_http_signature_fits(const AuthOptions *options)
{
	return options->login != NULL && options->private_key != NULL;
}

static void
free_key(void *arg)
{
	EVP_PKEY_free(arg);
}

/* The parsed key, which lives as long as auth. */
static EVP_PKEY *
private_key(struct ImageAuth *auth)
{
	MemoryContextCallback *callback;
	const char *problem;

	if (auth->key != NULL)
		return auth->key;
	callback = MemoryContextAllocZero(auth->context, sizeof(MemoryContextCallback));
	auth->key = imagecat_key_parse(auth->options.private_key, &problem);
	if (auth->key == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the private key in the user mapping for %s on server \"%s\" cannot be used",
						auth->service->user, auth->service->name),
				 errhint("%s", problem)));
	callback->func = free_key;
	callback->arg = auth->key;
	MemoryContextRegisterResetCallback(auth->context, callback);
	return auth->key;
}

/*
 * Who signs: /account/keys/KEY or /account/users/user/keys/KEY.  Without the
 * option key_id the key is named by its fingerprint.
 */
static char *
key_name(const struct ImageAuth *auth)
{
	const AuthOptions *options = &auth->options;
	const char *slash = strchr(options->login, '/');
	const char *id = options->key_id;

	if (id == NULL)
		id = imagecat_key_fingerprint(auth->key);
	if (id == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("could not compute the fingerprint of the private key for server \"%s\"",
						auth->service->name),
				 errhint("Set \"key_id\" in the user mapping for %s on server \"%s\".",
						 auth->service->user, auth->service->name)));
	if (slash == NULL)
		return psprintf("/%s/keys/%s", options->login, id);
	return psprintf("/%.*s/users/%s/keys/%s", (int) (slash - options->login),
					options->login, slash + 1, id);
}

/* Adds the headers Date and Authorization. */
void
imagecat_http_signature_sign(struct ImageAuth *auth, SignedRequest *request)
{
	EVP_PKEY   *key = private_key(auth);
	char	   *date = imagecat_http_date(time(NULL));
	char	   *text = psprintf("(request-target): get %s\ndate: %s",
								imagecat_url_target(request->url), date);
	char	   *signature = imagecat_key_sign(key, text);

	if (signature == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("could not sign a request to server \"%s\"",
						auth->service->name)));
	request->headers = lappend(request->headers, psprintf("Date: %s", date));
	request->headers = lappend(request->headers,
							   psprintf("Authorization: Signature keyId=\"%s\",algorithm=\"%s\",headers=\"(request-target) date\",signature=\"%s\"",
										key_name(auth), imagecat_key_algorithm(key),
										signature));
}
