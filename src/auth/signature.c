/*-------------------------------------------------------------------------
 *
 * signature.c
 *	  What signatures of requests are made from: times, and parts of URLs.
 *
 * src/auth/signature.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/signature.h"

/* A Date header's value, whatever the locale is; palloc'd. */
char *
imagecat_http_date(time_t when)
{
	static const char *const days[] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
	};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	struct tm	tm;

	gmtime_r(&when, &tm);
	return psprintf("%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
					tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
					tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* An ISO 8601 time without separators; palloc'd. */
char *
imagecat_basic_date(time_t when)
{
	struct tm	tm;

	gmtime_r(&when, &tm);
	return psprintf("%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900,
					tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static const char *
after_scheme(const char *url)
{
	const char *scheme_end = strstr(url, "://");

	return scheme_end ? scheme_end + 3 : url;
}

/* The path and query, as they go into the request line; part of the URL. */
const char *
imagecat_url_target(const char *url)
{
	const char *slash = strchr(after_scheme(url), '/');

	return slash ? slash : "/";
}

/* The Host header's value: without the port that is the scheme's; palloc'd. */
char *
imagecat_url_host(const char *url)
{
	const char *start = after_scheme(url);
	size_t		length = strcspn(start, "/?#");
	const char *port = pg_strncasecmp(url, "https", 5) == 0 ? ":443" : ":80";
	size_t		port_length = strlen(port);

	if (length > port_length &&
		strncmp(start + length - port_length, port, port_length) == 0)
		length -= port_length;
	return pnstrdup(start, length);
}
