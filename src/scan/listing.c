/*-------------------------------------------------------------------------
 *
 * listing.c
 *	  The images of one request, page after page.
 *
 *	  The next page is asked for as soon as the present one has arrived, while
 *	  its images are still being read.  The service's own link to it only tells
 *	  that there is one: the request is built anew from the last image's id,
 *	  since such links lose repeated parameters and may lead elsewhere.
 *
 * src/scan/listing.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "auth/auth.h"
#include "imagecat.h"
#include "row/json.h"
#include "scan/failure.h"
#include "scan/listing.h"
#include "scan/retry.h"
#include "utils/memutils.h"
#include "wire/multiplexer.h"

/*
 * How many images back a listing can go when the one it would continue from
 * was deleted meanwhile.
 */
#define MAX_STEPS_BACK		16

/* Images between two looks at the network while a page is being read. */
#define IMAGES_PER_POLL		64

typedef struct Page
{
	HttpRequest *request;		/* NULL: not sent yet */
	char	   *marker;			/* the id that it continues from, or NULL */
	bool		ahead;			/* asked for before it was needed */
	uint64		serial;			/* of the token it was asked for with */
} Page;

struct Listing
{
	const ImageService *service;
	const ImageRequest *request;
	HttpStats  *stats;
	MemoryContext context;
	int			page_size;		/* of the next page */
	int			max_page_size;
	bool		limited;		/* no page is asked for before it is needed */
	bool		one_page;		/* see DialectSortKey */
	char	   *first_marker;

	Page	   *page;			/* the one being read */
	Page	   *previous;		/* kept until its last image proved a marker */
	Page	   *next;			/* asked for already, or NULL */
	size_t		index;			/* images of the page that were read */
	Retries		retries;		/* of this page */
	bool		reconnected;	/* likewise: it was repeated for no answer */
	bool		renewed;		/* likewise, signed in anew */
	bool		refused;		/* the first page was answered with 400 */
	bool		ended;

	/* the last image was deleted: continue from an earlier one */
	int			steps_back;

	/* Brent's cycle detection over markers */
	char	   *milestone;
	uint64		pages;
	uint64		next_milestone;
};

/*
 * The images of one request, in the current memory context and with it.
 *
 * Nothing is sent yet.  marker, or NULL, is the image to start behind.
 * service, request and stats must outlive the listing.
 */
Listing *
imagecat_listing(const ImageService *service, const ImageRequest *request,
				 const RequestPlan *plan, const char *marker,
				 HttpStats *stats)
{
	Listing    *listing = palloc0(sizeof(Listing));

	listing->service = service;
	listing->request = request;
	listing->stats = stats;
	listing->context = CurrentMemoryContext;
	listing->page_size = plan->page_size;
	listing->max_page_size = plan->max_page_size;
	listing->limited = plan->limited;
	listing->one_page = plan->one_page;
	listing->first_marker = marker ? pstrdup(marker) : NULL;
	listing->next_milestone = 1;
	return listing;
}

static Page *
make_page(Listing *listing, char *marker, bool ahead)
{
	Page	   *page = MemoryContextAllocZero(listing->context, sizeof(Page));

	page->marker = marker;
	page->ahead = ahead;
	return page;
}

/*
 * Sends the page's request, unless that was done before; false while it has
 * to be signed in first.
 */
static bool
ask_page(Listing *listing, Page *page)
{
	const ImageService *service = listing->service;
	const Dialect *dialect = service->dialect;
	const char *target;
	SignedRequest signed_request;
	List	   *headers;
	MemoryContext old;

	if (page->request != NULL)
		return true;
	if (!imagecat_auth_ready(service, listing->stats))
		return false;
	target = imagecat_request_target(dialect, listing->request,
									 listing->page_size, page->marker);
	signed_request = imagecat_auth_sign(service,
										psprintf("%s%s", imagecat_auth_endpoint(service)->url,
												 target));
	headers = lappend(signed_request.headers, "Accept: application/json");
	for (const char *const *header = dialect->headers;
		 header != NULL && *header != NULL; header++)
		headers = lappend(headers, (char *) *header);
	page->serial = signed_request.serial;
	old = MemoryContextSwitchTo(listing->context);
	page->request = imagecat_http_start(signed_request.url, headers,
										&service->http,
										listing->request->lookup ?
										&dialect->item : &dialect->list,
										listing->stats);
	MemoryContextSwitchTo(old);
	return true;
}

static void
free_page(Page **page)
{
	if (*page == NULL)
		return;
	imagecat_http_free((*page)->request);
	pfree(*page);
	*page = NULL;
}

/* Sends the first request, unless that was done before or sign-in takes time. */
void
imagecat_listing_start(Listing *listing)
{
	if (listing->ended)
		return;
	if (listing->page == NULL)
		listing->page = make_page(listing, listing->first_marker, false);
	ask_page(listing, listing->page);
}

