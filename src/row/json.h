/*-------------------------------------------------------------------------
 *
 * json.h
 *	  Walks JSON text in place: types, members, elements, pointers, and
 *	  strings decoded to UTF-8.
 *
 * The text must have passed the page reader (wire/page.h), which lets these
 * functions do without checks.  Given anything else they answer nonsense, but
 * never read outside the slice nor write beyond the sizes promised here.  None
 * of them allocates or fails.
 *
 * src/row/json.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_JSON_H
#define IMAGECAT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "../wire/slice.h"

typedef enum JsonType
{
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonType;

typedef struct JsonIterator
{
	const char *position;		/* just behind the value returned last */
	const char *end;			/* the container's closing bracket */
} JsonIterator;

/* The type of a value; JSON_NULL for an empty slice. */
extern JsonType imagecat_json_type(JsonSlice value);

/*
 * Starts a walk over an array or object.  Anything else has no members and no
 * elements.
 */
extern JsonIterator imagecat_json_iterate(JsonSlice container);

/*
 * Fetch the next member of an object or element of an array, as slices of the
 * container's own bytes; the key has its quotes.  False at the end.
 */
extern bool imagecat_json_next_member(JsonIterator *iterator, JsonSlice *key,
									  JsonSlice *value);
extern bool imagecat_json_next_element(JsonIterator *iterator,
									   JsonSlice *value);

/* Whether a key (with quotes, escapes decoded) is this name. */
extern bool imagecat_json_key_equals(JsonSlice key, const char *name,
									 size_t length);

/*
 * Finds a member by name; of several, the last, as jsonb and json-c do.  False,
 * leaving *value alone, if there is none or this is not an object.
 */
extern bool imagecat_json_member(JsonSlice object, const char *name,
								 JsonSlice *value);

/*
 * Follows a JSON pointer (RFC 6901); "" is the whole value.  False, leaving
 * *result alone, if it leads nowhere or is malformed.
 */
extern bool imagecat_json_pointer(JsonSlice value, const char *pointer,
								  JsonSlice *result);

/*
 * Decodes a string.  `text` has room for imagecat_json_string_size() bytes; the
 * result is the number used, without a NUL.  What PostgreSQL's text cannot
 * hold becomes U+FFFD: \u0000, an escaped surrogate without its other half, and
 * bytes that are not valid UTF-8 (one for each maximal subpart, as the Unicode
 * standard recommends).  *replaced grows by one for each.
 */
extern size_t imagecat_json_string_size(JsonSlice string);
extern size_t imagecat_json_string_decode(JsonSlice string, char *text,
										  int *replaced);

/*
 * Copies any value's JSON text, with the same replacements inside its strings
 * and keys, so that jsonb_in finds nothing to object to in them; all else stays
 * as it was sent.  That leaves one thing it refuses: a number whose exponent is
 * beyond numeric's, such as 1e999999 or 1e-99999.
 */
extern size_t imagecat_json_clean_size(JsonSlice value);
extern size_t imagecat_json_clean(JsonSlice value, char *text, int *replaced);

#endif							/* IMAGECAT_JSON_H */
