/*-------------------------------------------------------------------------
 *
 * text_key.h
 *	  Hash tables whose key is a pointer to a text of any length.
 *
 * src/text_key.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_TEXT_KEY_H
#define IMAGECAT_TEXT_KEY_H

#include "postgres.h"

#include "common/hashfn.h"
#include "utils/hsearch.h"

static inline uint32
imagecat_hash_text_key(const void *key, Size size)
{
	const char *text = *(const char *const *) key;

	(void) size;
	return hash_bytes((const unsigned char *) text, (int) strlen(text));
}

static inline int
imagecat_compare_text_keys(const void *a, const void *b, Size size)
{
	(void) size;
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * A hash table in the memory context.  Its entries, of that size, begin with
 * the pointer; the text is the caller's, and must live as long.
 */
static inline HTAB *
imagecat_text_hash(const char *name, Size entry_size, long nelem,
				   MemoryContext context)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(char *);
	control.entrysize = entry_size;
	control.hash = imagecat_hash_text_key;
	control.match = imagecat_compare_text_keys;
	control.hcxt = context;
	return hash_create(name, nelem, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

#endif							/* IMAGECAT_TEXT_KEY_H */
