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

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "scan/failure.h"

/* Longest part of a service's words that an error repeats. */
#define MAX_MESSAGE_BYTES	300

/*
 * The words without the secret, which may be cut off at their end.  This comes
 * before anything else is cut: half a secret would not be found any more.
 */
static const char *
masked(const char *words, const char *secret)
{
	char	   *copy;
	size_t		length = strlen(words);

	if (secret == NULL)
		return words;
	copy = pstrdup(words);
	for (char *p; (p = strstr(copy, secret)) != NULL;)
		memset(p, '*', strlen(secret));
	for (size_t part = Min(strlen(secret) - 1, length); part >= 4; part--)
		if (strncmp(copy + length - part, secret, part) == 0)
		{
			memset(copy + length - part, '*', part);
			break;
		}
	return copy;
}

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

	words = masked(words, service->token);
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

/*
 * What a JSON error body says: its code, if it has one, and its message.
 * Bodies have these at the top, or in the only member, whose name is then the
 * kind of fault.  NULL if the body is no JSON object or has no message.
 */
static char *
json_message(const ImageService *service, const char *body)
{
	json_object *root = json_tokener_parse(body);
	json_object *object = root;
	char	   *result = NULL;

	if (json_object_is_type(root, json_type_object))
	{
		static const char *const message_names[] = {"message", "error_msg", "errorMsg"};
		static const char *const code_names[] = {"code", "error_code", "errorCode"};
		const char *message = NULL;
		const char *code = NULL;

		if (json_object_object_length(root) == 1)
		{
			json_object_object_foreach(root, name, only)
			{
				(void) name;
				if (json_object_is_type(only, json_type_object))
					object = only;
			}
		}
		for (int i = 0; i < (int) lengthof(message_names) && message == NULL; i++)
			message = member_text(object, message_names[i]);
		for (int i = 0; i < (int) lengthof(code_names) && code == NULL; i++)
			code = member_text(object, code_names[i]);
		if (message != NULL)
			result = code ? psprintf("%s (code %s)", clean(service, message),
									 clean(service, code)) :
				clean(service, message);
	}
	json_object_put(root);
	return result;
}

/* Whether the body is an error in the service's own form, not a proxy's page. */
bool
imagecat_is_service_error(const ImageService *service,
						  const HttpRequest *request)
{
	return json_message(service, imagecat_http_text(request)) != NULL;
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

static void
report_status(const ImageService *service, const HttpRequest *request)
{
	int			status = imagecat_http_status(request);
	const char *body = imagecat_http_text(request);
	const char *message = json_message(service, body);
	const char *id = request_id(service, request);

	if (message == NULL)
		message = clean(service, body);
	ereport(ERROR,
			(errcode(status_sqlstate(status)),
			 errmsg("server \"%s\" answered with HTTP status %d", service->name,
					status),
			 message[0] == '\0' && id == NULL ? 0 :
			 errdetail("The service says: %s%s%s%s",
					   message[0] == '\0' ? "nothing" : message,
					   id ? " [request " : "", id ? id : "", id ? "]" : ""),
			 status == 401 && service->token == NULL ?
			 errhint("There are no credentials: set them with CREATE USER MAPPING FOR \"%s\" SERVER \"%s\" OPTIONS (...).",
					 service->user, service->name) :
			 status == 401 ?
			 errhint("Check the credentials in the user mapping for \"%s\" on server \"%s\".",
					 service->user, service->name) :
			 status == 403 ?
			 errhint("The credentials in the user mapping for \"%s\" on server \"%s\" are valid, but may not do this.",
					 service->user, service->name) :
			 status == 404 ?
			 errhint("Check the option \"url\" of server \"%s\".", service->name) :
			 status >= 300 && status < 400 ?
			 errhint("Redirects are not followed; set the option \"url\" of server \"%s\" to the final address.",
					 service->name) : 0));
}

/*
 * Raises the error that tells why the request failed: its outcome, or the
 * status that is not a success.
 */
void
imagecat_report_failure(const ImageService *service,
						const HttpRequest *request)
{
	const char *problem = clean(service, imagecat_http_problem(request));
	const char *start;

	switch (imagecat_http_outcome(request))
	{
		case HTTP_UNDER_WAY:
		case HTTP_DONE:
			report_status(service, request);
			break;
		case HTTP_NO_CONNECTION:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("could not connect to server \"%s\"", service->name),
					 errdetail("%s", problem),
					 errhint("Check the option \"url\" of server \"%s\", and that the service runs.",
							 service->name)));
			break;
		case HTTP_NO_TRUST:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("the certificate of server \"%s\" was refused", service->name),
					 errdetail("%s", problem),
					 errhint("If an authority of your own signed it, name its file in the server option \"ca_file\".")));
			break;
		case HTTP_TIMED_OUT:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("server \"%s\" did not answer in time", service->name),
					 errdetail("%s", problem),
					 errhint("See the server options \"connect_timeout\" and \"request_timeout\".")));
			break;
		case HTTP_CUT:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_REPLY_HANDLE),
					 errmsg("the answer of server \"%s\" was cut short", service->name),
					 errdetail("%s", problem)));
			break;
		case HTTP_TOO_LARGE:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_REPLY_HANDLE),
					 errmsg("the answer of server \"%s\" is too large", service->name),
					 errdetail("%s", problem),
					 errhint("See the server options \"max_response_size\" and \"page_size\".")));
			break;
		case HTTP_MALFORMED:
			start = clean(service, imagecat_http_text(request));
			ereport(ERROR,
					(errcode(ERRCODE_FDW_REPLY_HANDLE),
					 errmsg("the answer of server \"%s\" is not a list of images", service->name),
					 errdetail("%s; the answer starts with: %s", problem, start)));
			break;
		case HTTP_FAILED:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg("a request to server \"%s\" failed", service->name),
					 errdetail("%s", problem)));
			break;
	}
	pg_unreachable();
}
