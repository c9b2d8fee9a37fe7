/*-------------------------------------------------------------------------
 *
 * imagecat.c
 *	  Module initialization and settings.
 *
 * src/imagecat.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "imagecat.h"
#include "scan/statistics.h"
#include "sql/fdw.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

bool		imagecat_enable_pushdown = true;
bool		imagecat_prefetch = true;
char	   *imagecat_allowed_hosts = "";

void		_PG_init(void);

void
_PG_init(void)
{
	DefineCustomBoolVariable("imagecat.enable_pushdown",
							 "Sends filters, sort and limit to the services.",
							 "Off, everything is fetched and filtered here; the result is the same.",
							 &imagecat_enable_pushdown, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("imagecat.prefetch",
							 "Asks for the next page while the present one is read.",
							 NULL, &imagecat_prefetch, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomStringVariable("imagecat.allowed_hosts",
							   "Hosts that requests may go to; empty allows any.",
							   "A list of host, *.suffix or host:port, separated by commas.",
							   &imagecat_allowed_hosts, "", PGC_SUSET,
							   GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	MarkGUCPrefixReserved("imagecat");
	imagecat_init_semijoin();
	imagecat_statistics_share();
}
