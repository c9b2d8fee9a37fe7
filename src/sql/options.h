/*-------------------------------------------------------------------------
 *
 * options.h
 *	  The options of servers, user mappings, tables and columns.
 *
 * src/sql/options.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_OPTIONS_H
#define IMAGECAT_OPTIONS_H

#include "postgres.h"

#include "foreign/foreign.h"
#include "nodes/pg_list.h"
#include "scan/service.h"

/* options.c */
extern const char *imagecat_option(const List *options, const char *name);
extern int	imagecat_milliseconds(const char *value);
extern int64 imagecat_bytes(const char *value);
extern const char *imagecat_closest(const char *word, const List *words);

/* server.c */
extern ImageService *imagecat_service(Oid serverid, Oid userid);
extern ForeignServer *imagecat_server(const char *name);

#endif							/* IMAGECAT_OPTIONS_H */
