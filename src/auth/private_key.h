/*-------------------------------------------------------------------------
 *
 * private_key.h
 *	  Private keys in PEM, and signatures by them.
 *
 *	  Free of the server's error reports and memory contexts but for palloc,
 *	  so that a unit test can link it.
 *
 * src/auth/private_key.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_PRIVATE_KEY_H
#define IMAGECAT_PRIVATE_KEY_H

#include "postgres.h"

#include <openssl/evp.h>

extern EVP_PKEY *imagecat_key_parse(const char *pem, const char **problem);
extern const char *imagecat_key_problem(const char *pem);
extern const char *imagecat_key_algorithm(EVP_PKEY *key);
extern char *imagecat_key_sign(EVP_PKEY *key, const char *text);
extern char *imagecat_key_fingerprint(EVP_PKEY *key);

/* openssh_key.c */
extern bool imagecat_is_openssh_key(const char *pem);
extern EVP_PKEY *imagecat_openssh_key(const char *pem, const char **problem);

#endif							/* IMAGECAT_PRIVATE_KEY_H */
