/*-------------------------------------------------------------------------
 *
 * openssh_key.c
 *	  Private keys in OpenSSH's own form, the only one that ssh-keygen writes
 *	  Ed25519 keys in, and which OpenSSL does not read.
 *
 *	  The form is described in OpenSSH's PROTOCOL.key: base64 of a magic word,
 *	  the names of cipher and key derivation, a number of keys, their public
 *	  halves, and one string with two equal check numbers and the keys.
 *
 * src/auth/openssh_key.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>

#include "auth/private_key.h"

#define HEAD	"-----BEGIN OPENSSH PRIVATE KEY-----"
#define TAIL	"-----END OPENSSH PRIVATE KEY-----"
#define MAGIC	"openssh-key-v1"	/* with the NUL at its end */

/* What is left of the bytes; none after an error. */
typedef struct Reader
{
	const unsigned char *at;
	size_t		left;
	bool		failed;
} Reader;

typedef struct Bytes
{
	const unsigned char *at;
	size_t		length;
} Bytes;

bool
imagecat_is_openssh_key(const char *pem)
{
	return strstr(pem, HEAD) != NULL;
}

static uint32
read_number(Reader *reader)
{
	const unsigned char *at = reader->at;

	if (reader->failed || reader->left < 4)
	{
		reader->failed = true;
		return 0;
	}
	reader->at += 4;
	reader->left -= 4;
	return (uint32) at[0] << 24 | (uint32) at[1] << 16 | (uint32) at[2] << 8 | at[3];
}

/* A string of the SSH protocol, in place; empty after an error. */
static Bytes
read_string(Reader *reader)
{
	size_t		length = read_number(reader);
	Bytes		bytes = {reader->at, length};

	if (reader->failed || length > reader->left)
	{
		reader->failed = true;
		return (Bytes) {(const unsigned char *) "", 0};
	}
	reader->at += length;
	reader->left -= length;
	return bytes;
}

static bool
equals(Bytes bytes, const char *text)
{
	return bytes.length == strlen(text) &&
		memcmp(bytes.at, text, bytes.length) == 0;
}

/* An EVP_PKEY from numbers and texts; the builder keeps copies. */
static EVP_PKEY *
build(const char *type, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY   *key = NULL;

	if (context == NULL || params == NULL ||
		EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *
read_rsa(Reader *reader)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D
	};
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM	   *numbers[lengthof(names)] = {NULL};
	bool		good = builder != NULL;
	EVP_PKEY   *key = NULL;

	for (int i = 0; i < (int) lengthof(names) && good; i++)
	{
		Bytes		bytes = read_string(reader);

		numbers[i] = BN_bin2bn(bytes.at, (int) bytes.length, NULL);
		good = numbers[i] != NULL &&
			OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]) == 1;
	}
	if (good && !reader->failed)
		key = build("RSA", builder);
	OSSL_PARAM_BLD_free(builder);
	for (int i = 0; i < (int) lengthof(names); i++)
		BN_clear_free(numbers[i]);
	return key;
}

static EVP_PKEY *
read_ecdsa(Reader *reader)
{
	static const char *const curves[][2] = {
		{"nistp256", "prime256v1"},
		{"nistp384", "secp384r1"},
		{"nistp521", "secp521r1"}
	};
	Bytes		curve = read_string(reader);
	Bytes		point = read_string(reader);
	Bytes		secret = read_string(reader);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM	   *number = BN_secure_new();
	const char *group = NULL;
	EVP_PKEY   *key = NULL;

	for (int i = 0; i < (int) lengthof(curves); i++)
		if (equals(curve, curves[i][0]))
			group = curves[i][1];
	if (group != NULL && builder != NULL && number != NULL && !reader->failed &&
		BN_bin2bn(secret.at, (int) secret.length, number) != NULL &&
		OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.at, point.length) == 1 &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
		key = build("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	BN_clear_free(number);
	return key;
}

/* The 32 bytes that matter are followed by the public key once more. */
static EVP_PKEY *
read_ed25519(Reader *reader)
{
	Bytes		secret;

	read_string(reader);
	secret = read_string(reader);
	if (reader->failed || secret.length != 64)
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret.at, 32);
}

static EVP_PKEY *
read_key(Reader *reader, const char **problem)
{
	Bytes		type;
	Bytes		inner;
	uint32		check;

	if (reader->left < sizeof(MAGIC) || memcmp(reader->at, MAGIC, sizeof(MAGIC)) != 0)
		return NULL;
	reader->at += sizeof(MAGIC);
	reader->left -= sizeof(MAGIC);
	if (!equals(read_string(reader), "none"))
	{
		*problem = "A private key without a passphrase is accepted; \"ssh-keygen -p\" removes it from a copy.";
		return NULL;
	}
	read_string(reader);		/* key derivation: none */
	read_string(reader);		/* and its options */
	if (read_number(reader) != 1)
		return NULL;
	read_string(reader);		/* the public key */
	inner = read_string(reader);
	*reader = (Reader) {inner.at, inner.length, reader->failed};
	check = read_number(reader);
	if (read_number(reader) != check)
		return NULL;
	type = read_string(reader);
	if (equals(type, "ssh-rsa"))
		return read_rsa(reader);
	if (equals(type, "ssh-ed25519"))
		return read_ed25519(reader);
	return read_ecdsa(reader);
}

/*
 * Reads a private key in OpenSSH's form.  The caller frees it with
 * EVP_PKEY_free.  NULL if it cannot be used; *problem is set where that has a
 * reason of its own.
 */
EVP_PKEY *
imagecat_openssh_key(const char *pem, const char **problem)
{
	const char *start = strstr(pem, HEAD) + strlen(HEAD);
	const char *end = strstr(start, TAIL);
	EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
	size_t		size = strlen(start) + 4;
	unsigned char *bytes = palloc(size);
	int			length = 0;
	int			rest = 0;
	EVP_PKEY   *key = NULL;

	if (context != NULL && end != NULL)
	{
		EVP_DecodeInit(context);
		if (EVP_DecodeUpdate(context, bytes, &length,
							 (const unsigned char *) start, (int) (end - start)) >= 0 &&
			EVP_DecodeFinal(context, bytes + length, &rest) == 1)
		{
			Reader		reader = {bytes, length + rest, false};

			key = read_key(&reader, problem);
		}
	}
	EVP_ENCODE_CTX_free(context);
	OPENSSL_cleanse(bytes, size);
	pfree(bytes);
	return key;
}
