/*-------------------------------------------------------------------------
 *
 * http.c
 *	  HTTP requests under way, whose answers are read as they come.
 *
 *	  Callbacks of curl only record; whoever waits for the request looks at
 *	  the outcome and throws.  A request belongs to the memory context that it
 *	  was started in, and ends with it.
 *
 * src/wire/http.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/memutils.h"
#include "wire/http.h"
#include "wire/multiplexer.h"

/*
 * A transfer pauses while this much of its page waits to be consumed, so that
 * an answer of any size needs little memory.
 */
#define MAX_UNREAD_BYTES	(4 * 1024 * 1024)

/* What is kept of a body that is not a page: an error, a list of versions. */
#define MAX_TEXT_BYTES		(64 * 1024)

/*
 * The largest answer to a POST, which is kept whole: a service catalog has
 * some hundred bytes for each endpoint, and large clouds have thousands.
 */
#define MAX_ANSWER_BYTES	(8 * 1024 * 1024)

/* The start of a page that is kept to show what came instead of JSON. */
#define MAX_PAGE_TEXT_BYTES 512

struct HttpRequest
{
	MemoryContext context;		/* holds this struct */
	CURL	   *curl;			/* NULL once the transfer is over */
	struct curl_slist *headers;
	PageReader *page;			/* NULL: the body is kept as text */
	HttpStats  *stats;
	HttpOutcome outcome;
	int			request_timeout;	/* ms */
	bool		secret;			/* the answer is wiped before it is freed */
	size_t		max_text;		/* bytes kept as text */
	int64		max_size;
	int64		size;			/* bytes received */
	bool		waiting;		/* somebody waits, since: */
	int64		waiting_since;	/* on the clock of imagecat_multi_waited */
	int64		waited;			/* microseconds in all */
	size_t		awaited;		/* the image that somebody waits for */
	int			status;			/* 0: none yet */
	bool		paused;
	char	   *text;			/* malloc'd: grows inside a callback */
	size_t		text_length;
	char	   *header_text;	/* malloc'd, likewise: the last response's */
	size_t		header_length;
	char		curl_error[CURL_ERROR_SIZE];
};

/* Appends to a malloc'd, NUL-terminated buffer; what is beyond max is dropped. */
static bool
append_text(char **buffer, size_t *length, size_t max, const char *bytes,
			size_t count)
{
	char	   *larger;

	count = Min(count, max - Min(*length, max));
	if (count == 0)
		return true;
	larger = realloc(*buffer, *length + count + 1);
	if (larger == NULL)
		return false;
	memcpy(larger + *length, bytes, count);
	*length += count;
	larger[*length] = '\0';
	*buffer = larger;
	return true;
}

static bool
is_success(int status)
{
	/* Rackspace's proxies answer 203 for 200. */
	return status == 200 || status == 203;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
	HttpRequest *request = arg;

	count *= size;
	if (count >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
		request->header_length = 0; /* an earlier one was a 100 or a proxy's */
	if (!append_text(&request->header_text, &request->header_length,
					 MAX_TEXT_BYTES, bytes, count))
		return 0;
	return count;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	HttpRequest *request = arg;

	count *= size;
	if (request->status == 0)
	{
		long		status = 0;

		curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
		request->status = (int) status;
	}
	if (request->page != NULL && is_success(request->status) &&
		imagecat_page_unreleased(request->page) > MAX_UNREAD_BYTES &&
		imagecat_page_count(request->page) > request->awaited)
	{
		request->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	request->size += count;
	request->stats->bytes += count;
	if (request->size > request->max_size)
	{
		request->outcome = HTTP_TOO_LARGE;
		return 0;
	}
	if (request->page == NULL || !is_success(request->status))
		return append_text(&request->text, &request->text_length,
						   request->max_text, bytes, count) ? count : 0;
	if (!append_text(&request->text, &request->text_length,
					 MAX_PAGE_TEXT_BYTES, bytes, count))
		return 0;
	if (imagecat_page_feed(request->page, bytes, count) == PAGE_FAILED)
	{
		request->outcome = HTTP_MALFORMED;
		return 0;
	}
	return count;
}

/* Sockets are counted with PostgreSQL's own, so that it keeps within ulimit. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	int			fd;

	(void) arg;
	(void) purpose;
	if (!AcquireExternalFD())
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
				address->protocol);
	if (fd < 0)
	{
		ReleaseExternalFD();
		return CURL_SOCKET_BAD;
	}
	return fd;
}

static int
on_close_socket(void *arg, curl_socket_t fd)
{
	(void) arg;
	ReleaseExternalFD();
	return close(fd);
}

static HttpOutcome
outcome_of(const HttpRequest *request, CURLcode result)
{
	if (request->outcome != HTTP_UNDER_WAY)
		return request->outcome;	/* a callback knew better */
	switch (result)
	{
		case CURLE_OK:
			return HTTP_DONE;
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_RESOLVE_PROXY:
		case CURLE_COULDNT_CONNECT:
		case CURLE_SSL_CONNECT_ERROR:
			return HTTP_NO_CONNECTION;
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_CERTPROBLEM:
			return HTTP_NO_TRUST;
		case CURLE_OPERATION_TIMEDOUT:
			return HTTP_TIMED_OUT;
		case CURLE_PARTIAL_FILE:
		case CURLE_GOT_NOTHING:
		case CURLE_RECV_ERROR:
		case CURLE_SEND_ERROR:
		case CURLE_HTTP2_STREAM:
			return HTTP_CUT;
		default:
			return HTTP_FAILED;
	}
}

/* Takes the transfer out of curl's hands; its answer stays. */
static void
end_transfer(HttpRequest *request)
{
	if (request->curl == NULL)
		return;
	curl_multi_remove_handle(imagecat_multi(NULL), request->curl);
	curl_easy_cleanup(request->curl);
	request->curl = NULL;
	curl_slist_free_all(request->headers);
	request->headers = NULL;
}

static void
on_transfer_ended(CURL *curl, CURLcode result)
{
	HttpRequest *request = NULL;
	long		status = 0;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **) &request);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	request->status = (int) status;
	request->outcome = outcome_of(request, result);
	if (request->outcome == HTTP_DONE && request->page != NULL &&
		is_success(request->status) &&
		imagecat_page_finish(request->page) == PAGE_FAILED)
		request->outcome = HTTP_MALFORMED;
	end_transfer(request);
}

