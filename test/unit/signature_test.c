/*-------------------------------------------------------------------------
 *
 * signature_test.c
 *	  Signatures are those that others published or compute: AK/SK's examples
 *	  in both forms, and private keys of every kind and file format, checked
 *	  by OpenSSL.
 *
 * Usage: signature_test [KEY FINGERPRINT]...	key files and what ssh-keygen says
 *
 * test/unit/signature_test.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "private_key.h"
#include "signature.h"
#include "tap.h"

/* The examples of shared vectors/aksk.json, and of Huawei's documentation. */
static const struct
{
	const char *name;
	AkskRequest request;
	const char *signature;
}			examples[] = {
	{"Huawei's SDK, GET",
		{"AccessKey", "SecretKey", "20200608T023900Z", "GET", "/resources?size=1",
			(SignedHeader[]) {{"host", "service.endpoint.myhuaweicloud.com"},
		{"x-sdk-date", "20200608T023900Z"}}, 2, ""},
	"cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842"},
	{"Huawei's SDK, POST",
		{"AccessKey", "SecretKey", "20200608T023900Z", "POST", "/resources?size=1",
			(SignedHeader[]) {{"host", "service.endpoint.myhuaweicloud.com"},
		{"x-sdk-date", "20200608T023900Z"}}, 2, "{\"name\":\"test\",\"id\":1}"},
	"436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f"},
	{"Open Telekom Cloud, no region",
		{"ak", "sk", "19700101T000001Z", "GET", "/",
			(SignedHeader[]) {{"host", "example.com"}, {"x-project-id", "project"},
		{"x-sdk-date", "19700101T000001Z"}}, 3, "", true, "", ""},
	"ec385090522c25504a5b574c7195ac56bf37081d90f74fc093a2676f906cb057"},
	{"Open Telekom Cloud, a region",
		{"ak", "sk", "19700101T000001Z", "GET", "/",
			(SignedHeader[]) {{"host", "example.com"}, {"x-project-id", "project"},
		{"x-sdk-date", "19700101T000001Z"}}, 3, "", true, "region", "service"},
	"8bdb0e44341d71482390afe6536fa5f3ecfa6da7956ee95d1f8a60b7ab871240"},
};

static void
test_aksk(void)
{
	for (int i = 0; i < (int) lengthof(examples); i++)
	{
		char	   *header = imagecat_aksk_authorization(&examples[i].request);
		const char *signature = strstr(header, "Signature=");

		is(signature ? signature + 10 : NULL, examples[i].signature, "%s",
		   examples[i].name);
	}
	is(imagecat_aksk_query("b=2&a=1&__os_type=Linux"),
	   "__os_type=Linux&a=1&b=2", "parameters are sorted");
	is(imagecat_aksk_query("t=2026-01-02T03:04:05Z&tag=a%3db%20c&x"),
	   "t=2026-01-02T03%3A04%3A05Z&tag=a%3Db%20c&x=", "and strictly encoded");
	is(imagecat_aksk_query("a-b=1&a=2&a=1"), "a=1&a=2&a-b=1",
	   "a name comes before the longer ones");
	is(imagecat_aksk_query("n=%E5%9B%BD%2B~*"), "n=%E5%9B%BD%2B~%2A",
	   "bytes beyond ASCII stay encoded");
	is(imagecat_aksk_query(""), "", "no query");
}

static void
test_parts(void)
{
	is(imagecat_http_date(1388973093), "Mon, 06 Jan 2014 01:51:33 GMT", "a Date header");
	is(imagecat_basic_date(1), "19700101T000001Z", "a basic date");
	is(imagecat_url_target("http://h:1/a/b?c=d"), "/a/b?c=d", "a target");
	is(imagecat_url_target("http://h"), "/", "a target without a path");
	is(imagecat_url_host("https://h.example:443/x"), "h.example", "the scheme's port is left out");
	is(imagecat_url_host("https://h.example:80/x"), "h.example:80", "another is not");
	is(imagecat_url_host("http://[::1]:8080/x"), "[::1]:8080", "an IPv6 address");
	is(imagecat_url_host("http://h?x"), "h", "a host alone");
}

/* Whether the signature is one by that key. */
static bool
verify(EVP_PKEY *key, const char *text, const char *signature)
{
	const char *algorithm = imagecat_key_algorithm(key);
	const EVP_MD *digest = strcmp(algorithm, "ed25519-sha512") == 0 ? NULL :
	strstr(algorithm, "sha512") ? EVP_sha512() : EVP_sha256();
	unsigned char bytes[1024];
	int			length = EVP_DecodeBlock(bytes, (const unsigned char *) signature,
										 (int) strlen(signature));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool		good;

	for (const char *p = strchr(signature, '='); p != NULL && *p != '\0'; p++)
		length--;
	good = EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
		EVP_DigestVerify(context, bytes, (size_t) length,
						 (const unsigned char *) text, strlen(text)) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static void
test_key_file(const char *path, const char *fingerprint)
{
	char		pem[16384];
	FILE	   *file = fopen(path, "r");
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *problem = NULL;
	EVP_PKEY   *key;
	char	   *signature;

	if (file == NULL)
	{
		ok(false, "%s can be opened", path);
		return;
	}
	pem[fread(pem, 1, sizeof(pem) - 1, file)] = '\0';
	fclose(file);
	key = imagecat_key_parse(pem, &problem);
	if (strcmp(fingerprint, "none") == 0)
	{
		ok(key == NULL && problem != NULL, "%s is refused: %s", name, problem);
		return;
	}
	ok(key != NULL, "%s is read", name);
	if (key == NULL)
		return;
	is(imagecat_key_fingerprint(key), fingerprint, "%s: its fingerprint", name);
	signature = imagecat_key_sign(key, "date: now");
	ok(signature != NULL && verify(key, "date: now", signature) &&
	   !verify(key, "date: later", signature), "%s: its signature, %s", name,
	   imagecat_key_algorithm(key));
	EVP_PKEY_free(key);

	/* Any shorter text is refused, and nothing behind its end is read. */
	for (size_t length = strlen(pem) - 40; length > 0; length -= Min(length, 97))
	{
		char	   *cut = pnstrdup(pem, length);

		if ((key = imagecat_key_parse(cut, &problem)) != NULL)
			ok(false, "%s: cut to %zu bytes it is refused", name, length);
		EVP_PKEY_free(key);
		pfree(cut);
	}
}

int
main(int argc, char **argv)
{
	test_aksk();
	test_parts();
	for (int i = 1; i + 1 < argc; i += 2)
		test_key_file(argv[i], argv[i + 1]);
	return tap_done();
}
