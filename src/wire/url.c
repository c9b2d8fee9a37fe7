/*-------------------------------------------------------------------------
 *
 * url.c
 *	  Query strings, and which URLs may be asked.
 *
 * src/wire/url.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>

#include "wire/url.h"

/*
 * What a query string may hold unencoded by RFC 3986, but for the characters
 * that separate parameters or that a form decoder changes.  Colons and commas
 * stay, so that EXPLAIN reads well.
 */
static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') ||
		(c != '\0' && strchr("-_.~:,/@!$*()", c) != NULL);
}

/* Appends a value, percent-encoded for a query string. */
void
imagecat_append_encoded(StringInfo url, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *value != '\0'; value++)
	{
		unsigned char c = (unsigned char) *value;

		if (is_plain(c))
			appendStringInfoCharMacro(url, c);
		else
		{
			appendStringInfoCharMacro(url, '%');
			appendStringInfoCharMacro(url, digits[c >> 4]);
			appendStringInfoCharMacro(url, digits[c & 15]);
		}
	}
}

/* How many bytes imagecat_append_encoded would append. */
size_t
imagecat_encoded_length(const char *value)
{
	size_t		length = 0;

	for (; *value != '\0'; value++)
		length += is_plain((unsigned char) *value) ? 1 : 3;
	return length;
}

static char *
url_part(CURLU *handle, CURLUPart part)
{
	char	   *curl_copy = NULL;
	char	   *copy = NULL;

	if (curl_url_get(handle, part, &curl_copy, 0) == CURLUE_OK)
		copy = strdup(curl_copy);
	curl_free(curl_copy);
	return copy;
}

static bool
has_part(CURLU *handle, CURLUPart part)
{
	char	   *value = url_part(handle, part);
	bool		has = value != NULL;

	free(value);
	return has;
}

/*
 * Whether a service's base URL can be used: NULL if so, else what is wrong
 * with it, as a constant text.
 */
const char *
imagecat_check_url(const char *url)
{
	CURLU	   *handle = curl_url();
	const char *problem = NULL;

	if (handle == NULL ||
		curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		problem = "It is not a URL.";
	else if (pg_strncasecmp(url, "http://", 7) != 0 &&
			 pg_strncasecmp(url, "https://", 8) != 0)
		problem = "Only http and https are supported.";
	else if (has_part(handle, CURLUPART_USER) ||
			 has_part(handle, CURLUPART_PASSWORD))
		problem = "Credentials belong in a user mapping.";
	else if (has_part(handle, CURLUPART_QUERY) ||
			 has_part(handle, CURLUPART_FRAGMENT))
		problem = "It may have neither a query nor a fragment.";
	curl_url_cleanup(handle);
	return problem;
}

/* Whether one entry of the list, host, *.suffix or either with :port, fits. */
static bool
entry_fits(const char *entry, size_t length, const char *host, const char *port)
{
	const char *colon = memchr(entry, ':', length);
	size_t		host_length = strlen(host);

	/* An IPv6 address stands in brackets, which its colons are part of. */
	if (entry[0] == '[')
	{
		const char *bracket = memchr(entry, ']', length);

		colon = bracket ? memchr(bracket, ':', length - (bracket - entry)) : NULL;
	}
	if (colon != NULL)
	{
		size_t		port_length = length - (colon - entry) - 1;

		if (strlen(port) != port_length ||
			strncmp(colon + 1, port, port_length) != 0)
			return false;
		length = colon - entry;
	}
	if (length > 2 && entry[0] == '*' && entry[1] == '.')
		return host_length > length - 1 &&
			pg_strncasecmp(host + host_length - (length - 1), entry + 1,
						   length - 1) == 0;
	return host_length == length && pg_strncasecmp(host, entry, length) == 0;
}

/*
 * Whether the list of allowed hosts (separated by commas or blanks; empty:
 * any) has the URL's host.
 */
bool
imagecat_host_allowed(const char *url, const char *allowed_hosts)
{
	static const char separators[] = ", \t\n";
	CURLU	   *handle = curl_url();
	char	   *host = NULL;
	char	   *port = NULL;
	bool		allowed = false;
	const char *entry = allowed_hosts + strspn(allowed_hosts, separators);

	if (*entry == '\0')
		allowed = true;
	else if (handle != NULL &&
			 curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
			 (host = url_part(handle, CURLUPART_HOST)) != NULL)
	{
		char	   *curl_port = NULL;

		if (curl_url_get(handle, CURLUPART_PORT, &curl_port,
						 CURLU_DEFAULT_PORT) == CURLUE_OK)
			port = strdup(curl_port);
		curl_free(curl_port);
		while (*entry != '\0' && port != NULL && !allowed)
		{
			size_t		length = strcspn(entry, separators);

			allowed = entry_fits(entry, length, host, port);
			entry += length;
			entry += strspn(entry, separators);
		}
	}
	free(host);
	free(port);
	curl_url_cleanup(handle);
	return allowed;
}

/*
 * A service's base URL with its version: the segment ("/v2") is appended
 * unless the path already has a segment v<digit>, perhaps followed by a
 * project.  A slash at the end is dropped.  *root is set to the URL up to the
 * version.  Both are palloc'd.
 */
char *
imagecat_versioned_url(const char *url, const char *segment, char **root)
{
	size_t		length = strlen(url);
	const char *host = strstr(url, "://");

	while (length > 0 && url[length - 1] == '/')
		length--;
	for (const char *slash = host ? strchr(host + 3, '/') : NULL;
		 slash != NULL && slash < url + length; slash = strchr(slash + 1, '/'))
		if (slash[1] == 'v' && slash[2] >= '0' && slash[2] <= '9')
		{
			*root = pnstrdup(url, slash - url);
			return pnstrdup(url, length);
		}
	*root = pnstrdup(url, length);
	return psprintf("%s%s", *root, segment);
}
