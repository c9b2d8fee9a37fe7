/*-------------------------------------------------------------------------
 *
 * auth.c
 *	  Signing requests in: the headers that a service's credentials make.
 *
 * src/auth/auth.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/auth.h"

/* The headers, as a list of palloc'd "Name: value"; NIL without credentials. */
List *
imagecat_auth_headers(const ImageService *service)
{
	if (service->token == NULL)
		return NIL;
	return list_make1(psprintf("X-Auth-Token: %s", service->token));
}
