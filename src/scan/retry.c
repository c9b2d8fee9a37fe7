/*-------------------------------------------------------------------------
 *
 * retry.c
 *	  Requests that a service wants to see again later.
 *
 *	  429 and 503 ask for that, and 413 where it says when: Rackspace's rate
 *	  limit.  Retry-After comes in seconds (OpenStack) or as a date
 *	  (Rackspace's proxy), or not at all (CloudAPI, IMS).
 *
 * src/scan/retry.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>
#include <time.h>

#include "common/pg_prng.h"
#include "scan/retry.h"
#include "wire/multiplexer.h"

/* Pauses between tries where the service names none: doubled each time. */
#define FIRST_RETRY_PAUSE	500 /* ms */
#define LAST_RETRY_PAUSE	30000

/* Longer than anybody waits, and short enough to be counted in milliseconds. */
#define MAX_RETRY_AFTER		1000000 /* s */

/* What Retry-After says in seconds from now; -1 if it says nothing readable. */
static int64
retry_after(const HttpRequest *request)
{
	const char *after = imagecat_http_header(request, "Retry-After");
	const char *date = imagecat_http_header(request, "Date");
	time_t		then;
	time_t		now = (time_t) -1;

	if (after == NULL)
		return -1;
	if (after[0] >= '0' && after[0] <= '9')
		return Min(strtoul(after, NULL, 10), MAX_RETRY_AFTER);
	then = curl_getdate(after, NULL);
	if (then == (time_t) -1)
		return -1;
	/* The service's clock decides, where it is known. */
	if (date != NULL)
		now = curl_getdate(date, NULL);
	if (now == (time_t) -1)
		now = time(NULL);
	return Min(Max((int64) then - (int64) now, 0), MAX_RETRY_AFTER);
}

/* Milliseconds to wait before the request is worth a new try, or -1. */
static int64
retry_pause(const HttpRequest *request, int tries)
{
	int			status = imagecat_http_status(request);
	int64		after;
	int64		pause;

	if (imagecat_http_outcome(request) != HTTP_DONE ||
		(status != 413 && status != 429 && status != 503))
		return -1;
	after = retry_after(request);
	if (after >= 0)
		return after * 1000;
	if (status == 413)
		return -1;
	pause = Min((int64) FIRST_RETRY_PAUSE << Min(tries, 10), LAST_RETRY_PAUSE);
	return pause / 2 + (int64) (pg_prng_double(&pg_global_prng_state) * pause / 2);
}

/*
 * Whether a request that has failed is to be made again: if its answer asks
 * for that, it was not repeated max_retries times already, and its pauses do
 * not add up to more than request_timeout.  There is a pause before; waiting
 * is the caller's.
 */
RetryAdvice
imagecat_retry(const ImageService *service, Retries *retries,
			   const HttpRequest *request, HttpStats *stats)
{
	if (retries->until == 0)
	{
		int64		pause = retry_pause(request, retries->tries);

		if (pause < 0 || retries->tries >= service->max_retries ||
			retries->paused + pause > service->http.request_timeout)
			return RETRY_NEVER;
		retries->paused += pause;
		retries->until = imagecat_monotonic_time() + pause * 1000;
	}
	if (imagecat_monotonic_time() < retries->until)
	{
		imagecat_multi_alarm(retries->until);
		imagecat_multi_poll();
		return RETRY_LATER;
	}
	retries->until = 0;
	retries->tries++;
	stats->retries++;
	return RETRY_NOW;
}
