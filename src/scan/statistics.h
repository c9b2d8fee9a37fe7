/*-------------------------------------------------------------------------
 *
 * statistics.h
 *	  What all scans of a foreign server came to.
 *
 * src/scan/statistics.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_STATISTICS_H
#define IMAGECAT_STATISTICS_H

#include "datatype/timestamp.h"
#include "wire/http.h"

/* The counters of one server. */
typedef struct ServerStats
{
	HttpStats	counted;
	TimestampTz since;			/* 0: nothing was counted yet */
} ServerStats;

extern void imagecat_statistics_share(void);
extern void imagecat_statistics_watch(Oid serverid, const HttpStats *stats);
extern ServerStats imagecat_statistics(Oid serverid);
extern bool imagecat_statistics_shared(void);
extern void imagecat_statistics_reset(Oid serverid);

#endif							/* IMAGECAT_STATISTICS_H */
