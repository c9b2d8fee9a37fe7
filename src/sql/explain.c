/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  EXPLAIN of a foreign scan: the requests that it will start with, and
 *	  with ANALYZE what came of them.  Nothing secret is in a request's target.
 *
 * src/sql/explain.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/auth.h"
#include "scan/version.h"
#include "sql/fdw.h"
#include "wire/url.h"

/*
 * The path that the service's URL begins with: the /v2 of http://host/v2.
 * Where the catalog that has the URL was not asked yet, it is the usual one.
 */
static const char *
base_path(const ImageService *service)
{
	const char *url = imagecat_auth_known_url(service);
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;

	if (url == NULL)
		return service->dialect->version_segment;
	return path ? path : "";
}

/* One line each in text; a list in the other formats. */
static void
explain_requests(List *requests, ExplainState *es)
{
	ListCell   *lc;

	if (es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyList("Remote Request", requests, es);
	else
		foreach(lc, requests)
			ExplainPropertyText("Remote Request", lfirst(lc), es);
}

static void
explain_counters(const ImageScanState *state, ExplainState *es)
{
	const HttpStats *stats = &state->stats;

	ExplainPropertyInteger("Requests", NULL, stats->requests, es);
	ExplainPropertyInteger("Pages", NULL, stats->pages, es);
	ExplainPropertyInteger("Images Received", NULL, stats->images, es);
	ExplainPropertyInteger("Bytes Received", NULL, stats->bytes, es);
	ExplainPropertyInteger("Retries", NULL, stats->retries, es);
	if (state->answers != NULL)
		ExplainPropertyInteger("Answers Reused", NULL, state->reused, es);
	if (es->timing)
		ExplainPropertyFloat("Wait Time", "ms", stats->wait_time / 1000.0, 3, es);
}

/* ExplainForeignScan */
void
imagecat_explain_scan(ForeignScanState *node, ExplainState *es)
{
	ImageScanState  *state = node->fdw_state;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	ScanQuery	query = imagecat_scan_query(state, econtext, false);
	const Dialect *dialect = state->table->dialect;
	List	   *requests = NIL;
	RequestPlan *plan;
	ListCell   *lc;

	if (dialect == NULL)
	{
		ExplainPropertyText("Local Query", query.contradiction ? "none" :
							imagecat_scan_local_query(state, &query, true)->sql, es);
		return;
	}
	query.image.version = imagecat_known_version(state->service);
	plan = imagecat_plan_requests(dialect, &query.image);
	if (!query.contradiction)
		foreach(lc, plan->requests)
			requests = lappend(requests,
							   psprintf("GET %s%s", base_path(state->service),
										imagecat_request_target(dialect, lfirst(lc),
																plan->page_size, NULL)));
	if (requests == NIL)
		requests = list_make1("none");
	explain_requests(requests, es);
	if (es->analyze)
		explain_counters(state, es);
}
