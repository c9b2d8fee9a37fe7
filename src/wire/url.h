/*-------------------------------------------------------------------------
 *
 * url.h
 *	  Query strings, and which URLs may be asked.
 *
 * src/wire/url.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_URL_H
#define IMAGECAT_URL_H

#include "postgres.h"

#include "lib/stringinfo.h"

extern void imagecat_append_encoded(StringInfo url, const char *value);
extern size_t imagecat_encoded_length(const char *value);
extern const char *imagecat_check_url(const char *url);
extern bool imagecat_host_allowed(const char *url, const char *allowed_hosts);
extern char *imagecat_versioned_url(const char *url, const char *segment,
									char **root);

#endif							/* IMAGECAT_URL_H */
