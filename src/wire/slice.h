/*-------------------------------------------------------------------------
 *
 * slice.h
 *	  A piece of JSON text inside somebody else's buffer, and the one scan
 *	  that both its readers share: the page reader, which validates bytes as
 *	  they arrive, and the JSON walker, which takes them apart later.
 *
 * src/wire/slice.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_SLICE_H
#define IMAGECAT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * One JSON value without white space around it; a string keeps its quotes.
 * Not NUL-terminated, and never freed through this: the bytes belong to
 * whoever made the slice.  A slice of length 0 stands for "no value".
 */
typedef struct JsonSlice
{
	const char *bytes;
	size_t		length;
} JsonSlice;

/* Whether a byte stands for itself inside a JSON string. */
static inline bool
imagecat_json_is_plain(char byte)
{
	return byte != '"' && byte != '\\' && (unsigned char) byte >= 0x20;
}

/*
 * Returns the first of the bytes that is a quote, a backslash or a control
 * character, or `end` if all are plain.
 *
 * Most bytes of a page are passed over here, so it looks at eight at a time:
 * in each of the three terms, the high bit of a byte comes out set if that byte
 * is a match.  A borrow may also set it in bytes above the first match, which
 * is why the loop below has the last word.
 */
static inline const char *
imagecat_json_skip_plain(const char *at, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	while (end - at >= (ptrdiff_t) sizeof(uint64_t))
	{
		uint64_t	word;
		uint64_t	quote;
		uint64_t	backslash;
		uint64_t	found;

		memcpy(&word, at, sizeof(word));
		quote = word ^ (ones * '"');
		backslash = word ^ (ones * '\\');
		found = ((quote - ones) & ~quote) |
			((backslash - ones) & ~backslash) |
			((word - ones * 0x20) & ~word);
		if ((found & (ones * 0x80)) != 0)
			break;
		at += sizeof(word);
	}
	while (at < end && imagecat_json_is_plain(*at))
		at++;
	return at;
}

#endif							/* IMAGECAT_SLICE_H */
