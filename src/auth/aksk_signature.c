/*-------------------------------------------------------------------------
 *
 * aksk_signature.c
 *	  SDK-HMAC-SHA256, by which Huawei's clouds sign requests with an access
 *	  key and a secret key.
 *
 *	  There are two forms.  Huawei Cloud's has the secret key sign at once.
 *	  The older one, which Open Telekom Cloud kept, derives a key for a day, a
 *	  region and a service, as AWS does.  test/unit/signature_test.c has the
 *	  published examples of both.
 *
 * src/auth/aksk_signature.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "auth/signature.h"
#include "lib/stringinfo.h"

#define ALGORITHM	"SDK-HMAC-SHA256"

typedef struct Digest
{
	unsigned char bytes[SHA256_DIGEST_LENGTH];
} Digest;

static Digest
sha256(const char *text)
{
	Digest		digest;

	SHA256((const unsigned char *) text, strlen(text), digest.bytes);
	return digest;
}

static Digest
hmac(const void *key, size_t length, const char *text)
{
	Digest		digest;

	HMAC(EVP_sha256(), key, (int) length, (const unsigned char *) text,
		 strlen(text), digest.bytes, NULL);
	return digest;
}

static char *
hex(Digest digest)
{
	char	   *text = palloc(sizeof(digest.bytes) * 2 + 1);

	for (size_t i = 0; i < sizeof(digest.bytes); i++)
		sprintf(text + 2 * i, "%02x", digest.bytes[i]);
	return text;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Appends percent-encoded text in the one form that is signed, where all but
 * RFC 3986's unreserved characters are encoded, in upper case.
 */
static void
append_strictly(StringInfo text, const char *encoded, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) encoded[i];

		if (c == '%' && i + 2 < length && hex_value(encoded[i + 1]) >= 0 &&
			hex_value(encoded[i + 2]) >= 0)
		{
			c = (unsigned char) (hex_value(encoded[i + 1]) * 16 +
								 hex_value(encoded[i + 2]));
			i += 2;
		}
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			(c != '\0' && strchr("-_.~", c) != NULL))
			appendStringInfoChar(text, c);
		else
			appendStringInfo(text, "%%%02X", c);
	}
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * A query string in the form that is signed: strictly encoded, each parameter
 * with an equal sign, sorted; palloc'd.
 *
 * While they are sorted, the lowest of characters stands for the equal sign:
 * a name comes before the longer ones that begin with it.
 */
char *
imagecat_aksk_query(const char *query)
{
	int			count = 1;
	int			n = 0;
	char	  **pairs;
	StringInfoData text;

	for (const char *p = query; *p != '\0'; p++)
		count += *p == '&';
	pairs = palloc(sizeof(char *) * count);
	while (*query != '\0')
	{
		size_t		length = strcspn(query, "&");
		const char *equals = memchr(query, '=', length);
		size_t		name_length = equals ? (size_t) (equals - query) : length;
		StringInfoData pair;

		initStringInfo(&pair);
		append_strictly(&pair, query, name_length);
		appendStringInfoChar(&pair, '\001');
		if (equals != NULL)
			append_strictly(&pair, equals + 1, length - name_length - 1);
		if (length > 0)
			pairs[n++] = pair.data;
		query += length + (query[length] == '&');
	}
	qsort(pairs, n, sizeof(char *), compare_texts);
	initStringInfo(&text);
	for (int i = 0; i < n; i++)
	{
		*strchr(pairs[i], '\001') = '=';
		appendStringInfo(&text, "%s%s", i > 0 ? "&" : "", pairs[i]);
	}
	return text.data;
}

/* The path in the form that is signed, which ends with a slash. */
static void
append_path(StringInfo text, const char *path, size_t length)
{
	for (size_t i = 0; i < length;)
	{
		size_t		segment = strcspn(path + i, "/");

		segment = Min(segment, length - i);
		append_strictly(text, path + i, segment);
		appendStringInfoChar(text, '/');
		i += segment + 1;
	}
	if (length == 0)
		appendStringInfoChar(text, '/');
}

/* The request as one text, of which a digest is signed. */
static char *
canonical_request(const AkskRequest *request, const char *names)
{
	size_t		path_length = strcspn(request->target, "?");
	const char *query = request->target + path_length;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s\n", request->method);
	append_path(&text, request->target, path_length);
	appendStringInfo(&text, "\n%s\n",
					 imagecat_aksk_query(*query == '?' ? query + 1 : query));
	for (int i = 0; i < request->nheaders; i++)
		appendStringInfo(&text, "%s:%s\n", request->headers[i].name,
						 request->headers[i].value);
	appendStringInfo(&text, "\n%s\n%s", names, hex(sha256(request->body)));
	return text.data;
}

/* The key of that day, region and service. */
static Digest
scoped_key(const AkskRequest *request)
{
	char	   *seed = psprintf("SDK%s", request->secret_key);
	Digest		key = hmac(seed, strlen(seed), pnstrdup(request->date, 8));

	explicit_bzero(seed, strlen(seed));
	key = hmac(key.bytes, sizeof(key.bytes), request->region);
	key = hmac(key.bytes, sizeof(key.bytes), request->service);
	return hmac(key.bytes, sizeof(key.bytes), "sdk_request");
}

/* The value of the Authorization header; palloc'd. */
char *
imagecat_aksk_authorization(const AkskRequest *request)
{
	StringInfoData names;
	char	   *hash;
	char	   *scope;
	char	   *text;
	Digest		key;

	initStringInfo(&names);
	for (int i = 0; i < request->nheaders; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ";" : "", request->headers[i].name);
	hash = hex(sha256(canonical_request(request, names.data)));
	if (!request->scoped)
	{
		text = psprintf(ALGORITHM "\n%s\n%s", request->date, hash);
		return psprintf(ALGORITHM " Access=%s, SignedHeaders=%s, Signature=%s",
						request->access_key, names.data,
						hex(hmac(request->secret_key, strlen(request->secret_key), text)));
	}
	scope = psprintf("%.8s/%s/%s/sdk_request", request->date, request->region,
					 request->service);
	text = psprintf(ALGORITHM "\n%s\n%s\n%s", request->date, scope, hash);
	key = scoped_key(request);
	return psprintf(ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
					request->access_key, scope, names.data,
					hex(hmac(key.bytes, sizeof(key.bytes), text)));
}