/* Memory context callback: nothing of the request stays behind, error or not. */
static void
on_context_reset(void *arg)
{
	HttpRequest *request = arg;

	end_transfer(request);
	curl_slist_free_all(request->headers);
	imagecat_page_free(request->page);
	if (request->secret && request->text != NULL)
		explicit_bzero(request->text, request->text_length);
	if (request->secret && request->header_text != NULL)
		explicit_bzero(request->header_text, request->header_length);
	free(request->text);
	free(request->header_text);
}

static void
set_option(CURLcode result)
{
	if (result != CURLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("could not prepare a request: %s",
						curl_easy_strerror(result))));
}

static void
set_options(HttpRequest *request, CURL *curl, const char *url,
			const char *body, const HttpOptions *options)
{
	set_option(curl_easy_setopt(curl, CURLOPT_PRIVATE, request));
	set_option(curl_easy_setopt(curl, CURLOPT_URL, url));
	/* A signature covers the path as it is written. */
	set_option(curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L));
	if (body != NULL)
	{
		set_option(curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
									(long) strlen(body)));
		set_option(curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body));
	}
	set_option(curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"));
	set_option(curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L));
	set_option(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers));
	set_option(curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip"));
	set_option(curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->curl_error));
	set_option(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
	set_option(curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 128L * 1024));
	set_option(curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L));
	set_option(curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
								(long) options->connect_timeout));
	set_option(curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header));
	set_option(curl_easy_setopt(curl, CURLOPT_HEADERDATA, request));
	set_option(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body));
	set_option(curl_easy_setopt(curl, CURLOPT_WRITEDATA, request));
	set_option(curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket));
	set_option(curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket));
	/* "" rather than NULL: the server's environment does not choose a proxy */
	set_option(curl_easy_setopt(curl, CURLOPT_PROXY,
								options->proxy ? options->proxy : ""));
	set_option(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER,
								options->tls_verify ? 1L : 0L));
	set_option(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST,
								options->tls_verify ? 2L : 0L));
	if (options->ca_file != NULL)
		set_option(curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file));
	if (options->client_cert != NULL)
		set_option(curl_easy_setopt(curl, CURLOPT_SSLCERT, options->client_cert));
	if (options->client_key != NULL)
		set_option(curl_easy_setopt(curl, CURLOPT_SSLKEY, options->client_key));
}

static HttpRequest *
start(const char *url, const List *headers, const char *body,
	  const HttpOptions *options, const PageShape *shape, HttpStats *stats)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "imagecat request",
												  ALLOCSET_SMALL_SIZES);
	HttpRequest *request = MemoryContextAllocZero(context, sizeof(HttpRequest));
	MemoryContextCallback *callback = MemoryContextAllocZero(context,
															 sizeof(MemoryContextCallback));
	CURLM	   *multi = imagecat_multi(on_transfer_ended);
	CURL	   *curl;
	ListCell   *lc;

	request->context = context;
	request->stats = stats;
	request->request_timeout = options->request_timeout;
	request->secret = body != NULL;
	request->max_text = body != NULL ? MAX_ANSWER_BYTES : MAX_TEXT_BYTES;
	request->max_size = body != NULL ?
		Min(options->max_response_size, MAX_ANSWER_BYTES) :
		options->max_response_size;
	callback->func = on_context_reset;
	callback->arg = request;
	MemoryContextRegisterResetCallback(context, callback);

	if (shape != NULL && (request->page = imagecat_page_create(shape)) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	foreach(lc, headers)
	{
		struct curl_slist *longer = curl_slist_append(request->headers,
													  lfirst(lc));

		if (longer == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_OUT_OF_MEMORY),
					 errmsg("out of memory")));
		request->headers = longer;
	}
	curl = curl_easy_init();
	if (curl == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	request->curl = curl;
	set_options(request, curl, url, body, options);
	if (curl_multi_add_handle(multi, curl) != CURLM_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("could not start a request")));
	stats->requests++;
	imagecat_multi_poll();
	return request;
}

