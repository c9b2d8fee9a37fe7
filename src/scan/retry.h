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
	int64		until;			/* monotonic end of the pause; 0: no pause */
} Retries;

typedef enum RetryAdvice
{
	RETRY_NEVER,				/* the failure stands */
	RETRY_LATER,				/* ask again after imagecat_multi_wait */
	RETRY_NOW
} RetryAdvice;

extern RetryAdvice imagecat_retry(const ImageService *service, Retries *retries,
								  const HttpRequest *request,
								  HttpStats *stats);

#endif							/* IMAGECAT_RETRY_H */
