/*-------------------------------------------------------------------------
 *
 * page.c
 *	  The page reader: follows the JSON automaton through a response body and
 *	  keeps the bytes of the image objects and of the `next` member, and
 *	  nothing else.
 *
 * src/wire/page.c
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "page.h"
#include "syntax.h"

/* A next link is a URL with a marker; this is generous for one. */
enum
{
	MAX_NEXT_LENGTH = 65536
};

/*
 * Bytes that are appended at one end and dropped at the other.  Those in use
 * are data[first .. used).
 */
typedef struct Queue
{
	char	   *data;
	size_t		first;
	size_t		used;
	size_t		size;
} Queue;

struct PageReader
{
	PageShape	shape;			/* without names that do not apply */
	PageState	state;
	char		error[160];
	JsonSyntax	syntax;
	uint64_t	fed;			/* bytes in the chunks before this one */

	/*
	 * The automaton watches the level on which we look for something: that of
	 * the images while inside their array, that of the array itself before
	 * and after.
	 */
	bool		in_list;
	bool		list_seen;

	/*
	 * What must still come of each name for the current key to be it; NULL
	 * once it cannot be.
	 */
	const char *images_rest;
	const char *next_rest;

	/* The value being kept, if any, and the first byte not kept yet. */
	Queue	   *capture;		/* &images or &next */
	const char *capture_from;

	/*
	 * Whole images follow one another in `images` without gaps, so an end for
	 * each is enough.  Ends count from the start of the first image of the
	 * page, released ones included, as images_dropped does.  On a 32-bit
	 * machine these counts may wrap, which is harmless: only differences of
	 * two of them are used, and those fit in memory.
	 */
	Queue		images;
	Queue		ends;			/* of size_t */
	size_t		images_dropped; /* bytes of released images */
	size_t		released;		/* number of released images */

	Queue		next;
	bool		has_next;		/* `next` is whole */
};

static void start_value(PageReader *page, const char *first);
static void end_value(PageReader *page, const char *end);
static void expect_key(PageReader *page);
static void match_key(PageReader *page, JsonSlice piece);
static void keep(PageReader *page, const char *end);
static void fail(PageReader *page, const char *format,...)
			__attribute__((format(printf, 2, 3)));
static void fail_unexpected(PageReader *page, unsigned char byte,
							uint64_t offset);
static size_t queue_length(const Queue *queue);
static bool queue_append(Queue *queue, const void *bytes, size_t length);
static void queue_drop(Queue *queue, size_t length);


PageReader *
imagecat_page_create(const PageShape *shape)
{
	PageReader *page = calloc(1, sizeof(PageReader));

	if (page == NULL)
		return NULL;
	page->state = PAGE_READING;
	page->shape.single = shape->single;
	if (shape->images != NULL && !shape->single)
	{
		page->shape.images = shape->images;
		page->shape.next = shape->next;
		page->syntax.watch = 1;
	}
	expect_key(page);
	return page;
}

void
imagecat_page_free(PageReader *page)
{
	if (page == NULL)
		return;
	free(page->images.data);
	free(page->ends.data);
	free(page->next.data);
	free(page);
}

PageState
imagecat_page_feed(PageReader *page, const char *bytes, size_t length)
{
	const char *at = bytes;
	const char *end = bytes + length;
	SyntaxEvent event;

	if (page->state != PAGE_READING || length == 0)
		return page->state;

	page->capture_from = bytes;
	do
	{
		event = imagecat_syntax_read(&page->syntax, &at, end);
		switch (event)
		{
			case SYNTAX_MORE:
				if (page->capture != NULL)
					keep(page, end);
				break;
			case SYNTAX_VALUE_STARTS:
				start_value(page, at - 1);
				break;
			case SYNTAX_VALUE_ENDS:
				end_value(page, at);
				break;
			case SYNTAX_KEY_PIECE:
				match_key(page, page->syntax.piece);
				break;
			case SYNTAX_UNEXPECTED:
				fail_unexpected(page, (unsigned char) *at,
								page->fed + (uint64_t) (at - bytes));
				break;
			case SYNTAX_TOO_DEEP:
				fail(page, "nests deeper than %d levels", SYNTAX_MAX_DEPTH);
				break;
		}
	} while (event != SYNTAX_MORE && page->state == PAGE_READING);

	page->capture_from = NULL;
	page->fed += length;
	return page->state;
}

