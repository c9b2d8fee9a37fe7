/*-------------------------------------------------------------------------
 *
 * imagecat.h
 *	  The module's settings.
 *
 * src/imagecat.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_H
#define IMAGECAT_H

#include "postgres.h"

extern bool imagecat_enable_pushdown;
extern bool imagecat_prefetch;
extern char *imagecat_allowed_hosts;

#endif							/* IMAGECAT_H */
