/*-------------------------------------------------------------------------
 *
 * image_scan.h
 *	  The images that a query wants of a service, one after the other.
 *
 * src/scan/image_scan.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_IMAGE_SCAN_H
#define IMAGECAT_IMAGE_SCAN_H

#include "dialect/request.h"
#include "scan/listing.h"
#include "scan/service.h"

typedef struct ImageScan ImageScan;

extern ImageScan *imagecat_scan_begin(const ImageService *service,
									  const ImageQuery *query,
									  HttpStats *stats);
extern void imagecat_scan_start(ImageScan *scan);
extern ScanStep imagecat_scan_advance(ImageScan *scan);
extern bool imagecat_scan_next(ImageScan *scan);
extern JsonSlice imagecat_scan_image(const ImageScan *scan);
extern void imagecat_scan_end(ImageScan *scan);
extern const RequestPlan *imagecat_scan_plan(const ImageScan *scan);

#endif							/* IMAGECAT_IMAGE_SCAN_H */