PageState
imagecat_page_finish(PageReader *page)
{
	if (page->state != PAGE_READING)
		return page->state;

	if (imagecat_syntax_is_empty(&page->syntax))
		fail(page, "is empty");
	else if (!imagecat_syntax_is_whole(&page->syntax))
		fail(page, "ends in the middle of a value at byte %" PRIu64, page->fed);
	else if (page->shape.images != NULL && !page->list_seen)
		fail(page, "has no member \"%.64s\"", page->shape.images);
	else
		page->state = PAGE_COMPLETE;
	return page->state;
}

PageState
imagecat_page_state(const PageReader *page)
{
	return page->state;
}

size_t
imagecat_page_count(const PageReader *page)
{
	return page->released + queue_length(&page->ends) / sizeof(size_t);
}

/* Where an unreleased image ends; must be one of those. */
static size_t
image_end(const PageReader *page, size_t index)
{
	const size_t *ends = (const size_t *) (page->ends.data + page->ends.first);

	return ends[index - page->released];
}

JsonSlice
imagecat_page_object(const PageReader *page, size_t index)
{
	JsonSlice	object = {NULL, 0};
	size_t		start = page->images_dropped;

	if (index < page->released || index >= imagecat_page_count(page))
		return object;

	if (index > page->released)
		start = image_end(page, index - 1);
	object.bytes = page->images.data + page->images.first +
		(start - page->images_dropped);
	object.length = image_end(page, index) - start;
	return object;
}

void
imagecat_page_release(PageReader *page, size_t index)
{
	size_t		count = imagecat_page_count(page);
	size_t		dropped;

	if (index > count)
		index = count;
	if (index <= page->released)
		return;

	dropped = image_end(page, index - 1);
	queue_drop(&page->images, dropped - page->images_dropped);
	queue_drop(&page->ends, (index - page->released) * sizeof(size_t));
	page->images_dropped = dropped;
	page->released = index;
}

size_t
imagecat_page_unreleased(const PageReader *page)
{
	return queue_length(&page->images);
}

JsonSlice
imagecat_page_next_value(const PageReader *page)
{
	JsonSlice	value = {NULL, 0};

	if (page->has_next)
	{
		value.bytes = page->next.data;
		value.length = page->next.used;
	}
	return value;
}

const char *
imagecat_page_error(const PageReader *page)
{
	return page->state == PAGE_FAILED ? page->error : NULL;
}


/* Whether the current key is the one that this is the rest of. */
static bool
is_matched(const char *rest)
{
	return rest != NULL && *rest == '\0';
}

static void
enter_list(PageReader *page)
{
	page->in_list = true;
	page->list_seen = true;
	page->syntax.watch++;
}

static void
leave_list(PageReader *page)
{
	page->in_list = false;
	page->syntax.watch--;
}

static void
start_capture(PageReader *page, Queue *capture, const char *first)
{
	page->capture = capture;
	page->capture_from = first;
}

/* The body as a whole. */
static void
start_body(PageReader *page, const char *first)
{
	bool		is_list = page->shape.images == NULL && !page->shape.single;

	if (*first != (is_list ? '[' : '{'))
		fail(page, "is not an %s", is_list ? "array" : "object");
	else if (is_list)
		enter_list(page);
	else if (page->shape.single)
		start_capture(page, &page->images, first);
}

/* A member of the object around the images. */
static void
start_member(PageReader *page, const char *first)
{
	const PageShape *shape = &page->shape;

	if (is_matched(page->images_rest))
	{
		if (*first != '[')
			fail(page, "member \"%.64s\" is not an array", shape->images);
		else if (page->list_seen)
			fail(page, "has more than one member \"%.64s\"", shape->images);
		else
			enter_list(page);
	}
	else if (is_matched(page->next_rest))
	{
		page->next.used = 0;
		page->has_next = false;
		start_capture(page, &page->next, first);
	}
	expect_key(page);
}

