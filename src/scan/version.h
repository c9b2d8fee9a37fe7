/*-------------------------------------------------------------------------
 *
 * version.h
 *	  Which version of its API a service speaks.
 *
 * src/scan/version.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_VERSION_H
#define IMAGECAT_VERSION_H

#include "scan/service.h"

extern int	imagecat_known_version(const ImageService *service);
extern void imagecat_remember_version(const ImageService *service, int version);
extern int	imagecat_ask_version(const ImageService *service,
								 HttpRequest **request, HttpStats *stats);

#endif							/* IMAGECAT_VERSION_H */
