/*-------------------------------------------------------------------------
 *
 * listing.h
 *	  The images of one request, page after page.
 *
 * src/scan/listing.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_LISTING_H
#define IMAGECAT_LISTING_H

#include "dialect/request.h"
#include "scan/service.h"

typedef struct Listing Listing;

/* What came of going to the next image. */
typedef enum ScanStep
{
	STEP_IMAGE,
	STEP_END,
	STEP_PENDING,				/* try again after imagecat_multi_wait */
	STEP_FAILED					/* see imagecat_scan_attempt */
} ScanStep;

extern Listing *imagecat_listing(const ImageService *service,
								 const ImageRequest *request,
								 const RequestPlan *plan, const char *marker,
								 HttpStats *stats);
extern void imagecat_listing_start(Listing *listing);
extern ScanStep imagecat_listing_advance(Listing *listing);
extern JsonSlice imagecat_listing_image(const Listing *listing);
extern bool imagecat_listing_refused(const Listing *listing);
extern bool imagecat_listing_near_end(const Listing *listing);
extern _Noreturn void imagecat_listing_fail(const Listing *listing);

#endif							/* IMAGECAT_LISTING_H */
