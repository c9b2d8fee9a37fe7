/*-------------------------------------------------------------------------
 *
 * token_cache.c
 *	  The tokens of this backend, by user mapping.
 *
 *	  Scans have copies, so that a token can be dropped here at any time: when
 *	  it was refused, and when any server or user mapping is altered.
 *
 *	  Each such change starts a new generation.  A scan notes the generation
 *	  when it reads its credentials, and has no part in the cache of another:
 *	  so credentials that have been replaced cannot leave a token behind, and
 *	  a scan does not change to another user half-way.
 *
 * src/auth/token_cache.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/method.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "wire/multiplexer.h"

typedef struct CacheEntry
{
	Oid			mapping;		/* key */
	AuthToken  *token;
	MemoryContext context;		/* holds the token */
} CacheEntry;

static HTAB *tokens = NULL;
static uint64 generation = 0;

static void
drop(CacheEntry *entry)
{
	Oid			mapping = entry->mapping;

	explicit_bzero(entry->token->id, strlen(entry->token->id));
	MemoryContextDelete(entry->context);
	hash_search(tokens, &mapping, HASH_REMOVE, NULL);
}

/*
 * A server or a mapping has changed, perhaps in a transaction that will be
 * rolled back; then this is called again.
 */
static void
on_change(Datum arg, int cacheid, uint32 hashvalue)
{
	HASH_SEQ_STATUS status;
	CacheEntry *entry;

	(void) arg;
	(void) cacheid;
	(void) hashvalue;
	generation++;
	hash_seq_init(&status, tokens);
	while ((entry = hash_seq_search(&status)) != NULL)
		drop(entry);
}

/*
 * The present generation.  To be asked for before the credentials are read:
 * a change while they are read is then seen as one.
 */
uint64
imagecat_auth_generation(void)
{
	if (tokens == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Oid),.entrysize = sizeof(CacheEntry)};

		tokens = hash_create("imagecat tokens", 16, &control,
							 HASH_ELEM | HASH_BLOBS);
		CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_change, (Datum) 0);
		CacheRegisterSyscacheCallback(USERMAPPINGOID, on_change, (Datum) 0);
	}
	return generation;
}

/* A copy in the current memory context. */
AuthToken *
imagecat_token_copy(const AuthToken *token)
{
	AuthToken  *copy = palloc(sizeof(AuthToken));

	*copy = *token;
	copy->id = pstrdup(token->id);
	copy->url = token->url ? pstrdup(token->url) : NULL;
	return copy;
}

/*
 * A copy of the mapping's token in the current memory context; NULL if there
 * is none that is still good for a while.
 */
AuthToken *
imagecat_token_cached(const struct ImageAuth *auth)
{
	CacheEntry *entry;

	if (auth->generation != generation)
		return NULL;
	entry = hash_search(tokens, &auth->mapping, HASH_FIND, NULL);
	if (entry == NULL || entry->token->renew_at <= imagecat_monotonic_time())
		return NULL;
	return imagecat_token_copy(entry->token);
}

/* Keeps a copy of the mapping's new token, in place of an older one. */
void
imagecat_token_store(const struct ImageAuth *auth, const AuthToken *token)
{
	MemoryContext context;
	MemoryContext old;
	AuthToken  *copy;
	CacheEntry *entry;

	if (auth->generation != generation)
		return;
	entry = hash_search(tokens, &auth->mapping, HASH_FIND, NULL);
	if (entry != NULL)
		drop(entry);
	context = AllocSetContextCreate(CurrentMemoryContext, "imagecat token",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	copy = imagecat_token_copy(token);
	MemoryContextSwitchTo(old);
	entry = hash_search(tokens, &auth->mapping, HASH_ENTER, NULL);
	entry->token = copy;
	entry->context = context;
	/* From here on nothing can fail, so that no error leaves half an entry. */
	MemoryContextSetParent(context, CacheMemoryContext);
}

/* Drops the mapping's token if it is the one with that serial number. */
void
imagecat_token_drop(const struct ImageAuth *auth, uint64 serial)
{
	CacheEntry *entry = hash_search(tokens, &auth->mapping, HASH_FIND, NULL);

	if (entry != NULL && entry->token->serial == serial)
		drop(entry);
}
