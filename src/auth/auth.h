/*-------------------------------------------------------------------------
 *
 * auth.h
 *	  Signing requests in.
 *
 * src/auth/auth.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_AUTH_H
#define IMAGECAT_AUTH_H

#include "scan/service.h"

extern List *imagecat_auth_headers(const ImageService *service);

#endif							/* IMAGECAT_AUTH_H */
