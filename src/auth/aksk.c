/*-------------------------------------------------------------------------
 *
 * aksk.c
 *	  Huawei Cloud and Open Telekom Cloud: each request is signed with an
 *	  access key and a secret key.
 *
 *	  The time may be fifteen minutes off.  The gateway wants the project in a
 *	  header of its own, and for temporary keys their security token.
 *
 * src/auth/aksk.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/method.h"
#include "auth/signature.h"

/* Whether the options have what a signature needs. */
bool
imagecat_aksk_fits(const AuthOptions *options)
{
	return options->access_key != NULL && options->secret_key != NULL;
}

/*
 * Open Telekom Cloud's form of the signature names a region and a service.
 * Its clients leave both empty, which it accepts; Huawei's form has neither.
 * So the form is its own on its hosts, and wherever the server has a region.
 */
static bool
is_scoped(const AuthOptions *options, const char *host)
{
	static const char suffix[] = ".otc.t-systems.com";
	size_t		length = strcspn(host, ":");
	size_t		suffix_length = strlen(suffix);

	return options->region != NULL ||
		(length > suffix_length &&
		 pg_strncasecmp(host + length - suffix_length, suffix, suffix_length) == 0);
}

/*
 * Adds the headers Host, X-Project-Id, X-Sdk-Date, X-Security-Token and
 * Authorization.  The query is sent in the very form that is signed.
 */
void
imagecat_aksk_sign(struct ImageAuth *auth, SignedRequest *request)
{
	const AuthOptions *options = &auth->options;
	const char *question = strchr(request->url, '?');
	SignedHeader headers[4];
	AkskRequest signing = {
		.access_key = options->access_key,
		.secret_key = options->secret_key,
		.date = imagecat_basic_date(time(NULL)),
		.method = "GET",
		.headers = headers,
		.body = "",
		.region = options->region ? options->region : "",
		.service = options->service_name ? options->service_name : ""
	};
	char	   *host = imagecat_url_host(request->url);

	if (question != NULL)
		request->url = psprintf("%.*s?%s", (int) (question - request->url),
								request->url, imagecat_aksk_query(question + 1));
	signing.target = imagecat_url_target(request->url);
	signing.scoped = is_scoped(options, host);

	/* in the order of their names */
	headers[signing.nheaders++] = (SignedHeader) {"host", host};
	if (options->project_id != NULL)
		headers[signing.nheaders++] = (SignedHeader) {"x-project-id", options->project_id};
	headers[signing.nheaders++] = (SignedHeader) {"x-sdk-date", signing.date};
	if (options->security_token != NULL)
		headers[signing.nheaders++] = (SignedHeader) {"x-security-token", options->security_token};
	for (int i = 0; i < signing.nheaders; i++)
		request->headers = lappend(request->headers,
								   psprintf("%s: %s", headers[i].name, headers[i].value));
	request->headers = lappend(request->headers,
							   psprintf("Authorization: %s",
										imagecat_aksk_authorization(&signing)));
}
