/*-------------------------------------------------------------------------
 *
 * image_scan.c
 *	  The images that a query wants of a service, one after the other.
 *
 *	  A query may take several listings: Glance never shows hidden and visible
 *	  images in one, long lists are split, and the branches of an OR have one
 *	  each.  Without an order they are read one after the other, with one they
 *	  are merged.
 *
 * src/scan/image_scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "row/json.h"
#include "scan/image_scan.h"
#include "scan/statistics.h"
#include "scan/version.h"
#include "text_key.h"
#include "utils/memutils.h"
#include "wire/multiplexer.h"

/* What an image is sorted by. */
typedef struct SortValue
{
	TimestampTz time;
	char	   *text;			/* grows as needed */
	size_t		size;
} SortValue;

/* A listing and the image that it stands at. */
typedef struct Source
{
	Listing    *listing;
	const Filter *part;			/* see ImageRequest */
	bool		lookup;
	SortValue	value;
	bool		unread;			/* merging: it stands at an image that was not
								 * handed out */
	ImageScan  *proof;			/* of the listings, whether they have the
								 * image that it stands at; or NULL */
	bool		ended;
} Source;

struct ImageScan
{
	const ImageService *service;
	ImageQuery	query;
	HttpStats  *stats;
	MemoryContext context;		/* holds this struct */
	MemoryContext listings;		/* child of it, for one start */
	RequestPlan *plan;
	Source	   *sources;
	int			nsources;
	int			current;		/* the source whose image is next */
	bool		started;		/* all sources were, where that is at once */
	bool		listed;			/* any image of a listing so far */
	bool		ordered;		/* last has a value */
	HTAB	   *seen;			/* ids, where an image may come twice */
	SortValue	last;			/* the order must not go back behind it */
	HttpRequest *version_request;	/* NULL: none under way */
	bool		doubted;		/* the version is asked for because of: */
	ScanStep	doubted_step;
	bool		waiting;		/* it was pending, since: */
	int64		waiting_since;	/* on the clock of imagecat_multi_waited */
};

static ScanStep try_next(ImageScan *scan);

static void
start(ImageScan *scan)
{
	MemoryContext old;
	ListCell   *lc;

	MemoryContextReset(scan->listings);
	old = MemoryContextSwitchTo(scan->listings);
	scan->plan = imagecat_plan_requests(scan->service->dialect, &scan->query);
	scan->nsources = list_length(scan->plan->requests);
	scan->sources = palloc0(sizeof(Source) * Max(scan->nsources, 1));
	scan->current = 0;
	scan->started = false;
	scan->ordered = false;
	scan->seen = NULL;
	foreach(lc, scan->plan->requests)
	{
		ImageRequest *request = lfirst(lc);
		Source	   *source = &scan->sources[foreach_current_index(lc)];

		source->part = request->part;
		source->lookup = request->lookup;
		source->listing = imagecat_listing(scan->service, request, scan->plan,
										   scan->query.marker, scan->stats);
	}
	MemoryContextSwitchTo(old);
}

static ImageScan *
new_scan(const ImageService *service, const ImageQuery *query, HttpStats *stats)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "imagecat scan",
												  ALLOCSET_DEFAULT_SIZES);
	ImageScan  *scan = MemoryContextAllocZero(context, sizeof(ImageScan));

	scan->service = service;
	scan->query = *query;
	scan->stats = stats;
	scan->context = context;
	scan->listings = AllocSetContextCreate(context, "imagecat listings",
										   ALLOCSET_DEFAULT_SIZES);
	if (scan->query.version == 0)
		scan->query.version = imagecat_known_version(service);
	start(scan);
	return scan;
}

/*
 * Begins a scan.  Nothing is sent before the first image is asked for.
 *
 * The scan and all it holds, connections under way too, belong to the current
 * memory context; imagecat_scan_end ends it earlier.  service, the query's
 * contents and stats must outlive it.  At its end what stats counted meanwhile
 * is added to the server's counters, so two scans at a time need two stats.
 */
ImageScan *
imagecat_scan_begin(const ImageService *service, const ImageQuery *query,
					HttpStats *stats)
{
	ImageScan  *scan = new_scan(service, query, stats);
	MemoryContext old = MemoryContextSwitchTo(scan->context);

	imagecat_statistics_watch(service->serverid, stats);
	MemoryContextSwitchTo(old);
	return scan;
}