/*
 * Starts a GET request, without waiting for anything.
 *
 * headers is a list of "Name: value".  With a shape, a successful answer is
 * read as a page of that shape; without, and for any other status, up to 64 KB
 * of it are kept as text.  The shape and stats must outlive the request.
 *
 * The request belongs to the current memory context; imagecat_http_free ends
 * it earlier.  Raises ERRCODE_FDW_ERROR or ERRCODE_FDW_OUT_OF_MEMORY.
 */
HttpRequest *
imagecat_http_start(const char *url, const List *headers,
					const HttpOptions *options, const PageShape *shape,
					HttpStats *stats)
{
	return start(url, headers, NULL, options, shape, stats);
}

/*
 * Starts a POST request of that body, in all else like a GET without a shape,
 * but that the answer is kept whole and wiped when the request ends: it is
 * taken for a secret.  The body is not copied and must outlive the request.
 */
HttpRequest *
imagecat_http_post(const char *url, const List *headers, const char *body,
				   const HttpOptions *options, HttpStats *stats)
{
	return start(url, headers, body, options, NULL, stats);
}

/* Ends the request, if it is still under way, and frees it.  NULL is fine. */
void
imagecat_http_free(HttpRequest *request)
{
	if (request != NULL)
		MemoryContextDelete(request->context);
}

HttpOutcome
imagecat_http_outcome(const HttpRequest *request)
{
	return request->outcome;
}

/* Goes on with a transfer that paused because nobody read. */
static void
resume(HttpRequest *request)
{
	if (!request->paused || request->curl == NULL)
		return;
	request->paused = false;
	curl_easy_pause(request->curl, CURLPAUSE_CONT);
}

/* Counts the time that passed while somebody waited for the request. */
static void
count_wait(HttpRequest *request)
{
	int64		now = imagecat_multi_waited();

	if (request->waiting)
		request->waited += now - request->waiting_since;
	request->waiting = true;
	request->waiting_since = now;
}

/*
 * Whether the page has more than that many images, or the request has come to
 * its end.  What the network holds ready is taken in any case.
 *
 * If not, the caller is to ask again after imagecat_multi_wait.  Only the time
 * that passes in waits between counts against the request's timeout: a cursor
 * may rest between two fetches.
 */
bool
imagecat_http_ready(HttpRequest *request, size_t images)
{
	int64		limit = (int64) request->request_timeout * 1000;

	request->awaited = images;
	if (request->page != NULL && imagecat_page_count(request->page) <= images)
		resume(request);
	imagecat_multi_poll();
	count_wait(request);
	if (request->outcome == HTTP_UNDER_WAY &&
		(request->page == NULL ||
		 imagecat_page_count(request->page) <= images))
	{
		if (request->waited < limit)
		{
			imagecat_multi_alarm(imagecat_monotonic_time() + limit - request->waited);
			return false;
		}
		request->outcome = HTTP_TIMED_OUT;
		snprintf(request->curl_error, sizeof(request->curl_error),
				 "no whole answer within %d ms", request->request_timeout);
		end_transfer(request);
	}
	request->waiting = false;
	return true;
}

/* Tells that images below index are no longer needed. */
void
imagecat_http_release(HttpRequest *request, size_t index)
{
	imagecat_page_release(request->page, index);
	if (imagecat_page_unreleased(request->page) < MAX_UNREAD_BYTES / 2)
		resume(request);
}

/* The answer's HTTP status; 0 while there is none. */
int
imagecat_http_status(const HttpRequest *request)
{
	return request->status;
}

/* A header of the answer, palloc'd, or NULL. */
const char *
imagecat_http_header(const HttpRequest *request, const char *name)
{
	size_t		length = strlen(name);
	const char *line = request->header_text;
	const char *end;

	for (; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1)
		if (pg_strncasecmp(line, name, length) == 0 && line[length] == ':')
		{
			line += length + 1;
			line += strspn(line, " \t");
			while (end > line && strchr(" \t\r", end[-1]) != NULL)
				end--;
			return pnstrdup(line, end - line);
		}
	return NULL;
}

/* The page that is being read; NULL where the request has no shape. */
PageReader *
imagecat_http_page(const HttpRequest *request)
{
	return request->page;
}

/* The answer's text where it is no page, else its first bytes; never NULL. */
const char *
imagecat_http_text(const HttpRequest *request)
{
	return request->text ? request->text : "";
}

/* What went wrong, for an outcome other than HTTP_DONE, in a few words. */
const char *
imagecat_http_problem(const HttpRequest *request)
{
	switch (request->outcome)
	{
		case HTTP_MALFORMED:
			return imagecat_page_error(request->page);
		case HTTP_TOO_LARGE:
			return psprintf("it is larger than " INT64_FORMAT " bytes",
							request->max_size);
		default:
			return request->curl_error[0] != '\0' ? request->curl_error :
				"the connection ended";
	}
}

/* Counts the request as one that failed for good. */
void
imagecat_http_count_error(const HttpRequest *request)
{
	request->stats->errors++;
}
