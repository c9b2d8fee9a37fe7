/*-------------------------------------------------------------------------
 *
 * identity.c
 *	  Talking to an identity service: JSON out, JSON back, a token from it.
 *
 *	  Everything here is allocated in the current memory context, which is one
 *	  sign-in's, json-c's objects too; bodies that were sent are wiped.
 *
 * src/auth/identity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>

#include "auth/identity.h"
#include "filter/filter.h"
#include "scan/failure.h"
#include "scan/retry.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "wire/multiplexer.h"

/*
 * A token is renewed while it has this long to live, so that it outlives the
 * request it is sent with; one of short life, when a third of it is left.
 */
#define RENEWAL_MARGIN		(INT64CONST(120) * USECS_PER_SEC)

static void
add_name(StringInfo json, const char *name)
{
	if (json->len > 0 && strchr("{[", json->data[json->len - 1]) == NULL)
		appendStringInfoChar(json, ',');
	if (name != NULL)
	{
		escape_json(json, name);
		appendStringInfoChar(json, ':');
	}
}

void
imagecat_open_object(StringInfo json, const char *name)
{
	add_name(json, name);
	appendStringInfoChar(json, '{');
}

void
imagecat_close_object(StringInfo json)
{
	appendStringInfoChar(json, '}');
}

/* A string; nothing if the value is NULL. */
void
imagecat_add_text(StringInfo json, const char *name, const char *value)
{
	if (value == NULL)
		return;
	add_name(json, name);
	escape_json(json, value);
}

static json_object *
member(json_object *object, const char *name, enum json_type type)
{
	json_object *value = NULL;

	if (json_object_is_type(object, json_type_object) &&
		json_object_object_get_ex(object, name, &value) &&
		json_object_is_type(value, type))
		return value;
	return NULL;
}

json_object *
imagecat_member_object(json_object *object, const char *name)
{
	return member(object, name, json_type_object);
}

json_object *
imagecat_member_array(json_object *object, const char *name)
{
	return member(object, name, json_type_array);
}

const char *
imagecat_member_string(json_object *object, const char *name)
{
	json_object *value = member(object, name, json_type_string);

	return value ? json_object_get_string(value) : NULL;
}

/* An answer that was a success, but is not what was asked for. */
void
imagecat_report_identity_answer(const struct ImageAuth *auth,
								const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_REPLY_HANDLE),
			 errmsg("the identity service of server \"%s\" did not answer as expected",
					auth->service->name),
			 errdetail("%s", problem),
			 errhint("Check the option \"auth_url\" of server \"%s\".",
					 auth->service->name)));
}

/* Accounts that want a second factor cannot be used from a query. */
static void
check_second_factor(const struct ImageAuth *auth, const HttpRequest *request)
{
	const char *challenge = imagecat_http_header(request, "WWW-Authenticate");

	if (imagecat_http_status(request) != 401 ||
		(imagecat_http_header(request, "Openstack-Auth-Receipt") == NULL &&
		 (challenge == NULL || strncmp(challenge, "OS-MF", 5) != 0)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("the account in the user mapping for %s on server \"%s\" needs multi-factor authentication",
					auth->service->user, auth->service->name),
			 errdetail("This is not supported."),
			 errhint("Use an application credential or an API key, which need none.")));
}

static void
put_json(void *arg)
{
	json_object_put(arg);
}

static void
wipe(void *arg)
{
	explicit_bzero(arg, strlen(arg));
}

/* Has a function called when the sign-in ends, in whatever way. */
static void
at_end(MemoryContextCallbackFunction function, void *arg)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = function;
	callback->arg = arg;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
}

/* A question of a sign-in, and its answer so far. */
typedef struct Exchange
{
	const char *url;
	List	   *headers;
	const char *body;			/* NULL: a GET */
	HttpRequest *request;
	Retries		retries;
} Exchange;

static void
send_question(Exchange *exchange, const ImageService *service, HttpStats *stats)
{
	exchange->request = exchange->body ?
		imagecat_http_post(exchange->url, exchange->headers, exchange->body,
						   &service->http, stats) :
		imagecat_http_start(exchange->url, exchange->headers, &service->http,
							NULL, stats);
}

