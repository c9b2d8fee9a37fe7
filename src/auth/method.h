/*-------------------------------------------------------------------------
 *
 * method.h
 *	  What the ways to sign in have in common, for the files of auth/ alone.
 *
 *	  A method either fetches a token that is good for a while (sign_in), or
 *	  adds headers to each request (sign), or, as with a token, both.
 *
 * src/auth/method.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_METHOD_H
#define IMAGECAT_METHOD_H

#include "auth/auth.h"

/* A token as an identity service gave it out. */
typedef struct AuthToken
{
	char	   *id;
	int64		renew_at;		/* monotonic microseconds; PG_INT64_MAX: never */
	char	   *url;			/* the image service's, from the catalog; NULL
								 * where the server option url is set */
	uint64		serial;			/* no other token of this backend has it */
} AuthToken;

typedef struct AuthMethod
{
	const char *name;			/* value of the server option auth */
	const char *needs;			/* what the user mapping must have, for errors */
	const char *example;		/* of its options, for hints */

	/* whether the options have what it needs */
	bool		(*fits) (const AuthOptions *options);

	/*
	 * Fetches a token; NULL where there is none to fetch.  Gives NULL while
	 * an answer is awaited, and is called anew then: see
	 * imagecat_identity_ask.
	 */
	AuthToken  *(*sign_in) (const struct ImageAuth *auth, HttpStats *stats);

	/* adds headers to a request, and may write its URL in another way */
	void		(*sign) (struct ImageAuth *auth, SignedRequest *request);
} AuthMethod;

/* A sign-in under way. */
typedef struct SignIn
{
	MemoryContext context;		/* holds this struct and its requests */
	List	   *exchanges;		/* questions so far, see identity.c */
	int			asked;			/* of them in this call of the method */
} SignIn;

/* One service's credentials, and what became of them; see imagecat_auth. */
struct ImageAuth
{
	const ImageService *service;
	AuthOptions options;
	const AuthMethod *method;	/* NULL: not chosen yet */
	MemoryContext context;		/* holds this struct */
	Oid			mapping;		/* pg_user_mapping's row */
	uint64		generation;		/* see token_cache.c */
	AuthToken  *token;			/* NULL: none yet */
	SignIn	   *sign_in;		/* NULL: none under way */
	AuthEndpoint endpoint;		/* url NULL: not known yet */
	void	   *key;			/* http_signature: the parsed private key */
};

/* token_cache.c */
extern AuthToken *imagecat_token_copy(const AuthToken *token);
extern AuthToken *imagecat_token_cached(const struct ImageAuth *auth);
extern void imagecat_token_store(const struct ImageAuth *auth,
								 const AuthToken *token);
extern void imagecat_token_drop(const struct ImageAuth *auth, uint64 serial);

/* the methods */
extern bool imagecat_keystone_fits(const AuthOptions *options);
extern AuthToken *imagecat_keystone_sign_in(const struct ImageAuth *auth,
											HttpStats *stats);
extern bool imagecat_rackspace_fits(const AuthOptions *options);
extern AuthToken *imagecat_rackspace_sign_in(const struct ImageAuth *auth,
											 HttpStats *stats);
extern bool imagecat_http_signature_fits(const AuthOptions *options);
extern void imagecat_http_signature_sign(struct ImageAuth *auth,
										 SignedRequest *request);
extern bool imagecat_aksk_fits(const AuthOptions *options);
extern void imagecat_aksk_sign(struct ImageAuth *auth, SignedRequest *request);

#endif							/* IMAGECAT_METHOD_H */
