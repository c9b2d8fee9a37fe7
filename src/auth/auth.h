/*-------------------------------------------------------------------------
 *
 * auth.h
 *	  Signing requests in: a URL goes in, and comes back with the headers that
 *	  prove who asks.
 *
 *	  Some services give out tokens and tell where the image service is
 *	  (Keystone, Rackspace), others want each request signed (CloudAPI, IMS).
 *	  Nothing is sent, and no credential looked at, before the first request.
 *
 * src/auth/auth.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_AUTH_H
#define IMAGECAT_AUTH_H

#include "scan/service.h"

/*
 * The options that say how to sign in; NULL where not set.  All are texts, so
 * that a table of names and offsets can fill them.
 */
typedef struct AuthOptions
{
	/* the server's */
	const char *method;			/* option auth */
	const char *auth_url;
	const char *region;
	const char *interface;
	const char *service_type;
	const char *service_name;

	/* the user mapping's */
	const char *token;
	const char *username;
	const char *user_id;
	const char *password;
	const char *user_domain_name;
	const char *user_domain_id;
	const char *project_name;
	const char *project_id;
	const char *project_domain_name;
	const char *project_domain_id;
	const char *domain_name;
	const char *domain_id;
	const char *application_credential_id;
	const char *application_credential_name;
	const char *application_credential_secret;
	const char *api_key;
	const char *login;
	const char *key_id;
	const char *private_key;
	const char *access_key;
	const char *secret_key;
	const char *security_token;
} AuthOptions;

/* Where a service is; both without a slash at the end. */
typedef struct AuthEndpoint
{
	const char *url;			/* with the API's version */
	const char *root;			/* without */
} AuthEndpoint;

/* A GET as it goes to the network. */
typedef struct SignedRequest
{
	const char *url;
	List	   *headers;		/* "Name: value" */
	uint64		serial;			/* of the token that is in them; 0: none */
} SignedRequest;

extern uint64 imagecat_auth_generation(void);
extern struct ImageAuth *imagecat_auth(const ImageService *service,
									   const AuthOptions *options,
									   Oid mapping, uint64 generation);
extern bool imagecat_auth_ready(const ImageService *service, HttpStats *stats);
extern const AuthEndpoint *imagecat_auth_endpoint(const ImageService *service);
extern const char *imagecat_auth_known_url(const ImageService *service);
extern SignedRequest imagecat_auth_sign(const ImageService *service,
										const char *url);
extern bool imagecat_auth_renew(const ImageService *service, uint64 serial);
extern void imagecat_auth_check_host(const ImageService *service,
									 const char *url);
extern bool imagecat_auth_has_credentials(const ImageService *service);
extern char *imagecat_auth_masked(const ImageService *service,
								  const char *words);
extern const char *const *imagecat_auth_names(void);

#endif							/* IMAGECAT_AUTH_H */