/* Begins an exchange, in the sign-in's memory context and with it. */
static Exchange *
begin_exchange(const struct ImageAuth *auth, const char *url, List *headers,
			   StringInfo body, HttpStats *stats)
{
	MemoryContext old = MemoryContextSwitchTo(auth->sign_in->context);
	Exchange   *exchange = palloc0(sizeof(Exchange));
	ListCell   *lc;

	exchange->url = pstrdup(url);
	foreach(lc, headers)
		exchange->headers = lappend(exchange->headers, pstrdup(lfirst(lc)));
	exchange->headers = lappend(exchange->headers, "Accept: application/json");
	if (body != NULL)
	{
		char	   *copy = pstrdup(body->data);

		exchange->headers = lappend(exchange->headers,
									"Content-Type: application/json");
		at_end(wipe, copy);
		exchange->body = copy;
	}
	send_question(exchange, auth->service, stats);
	auth->sign_in->exchanges = lappend(auth->sign_in->exchanges, exchange);
	MemoryContextSwitchTo(old);
	return exchange;
}

/* Whether the answer has come, and does not ask to come back later. */
static bool
is_answered(const struct ImageAuth *auth, Exchange *exchange, HttpStats *stats)
{
	const ImageService *service = auth->service;
	MemoryContext old;

	while (imagecat_http_ready(exchange->request, 0))
		switch (imagecat_retry(service, &exchange->retries, exchange->request, stats))
		{
			case RETRY_NEVER:
				return true;
			case RETRY_LATER:
				return false;
			case RETRY_NOW:
				imagecat_http_free(exchange->request);
				old = MemoryContextSwitchTo(auth->sign_in->context);
				send_question(exchange, service, stats);
				MemoryContextSwitchTo(old);
				break;
		}
	return false;
}

/*
 * Sends the body to an identity service, or a GET without one.
 *
 * Gives the answer's JSON, NULL where it has none, and the request, whose
 * headers may matter too.  While the answer is awaited *request is NULL: the
 * method gives NULL then, and is called anew from its beginning when there may
 * be more.  Its questions are the same then, and those that were answered have
 * their answers at once; so it is written as if nothing took time.
 *
 * Status 300 counts as a success: Keystone answers so when asked for its
 * versions.  The body must be in the current memory context, as it is wiped at
 * its end.  Raises the errors of imagecat_report_sign_in_failure.
 */
json_object *
imagecat_identity_ask(const struct ImageAuth *auth, const char *url,
					  List *headers, StringInfo body, HttpRequest **request,
					  HttpStats *stats)
{
	SignIn	   *sign_in = auth->sign_in;
	Exchange   *exchange;
	json_object *answer;

	imagecat_auth_check_host(auth->service, url);
	if (body != NULL)
		at_end(wipe, body->data);
	exchange = sign_in->asked < list_length(sign_in->exchanges) ?
		list_nth(sign_in->exchanges, sign_in->asked) :
		begin_exchange(auth, url, headers, body, stats);
	sign_in->asked++;
	*request = NULL;
	if (!is_answered(auth, exchange, stats))
		return NULL;
	*request = exchange->request;
	if (imagecat_http_outcome(*request) != HTTP_DONE ||
		imagecat_http_status(*request) < 200 ||
		imagecat_http_status(*request) > 300)
	{
		check_second_factor(auth, *request);
		imagecat_report_sign_in_failure(auth->service, *request);
	}
	answer = json_tokener_parse(imagecat_http_text(*request));
	if (answer != NULL)
		at_end(put_json, answer);
	return answer;
}

static bool
read_time(const char *text, TimestampTz *time)
{
	return text != NULL && imagecat_parse_time(text, strlen(text), time);
}

/*
 * A token as an answer tells of it.  expires_at may be NULL: then it is used
 * until it is refused; so may issued_at.
 *
 * How long it lives is told by the service's own clock: that of the answer's
 * Date header, else the time when the token was issued.
 */
AuthToken *
imagecat_identity_token(const struct ImageAuth *auth,
						const HttpRequest *request, const char *id,
						const char *issued_at, const char *expires_at)
{
	AuthToken  *token = palloc0(sizeof(AuthToken));
	const char *date = imagecat_http_header(request, "Date");
	time_t		answered = date ? curl_getdate(date, NULL) : (time_t) -1;
	TimestampTz now;
	TimestampTz end;

	if (id == NULL || id[0] == '\0')
		imagecat_report_identity_answer(auth, "The answer has no token.");
	/* It goes into a header, and must not end that. */
	for (const char *p = id; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			imagecat_report_identity_answer(auth, "The token is not a printable text.");
	token->id = pstrdup(id);
	token->renew_at = PG_INT64_MAX;
	if (answered != (time_t) -1)
		now = time_t_to_timestamptz(answered);
	else if (!read_time(issued_at, &now))
		now = GetCurrentTimestamp();
	if (read_time(expires_at, &end))
	{
		int64		life = Max(end - now, 0);

		token->renew_at = imagecat_monotonic_time() + life -
			Min(RENEWAL_MARGIN, life / 3);
	}
	return token;
}