/* The id of an image, palloc'd in the listing's context; NULL if it has none. */
static char *
image_id(const Listing *listing, JsonSlice image)
{
	JsonSlice	value;
	char	   *id;
	int			replaced = 0;

	if (!imagecat_json_member(image, listing->service->dialect->id_member, &value) ||
		imagecat_json_type(value) != JSON_STRING)
		return NULL;
	id = MemoryContextAlloc(listing->context,
							imagecat_json_string_size(value) + 1);
	id[imagecat_json_string_decode(value, id, &replaced)] = '\0';
	return id;
}

/* Whether more pages may follow this whole one. */
static bool
has_next(const Listing *listing)
{
	PageReader *reader = imagecat_http_page(listing->page->request);
	JsonSlice	next = imagecat_page_next_value(reader);
	JsonSlice	link;
	JsonIterator iterator;

	if (listing->request->lookup || listing->service->dialect->marker_key == NULL)
		return false;
	if (listing->request->until_empty)
		return imagecat_page_count(reader) > 0;
	switch (imagecat_json_type(next))
	{
		case JSON_NULL:
		case JSON_FALSE:
			return false;
		case JSON_ARRAY:
			iterator = imagecat_json_iterate(next);
			return imagecat_json_next_element(&iterator, &link);
		default:
			return true;
	}
}

static void
report_bad_paging(const Listing *listing, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_REPLY_HANDLE),
			 errmsg("the pages of server \"%s\" do not come to an end",
					listing->service->name),
			 errdetail("%s", detail)));
}

/*
 * The marker of the page after this one: the id of its last image, or of one
 * that is so many steps before; NULL if it has no such image.
 */
static char *
next_marker(Listing *listing, const Page *page, int steps_back)
{
	PageReader *reader = imagecat_http_page(page->request);
	size_t		count = imagecat_page_count(reader);
	char	   *marker;

	if (count == 0)
		report_bad_paging(listing, "A page without images announces another.");
	if (count <= (size_t) steps_back)
		return NULL;
	marker = image_id(listing,
					  imagecat_page_object(reader, count - 1 - steps_back));
	if (marker == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_REPLY_HANDLE),
				 errmsg("the answer of server \"%s\" has an image without id",
						listing->service->name)));
	return marker;
}

/* Markers that come again would go on for ever. */
static void
check_progress(Listing *listing, const char *marker)
{
	if ((listing->page->marker != NULL &&
		 strcmp(listing->page->marker, marker) == 0) ||
		(listing->milestone != NULL && strcmp(listing->milestone, marker) == 0))
		report_bad_paging(listing, psprintf("The page after image \"%s\" brings nothing new.",
											marker));
	if (++listing->pages == listing->next_milestone)
	{
		listing->next_milestone *= 2;
		listing->milestone = MemoryContextStrdup(listing->context, marker);
	}
}

/* The page after this whole one. */
static Page *
make_next_page(Listing *listing, bool ahead)
{
	char	   *marker;

	if (listing->one_page)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_REPLY_HANDLE),
				 errmsg("server \"%s\" sent less than was asked for", listing->service->name),
				 errdetail("Paging through an order that changes may lose images."),
				 errhint("Set the server option \"page_size\" to the largest page that the service gives.")));
	marker = next_marker(listing, listing->page, 0);
	check_progress(listing, marker);
	/* A limit that did not suffice was a bad guess: ask for more. */
	if (listing->limited)
		listing->page_size = Min(listing->page_size * 4, listing->max_page_size);
	return make_page(listing, marker, ahead);
}

static void
ask_again(Listing *listing, char *marker)
{
	free_page(&listing->page);
	listing->page = make_page(listing, marker, false);
}

/*
 * The page being read has failed.  It is to be asked for again, the listing
 * has ended, or there is an error; false while it pauses before a new try.
 */
static bool
recover(Listing *listing)
{
	Page	   *page = listing->page;
	const HttpRequest *request = page->request;
	HttpOutcome outcome = imagecat_http_outcome(request);
	int			status = imagecat_http_status(request);

	/* An image that is not there is no row; a path that is not there is an error. */
	if (outcome == HTTP_DONE && status == 404 && listing->request->lookup &&
		imagecat_is_service_error(listing->service, request))
	{
		listing->ended = true;
		return true;
	}
	if (outcome == HTTP_DONE && status == 400 && page->marker == listing->first_marker)
	{
		listing->refused = true;
		listing->ended = true;
		return true;
	}

	/* The marker's image was deleted: continue from the one before it. */
	if (outcome == HTTP_DONE && (status == 400 || status == 404) &&
		listing->previous != NULL && listing->steps_back < MAX_STEPS_BACK - 1)
	{
		char	   *marker;

		listing->steps_back++;
		marker = next_marker(listing, listing->previous, listing->steps_back);
		if (marker == NULL)
			marker = listing->previous->marker;
		ask_again(listing, marker);
		return true;
	}

	/* While nobody looked, a connection asked ahead may have been dropped. */
	if (page->ahead && listing->index == 0 && !listing->reconnected &&
		(outcome == HTTP_CUT || outcome == HTTP_NO_CONNECTION ||
		 outcome == HTTP_TIMED_OUT))
	{
		listing->reconnected = true;
		listing->stats->retries++;
		ask_again(listing, page->marker);
		return true;
	}

	/* The token expired, or was revoked; a second 401 has another reason. */
	if (outcome == HTTP_DONE && status == 401 && !listing->renewed &&
		imagecat_auth_renew(listing->service, page->serial))
	{
		listing->renewed = true;
		listing->stats->retries++;
		ask_again(listing, page->marker);
		return true;
	}
	switch (imagecat_retry(listing->service, &listing->retries, request,
						   listing->stats))
	{
		case RETRY_NOW:
			ask_again(listing, page->marker);
			return true;
		case RETRY_LATER:
			return false;
		case RETRY_NEVER:
			break;
	}
	imagecat_report_failure(listing->service, request);
}

