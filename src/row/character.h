/*-------------------------------------------------------------------------
 *
 * character.h
 *	  Single characters of a JSON string: what an escape stands for, and
 *	  whether bytes are UTF-8.  For json.c alone.
 *
 * src/row/character.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_CHARACTER_H
#define IMAGECAT_CHARACTER_H

#include <stdbool.h>
#include <stddef.h>

/* What an escape such as \n, \u00e9 or \ud83d\ude00 stands for. */
typedef struct Escape
{
	size_t		length;			/* of the escape itself */
	bool		representable;	/* not \u0000, not half a surrogate pair */
	size_t		size;			/* of the character, in UTF-8 */
	char		character[4];
} Escape;

/*
 * Reads the escape whose backslash is at `at`.  What cannot be represented
 * stands for U+FFFD, and an escape that is cut short by `end` for itself.
 */
extern Escape imagecat_json_read_escape(const char *at, const char *end);

/*
 * Looks at a byte beyond ASCII and those after it.  Returns the length of the
 * character if it is well-formed UTF-8.  Else *valid is false, and it is the
 * length of the maximal subpart: as many bytes as could have begun a character,
 * at least one.
 */
extern size_t imagecat_utf8_length(const char *at, const char *end,
								   bool *valid);

#endif							/* IMAGECAT_CHARACTER_H */
