/*-------------------------------------------------------------------------
 *
 * http.h
 *	  HTTP requests under way, whose answers are read as they come.
 *
 * src/wire/http.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_HTTP_H
#define IMAGECAT_HTTP_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "wire/page.h"

typedef struct HttpOptions
{
	int			connect_timeout;	/* ms */
	int			request_timeout;	/* ms that a scan waits for one answer */
	int64		max_response_size;	/* bytes, after decompression */
	const char *ca_file;		/* NULL: the system's */
	const char *client_cert;
	const char *client_key;
	bool		tls_verify;
	const char *proxy;			/* NULL: none, whatever the environment says */
} HttpOptions;

/* What scans count; the owner of a request gives one that outlives it. */
typedef struct HttpStats
{
	int64		requests;
	int64		pages;
	int64		images;
	int64		bytes;
	int64		retries;
	int64		errors;			/* requests that failed for good */
	int64		wait_time;		/* microseconds */
} HttpStats;

typedef enum HttpOutcome
{
	HTTP_UNDER_WAY,
	HTTP_DONE,					/* a whole answer, of any status */
	HTTP_NO_CONNECTION,
	HTTP_NO_TRUST,				/* the certificate was refused */
	HTTP_TIMED_OUT,
	HTTP_CUT,					/* the answer ended early */
	HTTP_TOO_LARGE,
	HTTP_MALFORMED,				/* not the JSON that was expected */
	HTTP_FAILED					/* anything else that curl reports */
} HttpOutcome;

typedef struct HttpRequest HttpRequest;

extern HttpRequest *imagecat_http_start(const char *url, const List *headers,
										const HttpOptions *options,
										const PageShape *shape,
										HttpStats *stats);
extern HttpRequest *imagecat_http_post(const char *url, const List *headers,
									   const char *body,
									   const HttpOptions *options,
									   HttpStats *stats);
extern void imagecat_http_free(HttpRequest *request);
extern HttpOutcome imagecat_http_outcome(const HttpRequest *request);
extern bool imagecat_http_ready(HttpRequest *request, size_t images);
extern void imagecat_http_release(HttpRequest *request, size_t index);
extern int	imagecat_http_status(const HttpRequest *request);
extern const char *imagecat_http_header(const HttpRequest *request,
										const char *name);
extern PageReader *imagecat_http_page(const HttpRequest *request);
extern const char *imagecat_http_text(const HttpRequest *request);
extern const char *imagecat_http_problem(const HttpRequest *request);
extern void imagecat_http_count_error(const HttpRequest *request);

#endif							/* IMAGECAT_HTTP_H */
