/*-------------------------------------------------------------------------
 *
 * retry.h
 *	  Requests that a service wants to see again later.
 *
 * src/scan/retry.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_RETRY_H
#define IMAGECAT_RETRY_H

#include "scan/service.h"

/* How often one request was repeated; starts as zeros. */
typedef struct Retries
{
	int			tries;
	int64		paused;			/* ms in all */
} Retries;

extern bool imagecat_retry(const ImageService *service, Retries *retries,
						   const HttpRequest *request, HttpStats *stats);

#endif							/* IMAGECAT_RETRY_H */
