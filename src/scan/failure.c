/*-------------------------------------------------------------------------
 *
 * failure.c
 *	  From a request that failed to an error that says what to do.
 *
 *	  What a service says is shown, but cut and cleaned; what was sent to it
 *	  (headers, credentials) never is.
 *
 * src/scan/failure.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include <json-c/json.h>

#include "auth/auth.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "scan/failure.h"

/* Longest part of a service's words that an error repeats. */
#define MAX_MESSAGE_BYTES	300

/* Who failed: the image service, or the identity service before it. */
typedef struct Peer
{
	const char *name;			/* within a sentence */
	const char *url_option;
	bool		signing_in;
} Peer;

/*
 * A service's words as one line of plain text: tags and control characters
 * become blanks, runs of blanks one, and what is too long is cut.  A service
 * that repeats the credentials it was sent does not get them into a log.
 */
static char *
clean(const ImageService *service, const char *words)
{
	StringInfoData line;
	bool		in_tag = false;
	bool		blank = false;

	/* before anything is cut: half a secret would not be found any more */
	words = imagecat_auth_masked(service, words);
	initStringInfo(&line);
	for (const char *p = words; *p != '\0' && line.len <= MAX_MESSAGE_BYTES; p++)
	{
		unsigned char c = (unsigned char) *p;

		if (c == '<' && (isalpha((unsigned char) p[1]) || p[1] == '/' || p[1] == '!'))
			in_tag = true;
		if (in_tag || c <= ' ' || c == 0x7F)
			blank = line.len > 0;
		else
		{
			if (blank)
				appendStringInfoChar(&line, ' ');
			blank = false;
			appendStringInfoChar(&line, c);
		}
		if (c == '>')
			in_tag = false;
	}
	line.len = pg_encoding_mbcliplen(PG_UTF8, line.data, line.len,
									 MAX_MESSAGE_BYTES);
	line.data[line.len] = '\0';
	/* Words of unknown encoding go no further than ASCII. */
	if (!pg_verifymbstr(line.data, line.len, true))
		for (int i = 0; i < line.len; i++)
			if (IS_HIGHBIT_SET(line.data[i]))
				line.data[i] = '?';
	return line.data;
}

static const char *
member_text(json_object *object, const char *name)
{
	json_object *value;

	if (json_object_object_get_ex(object, name, &value) &&
		(json_object_is_type(value, json_type_string) ||
		 json_object_is_type(value, json_type_int)))
		return json_object_get_string(value);
	return NULL;
}

/* The first of these members that the object has, or NULL. */
static const char *
any_member_text(json_object *object, const char *const *names)
{
	const char *text = NULL;

	for (; *names != NULL && text == NULL; names++)
		text = member_text(object, *names);
	return text;
}

/* CloudAPI tells which parameters it means: [{"field":...,"code":...}]. */
static void
append_fields(const ImageService *service, StringInfo message,
			  json_object *object)
{
	json_object *list;

	if (!json_object_object_get_ex(object, "errors", &list) ||
		!json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list) && i < 10; i++)
	{
		json_object *item = json_object_array_get_idx(list, i);
		const char *field = NULL;
		const char *code = NULL;

		if (json_object_is_type(item, json_type_object))
		{
			field = member_text(item, "field");
			code = member_text(item, "code");
		}
		if (field != NULL)
			appendStringInfo(message, "%s%s%s%s", i == 0 ? ": " : ", ",
							 clean(service, field), code ? " " : "",
							 code ? clean(service, code) : "");
	}
}

/*
 * What a JSON error body says: its message and, if it has them, its code and
 * the fields it is about.  NULL if the body is no JSON object or has no
 * message.  *id is set to the request's id, if the body has one.
 *
 * Bodies have these at the top, or in the only member, whose name is then the
 * kind of fault: {"error":{...}} (Keystone, IMS), {"unauthorized":{...}}
 * (Rackspace, Nova); IMS's gateway has error_msg, error_code and request_id,
 * CloudAPI and Glance message and code.
 */
static char *
json_message(const ImageService *service, const char *body, const char **id)
{
	static const char *const message_names[] = {"message", "error_msg", "errorMsg", NULL};
	static const char *const code_names[] = {"code", "error_code", "errorCode", NULL};
	static const char *const id_names[] = {"request_id", NULL};
	json_object *root = json_tokener_parse(body);
	json_object *object = root;
	StringInfoData text;

	initStringInfo(&text);
	if (json_object_is_type(root, json_type_object))
	{
		const char *message;

		if (json_object_object_length(root) == 1)
		{
			json_object_object_foreach(root, name, only)
			{
				(void) name;
				if (json_object_is_type(only, json_type_object))
					object = only;
			}
		}
		message = any_member_text(object, message_names);
		if (message != NULL)
		{
			const char *code = any_member_text(object, code_names);
			const char *own_id = any_member_text(object, id_names);

			appendStringInfoString(&text, clean(service, message));
			if (code != NULL)
				appendStringInfo(&text, " (code %s)", clean(service, code));
			append_fields(service, &text, object);
			if (own_id != NULL)
				*id = clean(service, own_id);
		}
	}
	json_object_put(root);
	return text.len > 0 ? text.data : NULL;
}

/* Whether the body is an error in the service's own form, not a proxy's page. */
bool
imagecat_is_service_error(const ImageService *service,
						  const HttpRequest *request)
{
	const char *id;

	return json_message(service, imagecat_http_text(request), &id) != NULL;
}

static const char *
request_id(const ImageService *service, const HttpRequest *request)
{
	static const char *const names[] = {
		"x-openstack-request-id", "x-compute-request-id", "x-request-id",
		"request-id"
	};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		const char *id = imagecat_http_header(request, names[i]);

		if (id != NULL)
			return clean(service, id);
	}
	return NULL;
}

