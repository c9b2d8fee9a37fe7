/*-------------------------------------------------------------------------
 *
 * service.h
 *	  A service as a scan sees it: where it is, how it talks, who asks.
 *
 *	  Read from the catalogs by sql/server.c.
 *
 * src/scan/service.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_SERVICE_H
#define IMAGECAT_SERVICE_H

#include "dialect/dialect.h"
#include "wire/http.h"

typedef struct ImageService
{
	Oid			serverid;
	const char *name;			/* the foreign server's */
	const char *user;			/* whose user mapping is used, for messages */
	const Dialect *dialect;		/* NULL: api local */
	const char *url;			/* with the API's version, without a slash at
								 * the end */
	const char *root;			/* without the version */
	const char *token;			/* NULL: none */
	int			page_size;		/* 0: the service's maximum */
	int			max_retries;
	HttpOptions http;
	double		estimated_images;
	double		request_cost;

	/* api local */
	const char *relation;
	const Dialect *semantics;	/* whose defaults list_images applies, or NULL */
} ImageService;

#endif							/* IMAGECAT_SERVICE_H */
