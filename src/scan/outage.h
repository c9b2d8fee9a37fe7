/*-------------------------------------------------------------------------
 *
 * outage.h
 *	  Services that a query can do without.
 *
 * src/scan/outage.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_OUTAGE_H
#define IMAGECAT_OUTAGE_H

#include "scan/image_scan.h"

extern ScanStep imagecat_scan_attempt(ImageScan *scan,
									  const ImageService *service,
									  bool optional);

#endif							/* IMAGECAT_OUTAGE_H */