/* The status as an SQLSTATE: who has to act is what differs. */
static int
status_sqlstate(int status)
{
	switch (status)
	{
		case 401:
			return ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
		case 403:
			return ERRCODE_INSUFFICIENT_PRIVILEGE;
		case 413:
		case 429:
		case 503:
			return ERRCODE_INSUFFICIENT_RESOURCES;
		default:
			return ERRCODE_FDW_ERROR;
	}
}

/* What to do about a status; NULL where that is not known. */
static const char *
status_hint(const ImageService *service, const Peer *peer, int status)
{
	switch (status)
	{
		case 401:
			if (!imagecat_auth_has_credentials(service))
				return psprintf("There are no credentials: set them with %s USER MAPPING FOR %s SERVER \"%s\" OPTIONS (...).",
								service->mapped ? "ALTER" : "CREATE",
								service->user, service->name);
			return psprintf("Check the credentials in the user mapping for %s on server \"%s\".",
							service->user, service->name);
		case 403:
			return psprintf("The credentials in the user mapping for %s on server \"%s\" are valid, but may not do this.",
							service->user, service->name);
		case 404:
			return psprintf("Check the option \"%s\" of server \"%s\".",
							peer->url_option, service->name);
		default:
			if (status >= 300 && status < 400)
				return psprintf("Redirects are not followed; set the option \"%s\" of server \"%s\" to the final address.",
								peer->url_option, service->name);
			return NULL;
	}
}

/* What the service said about the failure, in one line; NULL for nothing. */
static const char *
status_detail(const ImageService *service, const Peer *peer,
			  const HttpRequest *request, const char *message,
			  const char *body_id)
{
	const char *id = request_id(service, request);

	if (id == NULL)
		id = body_id;
	if (message == NULL)
		message = clean(service, imagecat_http_text(request));

	/* Keystone shows what it was sent, passwords too, where it is malformed. */
	if (peer->signing_in && imagecat_http_status(request) == 400)
		return psprintf("Its words are not shown, since they may repeat the credentials.%s%s%s",
						id ? " [request " : "", id ? id : "", id ? "]" : "");
	if (message[0] == '\0' && id == NULL)
		return NULL;
	return psprintf("The service says: %s%s%s%s",
					message[0] == '\0' ? "nothing" : message,
					id ? " [request " : "", id ? id : "", id ? "]" : "");
}

static void
report_status(const ImageService *service, const Peer *peer,
			  const HttpRequest *request)
{
	int			status = imagecat_http_status(request);
	const char *body_id = NULL;
	const char *message = json_message(service, imagecat_http_text(request),
									   &body_id);
	const char *detail = status_detail(service, peer, request, message, body_id);

	/* Keystone does not find application credentials and tokens. */
	bool		unknown = peer->signing_in && status == 404 && message != NULL;
	int			meaning = unknown ? 401 : status;
	const char *hint = status_hint(service, peer, meaning);

	ereport(ERROR,
			(errcode(status_sqlstate(meaning)),
			 errmsg("%s answered with HTTP status %d", peer->name, status),
			 detail ? errdetail("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0));
}

static _Noreturn void
report(const ImageService *service, const Peer *peer,
	   const HttpRequest *request)
{
	const char *problem = clean(service, imagecat_http_problem(request));
	const char *start;

	imagecat_http_count_error(request);
	switch (imagecat_http_outcome(request))
	{
		case HTTP_UNDER_WAY:
		case HTTP_DONE:
			report_status(service, peer, request);
			break;
		case HTTP_NO_CONNECTION:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("could not connect to %s", peer->name),
					 errdetail("%s", problem),
					 errhint("Check the option \"%s\" of server \"%s\", and that the service runs.",
							 peer->url_option, service->name)));
			break;
		case HTTP_NO_TRUST:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("the certificate of %s was refused", peer->name),
					 errdetail("%s", problem),
					 errhint("If an authority of your own signed it, name its file in the server option \"ca_file\".")));
			break;
		case HTTP_TIMED_OUT:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("%s did not answer in time", peer->name),
					 errdetail("%s", problem),
					 errhint("See the server options \"connect_timeout\" and \"request_timeout\".")));
			break;
		case HTTP_CUT:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_REPLY_HANDLE),
					 errmsg("the answer of %s was cut short", peer->name),
					 errdetail("%s", problem)));
			break;
		case HTTP_TOO_LARGE:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_REPLY_HANDLE),
					 errmsg("the answer of %s is too large", peer->name),
					 errdetail("%s", problem),
					 errhint("See the server options \"max_response_size\" and \"page_size\".")));
			break;
		case HTTP_MALFORMED:
			start = clean(service, imagecat_http_text(request));
			ereport(ERROR,
					(errcode(ERRCODE_FDW_REPLY_HANDLE),
					 errmsg("the answer of %s is not a list of images", peer->name),
					 errdetail("%s; the answer starts with: %s", problem, start)));
			break;
		case HTTP_FAILED:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg("a request to %s failed", peer->name),
					 errdetail("%s", problem)));
			break;
	}
	pg_unreachable();
}

/*
 * Raises the error that tells why a request to the image service failed: its
 * outcome, or the status that is not a success.
 */
void
imagecat_report_failure(const ImageService *service,
						const HttpRequest *request)
{
	Peer		peer = {psprintf("server \"%s\"", service->name), "url", false};

	if (service->url == NULL)
		peer.url_option = "auth_url";
	report(service, &peer, request);
}

/* Likewise for a request to the identity service. */
void
imagecat_report_sign_in_failure(const ImageService *service,
								const HttpRequest *request)
{
	Peer		peer = {psprintf("the identity service of server \"%s\"",
								 service->name), "auth_url", true};

	report(service, &peer, request);
}