static void
start_element(PageReader *page, const char *first)
{
	if (*first == '{')
		start_capture(page, &page->images, first);
	else if (page->shape.images != NULL)
		fail(page, "an element of \"%.64s\" is not an object",
			 page->shape.images);
	else
		fail(page, "an element of the array is not an object");
}

static void
start_value(PageReader *page, const char *first)
{
	if (page->in_list)
		start_element(page, first);
	else if (page->syntax.level == 0)
		start_body(page, first);
	else
		start_member(page, first);
}

static void
end_value(PageReader *page, const char *end)
{
	Queue	   *capture = page->capture;

	if (capture == NULL)
	{
		if (page->in_list)
			leave_list(page);
		return;
	}

	keep(page, end);
	page->capture = NULL;
	if (page->state == PAGE_FAILED)
		return;

	if (capture == &page->next)
		page->has_next = true;
	else
	{
		size_t		total = page->images_dropped +
			queue_length(&page->images);

		if (!queue_append(&page->ends, &total, sizeof(total)))
			fail(page, "out of memory");
	}
}

/* Keeps the chunk's bytes up to `end`, all of which belong to the capture. */
static void
keep(PageReader *page, const char *end)
{
	size_t		length = (size_t) (end - page->capture_from);

	if (page->capture == &page->next &&
		length > MAX_NEXT_LENGTH - page->next.used)
		fail(page, "the value of \"%.64s\" is longer than %d bytes",
			 page->shape.next, MAX_NEXT_LENGTH);
	else if (!queue_append(page->capture, page->capture_from, length))
		fail(page, "out of memory");
}

/* The next piece of a key will be the first of it. */
static void
expect_key(PageReader *page)
{
	page->images_rest = page->shape.images;
	page->next_rest = page->shape.next;
}

/*
 * Continues the match of a name with a piece of a key: returns what must still
 * come of it, or NULL if this is not the name.
 */
static const char *
match_name(const char *rest, JsonSlice piece)
{
	if (rest == NULL || piece.length > strlen(rest) ||
		memcmp(rest, piece.bytes, piece.length) != 0)
		return NULL;
	return rest + piece.length;
}

static void
match_key(PageReader *page, JsonSlice piece)
{
	page->images_rest = match_name(page->images_rest, piece);
	page->next_rest = match_name(page->next_rest, piece);
}


/* Records what is wrong. */
static void
fail(PageReader *page, const char *format,...)
{
	va_list		arguments;

	page->state = PAGE_FAILED;
	va_start(arguments, format);
	vsnprintf(page->error, sizeof(page->error), format, arguments);
	va_end(arguments);
}

static void
fail_unexpected(PageReader *page, unsigned char byte, uint64_t offset)
{
	if (byte >= 0x20 && byte < 0x7f)
		fail(page, "unexpected character \"%c\" at byte %" PRIu64,
			 byte, offset);
	else
		fail(page, "unexpected byte 0x%02x at byte %" PRIu64, byte, offset);
}


static size_t
queue_length(const Queue *queue)
{
	return queue->used - queue->first;
}

/* False when out of memory, with the queue as it was. */
static bool
queue_append(Queue *queue, const void *bytes, size_t length)
{
	if (length > queue->size - queue->used)
	{
		size_t		size = queue->size < SIZE_MAX / 2 ?
			queue->size * 2 : SIZE_MAX;
		char	   *data;

		if (length > SIZE_MAX - queue->used)
			return false;
		if (size < queue->used + length)
			size = queue->used + length;
		data = realloc(queue->data, size);
		if (data == NULL)
			return false;
		queue->data = data;
		queue->size = size;
	}
	if (length > 0)
		memcpy(queue->data + queue->used, bytes, length);
	queue->used += length;
	return true;
}

/*
 * Drops bytes at the front.  Moving the rest only when it is shorter than the
 * gap before it keeps the cost of all moves below the number of bytes dropped.
 */
static void
queue_drop(Queue *queue, size_t length)
{
	size_t		rest;

	queue->first += length;
	rest = queue_length(queue);
	if (queue->first > rest)
	{
		memmove(queue->data, queue->data + queue->first, rest);
		queue->first = 0;
		queue->used = rest;
	}
}
