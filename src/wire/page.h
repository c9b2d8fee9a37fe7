/*-------------------------------------------------------------------------
 *
 * page.h
 *	  The page reader: checks a response body as strict JSON while it arrives
 *	  and finds the image objects in it.
 *
 * It knows neither PostgreSQL nor curl, allocates with malloc and never throws,
 * so that it can be fed from inside a curl callback.
 *
 * src/wire/page.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_PAGE_H
#define IMAGECAT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "slice.h"

/* Where a service puts its images.  The names are ASCII. */
typedef struct PageShape
{
	/*
	 * Member of the top-level object that holds the array of images.  NULL:
	 * the body itself is that array, and `next` is not looked for.
	 */
	const char *images;

	/* Top-level member that announces a further page, or NULL. */
	const char *next;

	/* The body is one image object, and the names above do not matter. */
	bool		single;
} PageShape;

typedef enum PageState
{
	PAGE_READING,				/* no error so far, the body may go on */
	PAGE_COMPLETE,				/* ended, and was a whole page */
	PAGE_FAILED					/* see imagecat_page_error() */
} PageState;

typedef struct PageReader PageReader;

/*
 * Makes a reader for one body; the caller frees it.  The shape's names must
 * outlive it.  NULL when out of memory.
 */
extern PageReader *imagecat_page_create(const PageShape *shape);

/* Frees the reader and all bytes it holds.  NULL is fine. */
extern void imagecat_page_free(PageReader *page);

/*
 * Takes the next bytes of the body, cut anywhere; they need not outlive the
 * call.  Gives PAGE_READING, or PAGE_FAILED from the first error on.  Bytes
 * that come after an error or after finish are ignored.
 */
extern PageState imagecat_page_feed(PageReader *page, const char *bytes,
									size_t length);

/*
 * Says that the body has ended.  PAGE_COMPLETE, or PAGE_FAILED if it was empty,
 * cut short or without its array of images.
 */
extern PageState imagecat_page_finish(PageReader *page);

extern PageState imagecat_page_state(const PageReader *page);

/*
 * The number of image objects that have been seen whole, released ones
 * included.  They may be used before the page ends, and are valid JSON even
 * if the page fails later on.
 */
extern size_t imagecat_page_count(const PageReader *page);

/*
 * The bytes of one image object, counted from 0; owned by the reader and valid
 * until the next feed or release.  An empty slice if it is not there yet or
 * was released.
 */
extern JsonSlice imagecat_page_object(const PageReader *page, size_t index);

/*
 * Gives up the objects below `index`.  Memory follows the most that was ever
 * unreleased at once, not the length of the page.
 */
extern void imagecat_page_release(PageReader *page, size_t index);

/*
 * Bytes of image objects held, the one that is still arriving included; for
 * the caller to cap, as the reader sets no limit of its own.
 */
extern size_t imagecat_page_unreleased(const PageReader *page);

/*
 * The value of the `next` member as it stands in the body (a string has its
 * quotes, null is "null"), the last one if there are several.  Valid until the
 * next feed; an empty slice with bytes NULL if there was none so far.
 */
extern JsonSlice imagecat_page_next_value(const PageReader *page);

/*
 * What is wrong with the body, as the end of a sentence about it, such as
 * "ends in the middle of a value at byte 512".  Owned by the reader; NULL
 * unless the state is PAGE_FAILED.
 */
extern const char *imagecat_page_error(const PageReader *page);

#endif							/* IMAGECAT_PAGE_H */
