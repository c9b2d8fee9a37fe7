/*-------------------------------------------------------------------------
 *
 * oracle.h
 *	  What both fuzzers need: json-c as the second opinion, and a way to say
 *	  that two opinions differ.
 *
 * test/fuzz/oracle.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_ORACLE_H
#define IMAGECAT_ORACLE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool holds, const char *what)
{
	if (!holds)
	{
		fprintf(stderr, "does not hold: %s\n", what);
		abort();
	}
}

/* A copy of exactly that size, so that the sanitizer sees reads past its end. */
static inline char *
exact_copy(const char *bytes, size_t length)
{
	char	   *copy = malloc(length > 0 ? length : 1);

	require(copy != NULL, "there is memory");
	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

/* Whether json-c accepts a text; *value, to be put, is NULL also for null. */
static inline bool
oracle_parse(const char *bytes, size_t length, json_object **value)
{
	json_tokener *tokener = json_tokener_new_ex(100);
	enum json_tokener_error error;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	*value = json_tokener_parse_ex(tokener, bytes, (int) length);
	error = json_tokener_get_error(tokener);
	/* a scalar may go on until a NUL says that it does not */
	if (error == json_tokener_continue)
	{
		*value = json_tokener_parse_ex(tokener, "", 1);
		error = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	return error == json_tokener_success;
}

/*
 * Whether a text may have an escaped NUL in it, which json-c takes for the end
 * of a key.
 */
static inline bool
mentions_nul(const char *bytes, size_t length)
{
	return memmem(bytes, length, "\\u0000", 6) != NULL;
}

#endif							/* IMAGECAT_ORACLE_H */
