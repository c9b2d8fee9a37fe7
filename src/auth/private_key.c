/*-------------------------------------------------------------------------
 *
 * private_key.c
 *	  Private keys in PEM, and signatures by them.
 *
 * src/auth/private_key.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "auth/private_key.h"
#include "lib/stringinfo.h"

/* The types of keys that CloudAPI takes. */
static const struct
{
	int			type;
	const char *curve;			/* OpenSSL's name, or NULL */
	const char *ssh_type;
	const char *ssh_curve;
	const char *algorithm;		/* the name in the Authorization header */
	const EVP_MD *(*digest) (void); /* NULL: the key's own */
}			kinds[] = {
	{EVP_PKEY_RSA, NULL, "ssh-rsa", NULL, "rsa-sha256", EVP_sha256},
	{EVP_PKEY_ED25519, NULL, "ssh-ed25519", NULL, "ed25519-sha512", NULL},
	{EVP_PKEY_EC, "prime256v1", "ecdsa-sha2-nistp256", "nistp256", "ecdsa-sha256", EVP_sha256},
	/* The service knows no ecdsa-sha384. */
	{EVP_PKEY_EC, "secp384r1", "ecdsa-sha2-nistp384", "nistp384", "ecdsa-sha256", EVP_sha256},
	{EVP_PKEY_EC, "secp521r1", "ecdsa-sha2-nistp521", "nistp521", "ecdsa-sha512", EVP_sha512},
};

/* The key's entry above, or -1. */
static int
key_kind(EVP_PKEY *key)
{
	int			type = EVP_PKEY_get_base_id(key);
	char		curve[64] = "";

	if (type == EVP_PKEY_EC)
		EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL);
	for (int i = 0; i < (int) lengthof(kinds); i++)
		if (kinds[i].type == type &&
			(kinds[i].curve == NULL || strcmp(kinds[i].curve, curve) == 0))
			return i;
	return -1;
}

/* Nobody is there to be asked for a passphrase. */
static int
no_passphrase(char *buffer, int size, int writing, void *arg)
{
	(void) buffer;
	(void) size;
	(void) writing;
	(void) arg;
	return -1;
}

/*
 * Reads a private key of RSA, ECDSA or Ed25519: PKCS #8, PKCS #1 or SEC 1 in
 * PEM, or what ssh-keygen writes.
 *
 * The caller frees it with EVP_PKEY_free.  NULL if it cannot be used, and then
 * *problem says what is accepted instead.
 */
EVP_PKEY *
imagecat_key_parse(const char *pem, const char **problem)
{
	EVP_PKEY   *key = NULL;
	BIO		   *bio;

	*problem = "The text of a private key is accepted, from \"-----BEGIN\" to \"KEY-----\" with its line breaks.";
	if (imagecat_is_openssh_key(pem))
		key = imagecat_openssh_key(pem, problem);
	else if (strstr(pem, "ENCRYPTED") != NULL)
		*problem = "A private key without a passphrase is accepted; \"openssl pkey\" writes one.";
	else
	{
		bio = BIO_new_mem_buf(pem, -1);
		if (bio != NULL)
			key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
		BIO_free(bio);
	}
	ERR_clear_error();
	if (key != NULL && key_kind(key) < 0)
	{
		EVP_PKEY_free(key);
		key = NULL;
		*problem = "A key of type RSA, ECDSA (P-256, P-384, P-521) or Ed25519 is accepted.";
	}
	return key;
}

/* What is wrong with a private key, as imagecat_key_parse tells; else NULL. */
const char *
imagecat_key_problem(const char *pem)
{
	const char *problem;
	EVP_PKEY   *key = imagecat_key_parse(pem, &problem);

	if (key == NULL)
		return problem;
	EVP_PKEY_free(key);
	return NULL;
}

/* The algorithm of imagecat_key_sign, by the name that http-signature has. */
const char *
imagecat_key_algorithm(EVP_PKEY *key)
{
	return kinds[key_kind(key)].algorithm;
}

/*
 * The signature of a text, in base64 and palloc'd; ECDSA's is in DER.  NULL if
 * OpenSSL fails.
 */
char *
imagecat_key_sign(EVP_PKEY *key, const char *text)
{
	const EVP_MD *(*digest) (void) = kinds[key_kind(key)].digest;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t		length = EVP_PKEY_get_size(key);
	unsigned char *signature = palloc(length);
	char	   *encoded = NULL;

	if (context != NULL &&
		EVP_DigestSignInit(context, NULL, digest ? digest() : NULL, NULL, key) == 1 &&
		EVP_DigestSign(context, signature, &length,
					   (const unsigned char *) text, strlen(text)) == 1)
	{
		encoded = palloc((length + 2) / 3 * 4 + 1);
		EVP_EncodeBlock((unsigned char *) encoded, signature, (int) length);
	}
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	pfree(signature);
	return encoded;
}

/* A string of the SSH protocol: four bytes of length, then the bytes. */
static void
append_string(StringInfo blob, const void *bytes, size_t length)
{
	unsigned char size[4] = {
		(unsigned char) (length >> 24), (unsigned char) (length >> 16),
		(unsigned char) (length >> 8), (unsigned char) length
	};

	appendBinaryStringInfo(blob, (char *) size, sizeof(size));
	appendBinaryStringInfo(blob, bytes, (int) length);
}

/* A number of the key, with a zero in front where its first bit is set. */
static bool
append_number(StringInfo blob, EVP_PKEY *key, const char *name)
{
	BIGNUM	   *number = NULL;
	unsigned char *bytes;
	int			length;

	if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
		return false;
	length = BN_num_bits(number) / 8 + 1;
	bytes = palloc(length);
	BN_bn2binpad(number, bytes, length);
	append_string(blob, bytes, length);
	BN_free(number);
	return true;
}

/* The public key as ssh writes it, before base64. */
static bool
append_public_key(StringInfo blob, EVP_PKEY *key)
{
	int			kind = key_kind(key);
	unsigned char point[256];
	size_t		length = sizeof(point);

	append_string(blob, kinds[kind].ssh_type, strlen(kinds[kind].ssh_type));
	if (kinds[kind].type == EVP_PKEY_RSA)
		return append_number(blob, key, OSSL_PKEY_PARAM_RSA_E) &&
			append_number(blob, key, OSSL_PKEY_PARAM_RSA_N);
	if (kinds[kind].type == EVP_PKEY_ED25519)
	{
		if (EVP_PKEY_get_raw_public_key(key, point, &length) != 1)
			return false;
	}
	else
	{
		append_string(blob, kinds[kind].ssh_curve, strlen(kinds[kind].ssh_curve));
		if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
											sizeof(point), &length) != 1)
			return false;
		/* SSH has no compressed points, and no key generator writes them. */
	}
	append_string(blob, point, length);
	return true;
}

/*
 * The key's MD5 fingerprint, aa:bb:..., by which CloudAPI knows keys; palloc'd.
 * NULL if it cannot be computed.
 */
char *
imagecat_key_fingerprint(EVP_PKEY *key)
{
	StringInfoData blob;
	StringInfoData text;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	initStringInfo(&blob);
	initStringInfo(&text);
	if (!append_public_key(&blob, key) ||
		EVP_Digest(blob.data, blob.len, digest, &length, EVP_md5(), NULL) != 1)
	{
		ERR_clear_error();
		return NULL;
	}
	for (unsigned int i = 0; i < length; i++)
		appendStringInfo(&text, "%s%02x", i > 0 ? ":" : "", digest[i]);
	return text.data;
}