/* The image's member as text into value->text; false if it has none. */
static bool
member_text(ImageScan *scan, JsonSlice image, const char *member,
			SortValue *value)
{
	JsonSlice	slice;
	size_t		size;
	int			replaced = 0;

	if (!imagecat_json_member(image, member, &slice))
		return false;
	size = Max(imagecat_json_string_size(slice), slice.length) + 1;
	if (size > value->size)
	{
		value->text = value->text ? repalloc(value->text, size) :
			MemoryContextAlloc(scan->context, size);
		value->size = size;
	}
	if (imagecat_json_type(slice) == JSON_STRING)
		size = imagecat_json_string_decode(slice, value->text, &replaced);
	else
	{
		size = slice.length;
		memcpy(value->text, slice.bytes, size);
	}
	value->text[size] = '\0';
	return true;
}

static void
report_order(const ImageScan *scan)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_REPLY_HANDLE),
			 errmsg("server \"%s\" did not send its images in the order of \"%s\"",
					scan->service->name, scan->query.sort->member),
			 errhint("With \"SET imagecat.enable_pushdown = off\" they are sorted here.")));
}

/* What the source's image is sorted by; the service must send it. */
static void
read_sort_value(ImageScan *scan, Source *source)
{
	const DialectSortKey *key = scan->query.sort;

	if (!member_text(scan, imagecat_listing_image(source->listing), key->member,
					 &source->value) ||
		(key->is_time && !imagecat_parse_time(source->value.text,
											  strlen(source->value.text),
											  &source->value.time)))
		report_order(scan);
}

/* Below 0 if a comes before b in the order wanted. */
static int
compare_values(const ImageScan *scan, const SortValue *a, const SortValue *b)
{
	int			order;

	if (scan->query.sort->is_time)
		order = (a->time > b->time) - (a->time < b->time);
	else
		order = strcmp(a->text, b->text);
	return scan->query.descending ? -order : order;
}

/* Whether the image is one that its part of a split list asked for. */
static bool
in_part(ImageScan *scan, Source *source)
{
	int			low = 0;
	int			high;

	if (source->part == NULL)
		return true;

	/*
	 * A service that compares loosely sends an image for "a" and for "A", and
	 * these may be in two parts: each keeps its own.
	 */
	if (!member_text(scan, imagecat_listing_image(source->listing),
					 source->part->member, &source->value))
		return false;
	high = source->part->nvalues - 1;
	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = strcmp(source->value.text,
								   source->part->values[middle].text);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return false;
}

/* Whether the image is one that no full listing has, such as a deleted one. */
static bool
is_gone(ImageScan *scan, Source *source)
{
	const Dialect *dialect = scan->service->dialect;

	if (!scan->query.everything || dialect->gone_member == NULL ||
		!member_text(scan, imagecat_listing_image(source->listing),
					 dialect->gone_member, &source->value))
		return false;
	for (const char *const *value = dialect->gone_values; *value; value++)
		if (strcmp(source->value.text, *value) == 0)
			return true;
	return false;
}

/* Whether the image came before, where one may come twice. */
static bool
is_repeated(ImageScan *scan, Source *source)
{
	const Dialect *dialect = scan->service->dialect;
	char	  **entry;
	bool		found;

	if (!dialect->repeats_images && !scan->plan->repeats)
		return false;
	if (!member_text(scan, imagecat_listing_image(source->listing),
					 dialect->id_member, &source->value))
	{
		if (!scan->plan->repeats)
			return false;
		ereport(ERROR,
				(errcode(ERRCODE_FDW_REPLY_HANDLE),
				 errmsg("the answer of server \"%s\" has an image without id",
						scan->service->name)));
	}
	if (scan->seen == NULL)
		scan->seen = imagecat_text_hash("imagecat images", sizeof(char *), 1024,
										scan->listings);
	entry = hash_search(scan->seen, &source->value.text, HASH_ENTER, &found);
	if (!found)
		*entry = MemoryContextStrdup(scan->listings, source->value.text);
	return found;
}

/*
 * A scan of the listings for one image, in the one where it would be.  It ends
 * with the listings of this scan, if not earlier.
 */
static ImageScan *
begin_proof(ImageScan *scan, JsonSlice image, const char *id)
{
	const Dialect *dialect = scan->service->dialect;
	MemoryContext old = MemoryContextSwitchTo(scan->listings);
	ImageQuery	query = scan->query;
	JsonSlice	pass;
	ImageScan  *proof;

	query.listings_only = true;
	query.sort = NULL;
	query.limit = 0;
	query.filters = list_make1(imagecat_filter_text(FILTER_EQ, NULL,
													dialect->id_member,
													pstrdup(id)));
	if (dialect->pass_member != NULL &&
		imagecat_json_member(image, dialect->pass_member, &pass))
	{
		Filter	   *filter = imagecat_filter(FILTER_EQ, FILTER_BOOLEAN, NULL,
											 dialect->pass_member, 1);

		filter->values[0].boolean = imagecat_json_type(pass) == JSON_TRUE;
		query.filters = lappend(query.filters, filter);
	}
	proof = new_scan(scan->service, &query, scan->stats);
	MemoryContextSwitchTo(old);
	return proof;
}

