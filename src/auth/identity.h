/*-------------------------------------------------------------------------
 *
 * identity.h
 *	  Talking to an identity service: JSON out, JSON back, a token from it.
 *
 * src/auth/identity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_IDENTITY_H
#define IMAGECAT_IDENTITY_H

#include <json-c/json.h>

#include "auth/method.h"
#include "lib/stringinfo.h"

/* Building a body; a name of NULL is an element or the outermost value. */
extern void imagecat_open_object(StringInfo json, const char *name);
extern void imagecat_close_object(StringInfo json);
extern void imagecat_add_text(StringInfo json, const char *name,
							  const char *value);

/* Reading an answer; NULL where there is none of that type. */
extern json_object *imagecat_member_object(json_object *object, const char *name);
extern json_object *imagecat_member_array(json_object *object, const char *name);
extern const char *imagecat_member_string(json_object *object, const char *name);

extern json_object *imagecat_identity_ask(const struct ImageAuth *auth,
										  const char *url, List *headers,
										  StringInfo body,
										  HttpRequest **request,
										  HttpStats *stats);
extern AuthToken *imagecat_identity_token(const struct ImageAuth *auth,
										  const HttpRequest *request,
										  const char *id, const char *issued_at,
										  const char *expires_at);
extern _Noreturn void imagecat_report_identity_answer(const struct ImageAuth *auth,
													  const char *problem);

/* catalog.c */
extern char *imagecat_catalog_url(const struct ImageAuth *auth,
								  json_object *catalog, const char *region);

/* keystone_v2.c */
extern void imagecat_add_tenant(StringInfo json, const AuthOptions *options);
extern AuthToken *imagecat_keystone_v2(const struct ImageAuth *auth,
									   const char *root, StringInfo body,
									   HttpStats *stats);
extern _Noreturn void imagecat_report_no_scope(const struct ImageAuth *auth);

#endif							/* IMAGECAT_IDENTITY_H */
