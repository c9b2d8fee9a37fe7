/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  The arguments of list_images.
 *
 * src/sql/arguments.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_ARGUMENTS_H
#define IMAGECAT_ARGUMENTS_H

#include "fmgr.h"
#include "scan/service.h"

typedef struct SortColumn
{
	const char *column;			/* canonical */
	bool		descending;
} SortColumn;

/* What a call of list_images asks for. */
typedef struct ListCall
{
	const ImageService *service;
	const Dialect *dialect;		/* whose words are spoken; NULL: no API's */
	List	   *filters;		/* Filter */
	List	   *params;			/* RequestParam */
	List	   *widened;		/* columns whose API default is not wanted */
	List	   *sort;			/* SortColumn */
	const char *marker;			/* NULL: from the start */
	int64		max_rows;		/* -1: all */
	int			page_size;		/* 0: the server's */
} ListCall;

extern void imagecat_read_arguments(FunctionCallInfo fcinfo, ListCall *call);

#endif							/* IMAGECAT_ARGUMENTS_H */
