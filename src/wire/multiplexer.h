/*-------------------------------------------------------------------------
 *
 * multiplexer.h
 *	  The backend's one curl multi handle, driven by its latch.
 *
 * src/wire/multiplexer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_MULTIPLEXER_H
#define IMAGECAT_MULTIPLEXER_H

#include "postgres.h"

#include <curl/curl.h>

/* Called for each transfer that has ended; must not throw. */
typedef void (*TransferEnded) (CURL *transfer, CURLcode result);

extern CURLM *imagecat_multi(TransferEnded ended);
extern void imagecat_multi_poll(void);
extern void imagecat_multi_alarm(int64 time);
extern uint64 imagecat_multi_activity(void);
extern void imagecat_multi_wait(uint64 seen);
extern int	imagecat_multi_descriptor(uint64 seen, bool blocking);
extern int64 imagecat_multi_waited(void);
extern int64 imagecat_monotonic_time(void);

#endif							/* IMAGECAT_MULTIPLEXER_H */
