/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  What all scans of a foreign server came to.
 *
 *	  The counters are in shared memory where the library is preloaded, else
 *	  each backend has its own.  A scan's counts are added at its end, be it
 *	  an error or a cancel: by a callback of its memory context, which may
 *	  not throw, and so finds its place in an array of fixed size.
 *
 * src/scan/statistics.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "scan/statistics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * Servers that are counted, of all databases together or of one backend.  One
 * more takes the place of the one that was not used for longest: dropped ones
 * go that way.
 */
#define SHARED_SERVERS	1000
#define OWN_SERVERS		100

typedef struct ServerEntry
{
	Oid			databaseid;
	Oid			serverid;
	uint64		used;			/* the clock at its last use */
	ServerStats stats;
} ServerEntry;

typedef struct Statistics
{
	int			room;
	int			count;
	uint64		clock;			/* one tick a scan */
	ServerEntry entries[FLEXIBLE_ARRAY_MEMBER];
} Statistics;

/* A scan, from its begin to its end. */
typedef struct Watch
{
	MemoryContextCallback callback;
	Oid			serverid;
	const HttpStats *stats;
	HttpStats	before;
} Watch;

static Statistics *statistics = NULL;
static LWLock *lock = NULL;		/* NULL: the backend's own */
static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static Size
size_of(int room)
{
	return offsetof(Statistics, entries) + sizeof(ServerEntry) * room;
}

static void
request_memory(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(size_of(SHARED_SERVERS));
	RequestNamedLWLockTranche("imagecat", 1);
}

static void
start_memory(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	statistics = ShmemInitStruct("imagecat statistics", size_of(SHARED_SERVERS),
								 &found);
	if (!found)
	{
		memset(statistics, 0, size_of(SHARED_SERVERS));
		statistics->room = SHARED_SERVERS;
	}
	lock = &GetNamedLWLockTranche("imagecat")->lock;
	LWLockRelease(AddinShmemInitLock);
}

/*
 * Shares the counters between all backends, if the library is being preloaded
 * by the postmaster; for _PG_init.
 */
void
imagecat_statistics_share(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_memory;
}

static void
acquire(LWLockMode mode)
{
	if (lock != NULL)
		LWLockAcquire(lock, mode);
}

static void
release(void)
{
	if (lock != NULL)
		LWLockRelease(lock);
}

/* The server's entry, or NULL; the lock is held. */
static ServerEntry *
find_entry(Oid serverid)
{
	for (int i = 0; i < (statistics ? statistics->count : 0); i++)
		if (statistics->entries[i].serverid == serverid &&
			statistics->entries[i].databaseid == MyDatabaseId)
			return &statistics->entries[i];
	return NULL;
}

/* A new entry for the server, in a free place or in the longest unused one. */
static ServerEntry *
new_entry(Oid serverid)
{
	ServerEntry *entry = &statistics->entries[0];

	if (statistics->count < statistics->room)
		entry = &statistics->entries[statistics->count++];
	else
		for (int i = 1; i < statistics->count; i++)
			if (statistics->entries[i].used < entry->used)
				entry = &statistics->entries[i];
	memset(entry, 0, sizeof(ServerEntry));
	entry->databaseid = MyDatabaseId;
	entry->serverid = serverid;
	entry->stats.since = GetCurrentTimestamp();
	return entry;
}

/* Memory context callback: the scan is over.  Must not throw. */
static void
on_scan_ended(void *arg)
{
	const Watch *watch = arg;
	const HttpStats *now = watch->stats;
	const HttpStats *before = &watch->before;
	ServerEntry *entry;
	HttpStats  *counted;

	if (now->requests == before->requests)
		return;
	acquire(LW_EXCLUSIVE);
	entry = find_entry(watch->serverid);
	if (entry == NULL)
		entry = new_entry(watch->serverid);
	entry->used = ++statistics->clock;
	counted = &entry->stats.counted;
	counted->requests += now->requests - before->requests;
	counted->pages += now->pages - before->pages;
	counted->images += now->images - before->images;
	counted->bytes += now->bytes - before->bytes;
	counted->retries += now->retries - before->retries;
	counted->errors += now->errors - before->errors;
	counted->wait_time += now->wait_time - before->wait_time;
	release();
}

/*
 * Adds what stats will have counted, when the current memory context is reset
 * or deleted, to the server's counters.  stats must outlive that.
 */
void
imagecat_statistics_watch(Oid serverid, const HttpStats *stats)
{
	Watch	   *watch = palloc0(sizeof(Watch));

	if (statistics == NULL)
	{
		statistics = MemoryContextAllocZero(TopMemoryContext, size_of(OWN_SERVERS));
		statistics->room = OWN_SERVERS;
	}
	watch->serverid = serverid;
	watch->stats = stats;
	watch->before = *stats;
	watch->callback.func = on_scan_ended;
	watch->callback.arg = watch;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &watch->callback);
}

/* The counters of a server of this database; zeros where it has none. */
ServerStats
imagecat_statistics(Oid serverid)
{
	ServerStats stats = {0};
	ServerEntry *entry;

	acquire(LW_SHARED);
	entry = find_entry(serverid);
	if (entry != NULL)
		stats = entry->stats;
	release();
	return stats;
}

/* Whether these are the counters of all backends. */
bool
imagecat_statistics_shared(void)
{
	return lock != NULL;
}

/* Starts the counters of that server, or of all in this database, anew. */
void
imagecat_statistics_reset(Oid serverid)
{
	TimestampTz now = GetCurrentTimestamp();

	acquire(LW_EXCLUSIVE);
	for (int i = 0; i < (statistics ? statistics->count : 0); i++)
	{
		ServerEntry *entry = &statistics->entries[i];

		if (entry->databaseid == MyDatabaseId &&
			(!OidIsValid(serverid) || entry->serverid == serverid))
			entry->stats = (ServerStats) {.since = now};
	}
	release();
}
