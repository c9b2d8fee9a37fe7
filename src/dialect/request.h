/*-------------------------------------------------------------------------
 *
 * request.h
 *	  From filters to requests.
 *
 * src/dialect/request.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_REQUEST_H
#define IMAGECAT_REQUEST_H

#include "dialect/params.h"

/* What is asked of a service, whichever way it was written. */
typedef struct ImageQuery
{
	List	   *filters;		/* Filter: all must hold */
	List	   *params;			/* RequestParam: the API's own, sent as they
								 * are */
	const DialectSortKey *sort; /* NULL: any order */
	bool		descending;
	bool		everything;		/* all that can be seen, not the API's default */
	bool		listings_only;	/* an id is looked for in listings */
	int64		limit;			/* no more rows are wanted; 0: all */
	int			page_size;		/* 0: the service's maximum */
	const char *marker;			/* list_images' start */
	int			version;		/* the service's; 0: taken for the newest */
} ImageQuery;

/* One listing, or the look-up of one image. */
typedef struct ImageRequest
{
	const char *path;			/* after the service's versioned URL */
	List	   *params;			/* RequestParam, without limit and marker */
	bool		lookup;
	bool		until_empty;	/* only an empty page is the end */
	const Filter *part;			/* its part of a list split over requests */
} ImageRequest;

typedef struct RequestPlan
{
	List	   *requests;		/* ImageRequest: listings, then look-ups */
	List	   *unsent;			/* Filter: the service is not asked for these */
	int			page_size;		/* of the first page */
	int			max_page_size;	/* of later ones */
	bool		exact;			/* the service's answer needs no further test */
	bool		limited;		/* the first page should be enough */
	bool		one_page;		/* a second page is not to be trusted */
	bool		until_empty;	/* see ImageRequest: there is a second page */
	bool		at_once;		/* all requests are sent at the start */
	bool		repeats;		/* two of them may bring the same image */
} RequestPlan;

extern RequestPlan *imagecat_plan_requests(const Dialect *dialect,
										   const ImageQuery *query);
extern char *imagecat_request_target(const Dialect *dialect,
									 const ImageRequest *request,
									 int page_size, const char *marker);

#endif							/* IMAGECAT_REQUEST_H */