/* Whether the image was looked up, and the listings may not have it. */
static bool
is_doubtful(ImageScan *scan, Source *source)
{
	const Dialect *dialect = scan->service->dialect;
	JsonSlice	image = imagecat_listing_image(source->listing);
	JsonSlice	member;

	return source->lookup && dialect->doubt_member != NULL &&
		(!imagecat_json_member(image, dialect->doubt_member, &member) ||
		 imagecat_json_type(member) == JSON_NULL) &&
		member_text(scan, image, dialect->id_member, &source->value);
}

/*
 * Whether the source's image is one of the table's (STEP_IMAGE) or not
 * (STEP_END).  The table is what the listings have, so where a look-up leaves
 * it in doubt they are asked.
 */
static ScanStep
prove(ImageScan *scan, Source *source)
{
	const char *id_member = scan->service->dialect->id_member;
	SortValue	value = {0};
	ScanStep	step;

	if (source->proof == NULL)
	{
		if (!is_doubtful(scan, source))
			return STEP_IMAGE;
		source->proof = begin_proof(scan, imagecat_listing_image(source->listing),
									source->value.text);
	}
	do							/* a service may compare loosely */
		step = try_next(source->proof);
	while (step == STEP_IMAGE &&
		   (!member_text(source->proof, imagecat_scan_image(source->proof),
						 id_member, &value) ||
			strcmp(value.text, source->value.text) != 0));
	if (step != STEP_PENDING)
	{
		imagecat_scan_end(source->proof);
		source->proof = NULL;
	}
	return step;
}

static ScanStep
advance(ImageScan *scan, Source *source)
{
	ScanStep	step;

	for (;;)
	{
		if (source->proof == NULL)
		{
			step = imagecat_listing_advance(source->listing);
			if (step != STEP_IMAGE)
				break;
			if (!in_part(scan, source) || is_gone(scan, source))
				continue;
		}
		step = prove(scan, source);
		if (step == STEP_PENDING)
			break;
		if (step == STEP_END)
			continue;
		scan->listed |= !source->lookup;
		if (!is_repeated(scan, source))
			break;
	}
	source->ended = step == STEP_END;
	source->unread = step == STEP_IMAGE;
	if (step == STEP_IMAGE && scan->query.sort != NULL)
		read_sort_value(scan, source);
	return step;
}

/* Whether there are listings, which come before the look-ups. */
static bool
has_listings(const ImageScan *scan)
{
	return scan->nsources > 0 && !scan->sources[0].lookup;
}

/*
 * No listing has an image left, or one was refused.  If no image has come of
 * any, the service may be too old for what it was asked: ask for its version;
 * STEP_IMAGE if the scan was started again in older words, else STEP_END.
 */
static ScanStep
start_again_for_version(ImageScan *scan)
{
	const Listing *refused = NULL;

	for (int i = 0; i < scan->nsources; i++)
		if (imagecat_listing_refused(scan->sources[i].listing))
			refused = scan->sources[i].listing;

	if (!scan->listed && has_listings(scan) &&
		scan->query.marker == NULL && scan->query.version == 0 &&
		scan->service->dialect->newest_rule > 0)
	{
		MemoryContext old = MemoryContextSwitchTo(scan->listings);

		scan->query.version = imagecat_ask_version(scan->service,
												   &scan->version_request,
												   scan->stats);
		MemoryContextSwitchTo(old);
		if (scan->query.version == 0)
			return STEP_PENDING;
		if (scan->query.version < scan->service->dialect->newest_rule)
		{
			start(scan);
			return STEP_IMAGE;
		}
	}
	if (refused != NULL && scan->query.marker != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"marker\": \"%s\"",
						scan->query.marker),
				 errdetail("Server \"%s\" refuses a listing that starts behind it.",
						   scan->service->name)));
	if (refused != NULL)
		imagecat_listing_fail(refused);
	return STEP_END;
}

/*
 * Sends the first request of each listing, as far as that needs no waiting; to
 * be called again while somebody waits.  It is for scans that read all of them
 * from the start: those in an order.  Raises what imagecat_auth_ready raises.
 */
void
imagecat_scan_start(ImageScan *scan)
{
	for (int i = 0; i < scan->nsources; i++)
		imagecat_listing_start(scan->sources[i].listing);
}

/* Without an order: one listing after the other. */
static ScanStep
next_in_turn(ImageScan *scan)
{
	if (scan->plan->at_once && !scan->started)
		imagecat_scan_start(scan);
	for (; scan->current < scan->nsources; scan->current++)
	{
		Source	   *source = &scan->sources[scan->current];
		ScanStep	step = advance(scan, source);

		if (step == STEP_PENDING)
			return step;
		scan->started = true;

		/* The next listing's first page comes while this one's last is read. */
		if (scan->current + 1 < scan->nsources &&
			imagecat_listing_near_end(source->listing) &&
			!imagecat_listing_refused(source->listing))
			imagecat_listing_start(scan->sources[scan->current + 1].listing);
		if (step == STEP_IMAGE || imagecat_listing_refused(source->listing))
			return step;
	}
	return STEP_END;
}