/* After a step back, images that the previous page had come again. */
static bool
seen_before(const Listing *listing, JsonSlice image)
{
	PageReader *reader;
	size_t		count;
	char	   *id;

	if (listing->steps_back == 0 || listing->previous == NULL ||
		(id = image_id(listing, image)) == NULL)
		return false;
	reader = imagecat_http_page(listing->previous->request);
	count = imagecat_page_count(reader);
	for (int i = 0; i < listing->steps_back && (size_t) i < count; i++)
	{
		char	   *seen = image_id(listing,
									imagecat_page_object(reader, count - 1 - i));

		if (seen != NULL && strcmp(seen, id) == 0)
			return true;
	}
	return false;
}

static bool
is_success(const HttpRequest *request)
{
	HttpOutcome outcome = imagecat_http_outcome(request);
	int			status = imagecat_http_status(request);

	return outcome == HTTP_UNDER_WAY ||
		(outcome == HTTP_DONE && (status == 200 || status == 203));
}

/*
 * Goes to the next image, without waiting.
 *
 * Raises what imagecat_auth_ready and imagecat_report_failure raise; an answer
 * that is not whole is an error, never the end.
 */
ScanStep
imagecat_listing_advance(Listing *listing)
{
	imagecat_listing_start(listing);
	while (!listing->ended)
	{
		HttpRequest *request;
		PageReader *reader;

		if (!ask_page(listing, listing->page))
			return STEP_PENDING;
		request = listing->page->request;
		reader = imagecat_http_page(request);
		if (imagecat_page_count(reader) <= listing->index)
		{
			if (!imagecat_http_ready(request, listing->index))
				return STEP_PENDING;
		}
		else if (listing->index % IMAGES_PER_POLL == 0)
			imagecat_multi_poll();

		/*
		 * Images that came before a failure are not handed out once it is
		 * known: they could only delay the error.
		 */
		if (!is_success(request))
		{
			if (!recover(listing))
				return STEP_PENDING;
			continue;
		}
		if (imagecat_http_outcome(request) == HTTP_DONE && listing->next == NULL &&
			!listing->limited && imagecat_prefetch && has_next(listing) &&
			imagecat_auth_ready(listing->service, listing->stats))
		{
			listing->next = make_next_page(listing, true);
			ask_page(listing, listing->next);
		}

		if (listing->index < imagecat_page_count(reader))
		{
			if (listing->index > MAX_STEPS_BACK)
				imagecat_http_release(request, listing->index - MAX_STEPS_BACK);
			if (listing->index++ == 0)
			{
				listing->stats->pages++;
				if (listing->steps_back == 0)
					free_page(&listing->previous);
			}
			if (seen_before(listing, imagecat_listing_image(listing)))
				continue;
			listing->stats->images++;
			return STEP_IMAGE;
		}

		/* The page is at its end. */
		if (listing->index == 0)
			listing->stats->pages++;
		if (!has_next(listing))
		{
			listing->ended = true;
			return STEP_END;
		}
		if (listing->next == NULL)
			listing->next = make_next_page(listing, false);
		free_page(&listing->previous);
		listing->previous = listing->page;
		listing->page = listing->next;
		listing->next = NULL;
		listing->index = 0;
		listing->retries = (Retries) {0};
		listing->reconnected = false;
		listing->renewed = false;
		listing->steps_back = 0;
	}
	return STEP_END;
}

/*
 * The image that imagecat_listing_advance went to.  Its bytes are the page's,
 * and move with any wait or poll: fetch it anew after one.
 */
JsonSlice
imagecat_listing_image(const Listing *listing)
{
	return imagecat_page_object(imagecat_http_page(listing->page->request),
								listing->index - 1);
}

/* Whether the service refused the very first request with status 400. */
bool
imagecat_listing_refused(const Listing *listing)
{
	return listing->refused;
}

/* Whether no further request will be made: the next listing may start. */
bool
imagecat_listing_near_end(const Listing *listing)
{
	return listing->ended ||
		(listing->page != NULL && listing->page->request != NULL &&
		 !listing->limited && imagecat_prefetch &&
		 imagecat_http_outcome(listing->page->request) == HTTP_DONE &&
		 is_success(listing->page->request) && !has_next(listing));
}

/* Raises the error of a listing that was refused. */
void
imagecat_listing_fail(const Listing *listing)
{
	imagecat_report_failure(listing->service, listing->page->request);
}
