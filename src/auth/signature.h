/*-------------------------------------------------------------------------
 *
 * signature.h
 *	  What signatures of requests are made from.
 *
 *	  Free of the server's error reports and memory contexts but for palloc,
 *	  so that a unit test can link it.
 *
 * src/auth/signature.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_SIGNATURE_H
#define IMAGECAT_SIGNATURE_H

#include "postgres.h"

#include <time.h>

extern char *imagecat_http_date(time_t when);
extern char *imagecat_basic_date(time_t when);
extern const char *imagecat_url_target(const char *url);
extern char *imagecat_url_host(const char *url);

/* One header of a request, its name in lower case. */
typedef struct SignedHeader
{
	const char *name;
	const char *value;
} SignedHeader;

/* A request as SDK-HMAC-SHA256 signs it. */
typedef struct AkskRequest
{
	const char *access_key;
	const char *secret_key;
	const char *date;			/* yyyymmddThhmmssZ */
	const char *method;
	const char *target;			/* path, and query if any, percent-encoded */
	const SignedHeader *headers;	/* in the order of their names */
	int			nheaders;
	const char *body;
	bool		scoped;			/* Open Telekom Cloud's form */
	const char *region;			/* scoped: may be empty */
	const char *service;		/* likewise */
} AkskRequest;

extern char *imagecat_aksk_query(const char *query);
extern char *imagecat_aksk_authorization(const AkskRequest *request);

#endif							/* IMAGECAT_SIGNATURE_H */