/* With an order: the first of all the listings' images. */
static ScanStep
next_in_order(ImageScan *scan)
{
	Source	   *first = NULL;
	bool		pending = false;

	for (int i = 0; i < scan->nsources; i++)
	{
		Source	   *source = &scan->sources[i];

		if (!source->unread && !source->ended &&
			advance(scan, source) == STEP_PENDING)
			pending = true;
	}
	if (pending)
		return STEP_PENDING;
	for (int i = 0; i < scan->nsources; i++)
		if (imagecat_listing_refused(scan->sources[i].listing))
			return STEP_END;

	for (int i = 0; i < scan->nsources; i++)
	{
		Source	   *source = &scan->sources[i];

		if (!source->ended &&
			(first == NULL ||
			 compare_values(scan, &source->value, &first->value) < 0))
		{
			first = source;
			scan->current = i;
		}
	}
	if (first == NULL)
		return STEP_END;
	first->unread = false;

	/* A service that ignores the sort must not pass for one that sorts. */
	if (scan->ordered && compare_values(scan, &first->value, &scan->last) < 0)
		report_order(scan);
	if (scan->query.sort->is_time)
		scan->last.time = first->value.time;
	else
	{
		if (first->value.size > scan->last.size)
		{
			scan->last.text = scan->last.text ?
				repalloc(scan->last.text, first->value.size) :
				MemoryContextAlloc(scan->context, first->value.size);
			scan->last.size = first->value.size;
		}
		strcpy(scan->last.text, first->value.text);
	}
	scan->ordered = true;
	return STEP_IMAGE;
}

static ScanStep
try_next(ImageScan *scan)
{
	for (;;)
	{
		ScanStep	step = scan->doubted_step;
		ScanStep	again;

		if (!scan->doubted)
		{
			bool		was_listed = scan->listed;

			step = scan->query.sort != NULL ? next_in_order(scan) :
				next_in_turn(scan);

			/* Only listings of everything say what an old service misreads. */
			if (scan->listed && !was_listed && scan->query.version == 0 &&
				scan->query.everything && scan->service->dialect->newest_rule > 0)
				imagecat_remember_version(scan->service,
										  scan->service->dialect->newest_rule);
			if (step == STEP_PENDING)
				return step;
		}

		/* An image that was looked up says nothing about the listings. */
		if (step == STEP_IMAGE && (scan->listed || !has_listings(scan)))
			return step;
		again = start_again_for_version(scan);
		scan->doubted = again == STEP_PENDING;
		scan->doubted_step = step;
		if (again != STEP_IMAGE)
			return scan->doubted ? STEP_PENDING : step;
	}
}

/*
 * Goes to the next image, without waiting; STEP_PENDING asks to be called again
 * after imagecat_multi_wait.
 *
 * Raises the errors of imagecat_auth_ready and imagecat_report_failure, and
 * ERRCODE_FDW_REPLY_HANDLE for an answer that cannot be right.
 */
ScanStep
imagecat_scan_advance(ImageScan *scan)
{
	ScanStep	step;

	if (scan->waiting)
		scan->stats->wait_time += imagecat_multi_waited() - scan->waiting_since;
	scan->waiting = false;
	step = try_next(scan);
	if (step == STEP_PENDING)
	{
		scan->waiting = true;
		scan->waiting_since = imagecat_multi_waited();
	}
	return step;
}

/*
 * Goes to the next image, waiting for it if need be; false at the end.  Raises
 * what imagecat_scan_advance raises, and acts on interrupts.
 */
bool
imagecat_scan_next(ImageScan *scan)
{
	for (;;)
	{
		uint64		seen = imagecat_multi_activity();
		ScanStep	step = imagecat_scan_advance(scan);

		if (step != STEP_PENDING)
			return step == STEP_IMAGE;
		imagecat_multi_wait(seen);
	}
}

/*
 * The image that imagecat_scan_next went to: valid until the next call of any
 * scan's, since all share the network.
 */
JsonSlice
imagecat_scan_image(const ImageScan *scan)
{
	return imagecat_listing_image(scan->sources[scan->current].listing);
}

/* Ends the scan, its requests too. */
void
imagecat_scan_end(ImageScan *scan)
{
	MemoryContextDelete(scan->context);
}

/* What is asked of the service. */
const RequestPlan *
imagecat_scan_plan(const ImageScan *scan)
{
	return scan->plan;
}
