/*-------------------------------------------------------------------------
 *
 * syntax.h
 *	  The grammar of JSON (RFC 8259) as an automaton that takes a text in
 *	  pieces cut anywhere, and stops where a value of interest starts or ends.
 *
 * The automaton's whole memory is a place in the grammar, a depth and one bit
 * for each open bracket; it allocates nothing and keeps no bytes.  It does not
 * check UTF-8: whoever decodes a string must deal with bad bytes anyway.
 *
 * src/wire/syntax.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_SYNTAX_H
#define IMAGECAT_SYNTAX_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

/*
 * Nesting is capped because later readers of the same bytes (json-c, jsonb_in)
 * recurse, and because one word then remembers all open brackets.  Images of
 * the services we know nest no deeper than five levels.
 */
enum
{
	SYNTAX_MAX_DEPTH = 64
};

/*
 * A value's level is the number of brackets around it, 0 for the whole text;
 * that of a key is its value's.
 */
typedef enum SyntaxEvent
{
	SYNTAX_MORE,				/* all bytes were taken */
	SYNTAX_VALUE_STARTS,		/* its first byte was taken */
	SYNTAX_VALUE_ENDS,			/* its last byte was taken */
	SYNTAX_KEY_PIECE,			/* `piece` is some more of a key */
	SYNTAX_UNEXPECTED,			/* error: the next byte is not JSON */
	SYNTAX_TOO_DEEP				/* error: the next byte opens one too many */
} SyntaxEvent;

/*
 * Zeroed, it stands before the start of a text.  Callers set `watch` and read
 * `level` and `piece`; the rest is syntax.c's own.
 */
typedef struct JsonSyntax
{
	int			watch;			/* stop only at values up to this level */
	int			level;			/* of the value that stopped us */
	JsonSlice	piece;			/* unescaped (beyond ASCII, to 0xFF); valid
								 * until the next read */

	SyntaxEvent event;
	int			place;			/* in the grammar; 0 is the start */
	int			depth;			/* number of open brackets */
	uint64_t	open_arrays;	/* one bit each, innermost lowest: is it a [ */
	bool		in_key;			/* the current string is a key */
	int			digits_left;	/* of \uXXXX */
	unsigned	code;			/* the digits so far */
	const char *literal;		/* what must still come of true, false, null */
	int			number;			/* place in a number */
	char		character;		/* `piece`, if it was an escape */
} JsonSyntax;

/*
 * Takes bytes from *at on, up to `end` or to the next event, and moves *at
 * behind the last one taken.  After an error, *at is the offending byte, and
 * the automaton must not be used again.
 */
extern SyntaxEvent imagecat_syntax_read(JsonSyntax *syntax, const char **at,
										const char *end);

/* Whether a whole value was read, or nothing but white space. */
extern bool imagecat_syntax_is_whole(const JsonSyntax *syntax);
extern bool imagecat_syntax_is_empty(const JsonSyntax *syntax);

#endif							/* IMAGECAT_SYNTAX_H */
