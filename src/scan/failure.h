/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  From a request that failed to an error that says what to do.
 *
 * src/scan/failure.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_FAILURE_H
#define IMAGECAT_FAILURE_H

#include "scan/service.h"

extern _Noreturn void imagecat_report_failure(const ImageService *service,
									const HttpRequest *request);
extern _Noreturn void imagecat_report_sign_in_failure(const ImageService *service,
											 const HttpRequest *request);
extern bool imagecat_is_service_error(const ImageService *service,
									  const HttpRequest *request);

#endif							/* IMAGECAT_FAILURE_H */
