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
	const char *user;			/* whose user mapping is used, for messages:
								 * "name", with quotes, or PUBLIC; NULL: a
								 * service that is only planned for */
	bool		mapped;			/* that mapping exists */
	const Dialect *dialect;		/* NULL: api local */
	const char *url;			/* with the API's version, without a slash at
								 * the end; NULL: the service catalog has it,
								 * see imagecat_auth_endpoint */
	const char *root;			/* without the version */
	struct ImageAuth *auth;		/* NULL: only planned for */
	int			page_size;		/* 0: the service's maximum */
	int			max_retries;
	bool		optional;		/* option on_error is 'warn' */
	HttpOptions http;
	double		estimated_images;
	double		request_cost;

	/* api local */
	const char *relation;
	const Dialect *semantics;	/* whose defaults list_images applies, or NULL */
} ImageService;

#endif							/* IMAGECAT_SERVICE_H */
