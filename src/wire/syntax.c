/*-------------------------------------------------------------------------
 *
 * syntax.c
 *	  The JSON automaton.  One function for each kind of place in the grammar
 *	  takes the bytes that belong there; the loop at the end calls them.
 *
 * src/wire/syntax.c
 *
 *-------------------------------------------------------------------------
 */
#include "syntax.h"

/* Where in the grammar the next byte stands. */
enum Place
{
	AT_START = 0,				/* of the text */
	IN_BYTE_ORDER_MARK,
	AT_VALUE,
	AT_VALUE_OR_END,			/* after [ */
	AT_KEY,
	AT_KEY_OR_END,				/* after { */
	AT_COLON,
	AT_COMMA_OR_END,			/* after a value inside a container */
	AT_END,						/* after the outermost value */
	IN_STRING,
	IN_ESCAPE,					/* after a backslash */
	IN_UNICODE,					/* within the digits of \uXXXX */
	IN_LITERAL,					/* true, false, null */
	IN_NUMBER					/* see NumberPlace */
};

/* Where in a number; it may end at those from ZERO on. */
enum NumberPlace
{
	NUMBER_STOP = 0,			/* the byte does not belong to the number */
	NUMBER_MINUS,
	NUMBER_POINT,
	NUMBER_E,
	NUMBER_E_SIGN,
	NUMBER_ZERO,
	NUMBER_INTEGER,
	NUMBER_FRACTION,
	NUMBER_EXPONENT
};

enum NumberByte
{
	BYTE_ZERO,
	BYTE_DIGIT,					/* 1 to 9 */
	BYTE_POINT,
	BYTE_E,
	BYTE_PLUS,
	BYTE_MINUS,
	BYTE_OTHER
};

/* The next place in a number; combinations not listed are NUMBER_STOP. */
static const unsigned char number_step[][BYTE_OTHER + 1] = {
	[NUMBER_MINUS] = {
		[BYTE_ZERO] = NUMBER_ZERO,
		[BYTE_DIGIT] = NUMBER_INTEGER,
	},
	[NUMBER_POINT] = {
		[BYTE_ZERO] = NUMBER_FRACTION,
		[BYTE_DIGIT] = NUMBER_FRACTION,
	},
	[NUMBER_E] = {
		[BYTE_ZERO] = NUMBER_EXPONENT,
		[BYTE_DIGIT] = NUMBER_EXPONENT,
		[BYTE_PLUS] = NUMBER_E_SIGN,
		[BYTE_MINUS] = NUMBER_E_SIGN,
	},
	[NUMBER_E_SIGN] = {
		[BYTE_ZERO] = NUMBER_EXPONENT,
		[BYTE_DIGIT] = NUMBER_EXPONENT,
	},
	[NUMBER_ZERO] = {
		[BYTE_POINT] = NUMBER_POINT,
		[BYTE_E] = NUMBER_E,
	},
	[NUMBER_INTEGER] = {
		[BYTE_ZERO] = NUMBER_INTEGER,
		[BYTE_DIGIT] = NUMBER_INTEGER,
		[BYTE_POINT] = NUMBER_POINT,
		[BYTE_E] = NUMBER_E,
	},
	[NUMBER_FRACTION] = {
		[BYTE_ZERO] = NUMBER_FRACTION,
		[BYTE_DIGIT] = NUMBER_FRACTION,
		[BYTE_E] = NUMBER_E,
	},
	[NUMBER_EXPONENT] = {
		[BYTE_ZERO] = NUMBER_EXPONENT,
		[BYTE_DIGIT] = NUMBER_EXPONENT,
	},
};

static const char *read_bytes(JsonSyntax *syntax, const char *at,
							  const char *end);


SyntaxEvent
imagecat_syntax_read(JsonSyntax *syntax, const char **at, const char *end)
{
	syntax->event = SYNTAX_MORE;
	*at = read_bytes(syntax, *at, end);
	return syntax->event;
}

bool
imagecat_syntax_is_whole(const JsonSyntax *syntax)
{
	return syntax->place == AT_END;
}

bool
imagecat_syntax_is_empty(const JsonSyntax *syntax)
{
	return syntax->place == AT_START ||
		(syntax->place == AT_VALUE && syntax->depth == 0);
}


/* Stops at a value or key of this level, if it is one that is watched. */
static void
notify(JsonSyntax *syntax, SyntaxEvent event, int level)
{
	if (level <= syntax->watch)
	{
		syntax->event = event;
		syntax->level = level;
	}
}

static const char *
unexpected(JsonSyntax *syntax, const char *at)
{
	syntax->event = SYNTAX_UNEXPECTED;
	return at;
}

static void
end_value(JsonSyntax *syntax)
{
	syntax->place = syntax->depth > 0 ? AT_COMMA_OR_END : AT_END;
	notify(syntax, SYNTAX_VALUE_ENDS, syntax->depth);
}

static const char *
open_container(JsonSyntax *syntax, const char *at)
{
	bool		is_array = *at == '[';

	if (syntax->depth == SYNTAX_MAX_DEPTH)
	{
		syntax->event = SYNTAX_TOO_DEEP;
		return at;
	}
	notify(syntax, SYNTAX_VALUE_STARTS, syntax->depth);
	syntax->depth++;
	syntax->open_arrays = syntax->open_arrays << 1 | (is_array ? 1 : 0);
	syntax->place = is_array ? AT_VALUE_OR_END : AT_KEY_OR_END;
	return at + 1;
}

static const char *
close_container(JsonSyntax *syntax, const char *at)
{
	syntax->depth--;
	syntax->open_arrays >>= 1;
	end_value(syntax);
	return at + 1;
}

static const char *
start_scalar(JsonSyntax *syntax, const char *at, enum Place place)
{
	syntax->place = place;
	notify(syntax, SYNTAX_VALUE_STARTS, syntax->depth);
	return at + 1;
}

static const char *
start_literal(JsonSyntax *syntax, const char *at, const char *rest)
{
	syntax->literal = rest;
	return start_scalar(syntax, at, IN_LITERAL);
}

static const char *
start_number(JsonSyntax *syntax, const char *at, enum NumberPlace number)
{
	syntax->number = number;
	return start_scalar(syntax, at, IN_NUMBER);
}

static const char *
read_value(JsonSyntax *syntax, const char *at)
{
	switch (*at)
	{
		case '"':
			return start_scalar(syntax, at, IN_STRING);
		case '{':
		case '[':
			return open_container(syntax, at);
		case 't':
			return start_literal(syntax, at, "rue");
		case 'f':
			return start_literal(syntax, at, "alse");
		case 'n':
			return start_literal(syntax, at, "ull");
		case '-':
			return start_number(syntax, at, NUMBER_MINUS);
		case '0':
			return start_number(syntax, at, NUMBER_ZERO);
		default:
			if (*at >= '1' && *at <= '9')
				return start_number(syntax, at, NUMBER_INTEGER);
			return unexpected(syntax, at);
	}
}

static const char *
read_key(JsonSyntax *syntax, const char *at)
{
	if (*at != '"')
		return unexpected(syntax, at);
	syntax->place = IN_STRING;
	syntax->in_key = true;
	return at + 1;
}

static const char *
read_comma_or_end(JsonSyntax *syntax, const char *at)
{
	bool		in_array = (syntax->open_arrays & 1) != 0;

	if (*at == ',')
	{
		syntax->place = in_array ? AT_VALUE : AT_KEY;
		return at + 1;
	}
	if (*at == (in_array ? ']' : '}'))
		return close_container(syntax, at);
	return unexpected(syntax, at);
}

/* Shows a piece of the current string, if that is a key. */
static void
notify_piece(JsonSyntax *syntax, const char *bytes, size_t length)
{
	if (syntax->in_key && length > 0)
	{
		syntax->piece.bytes = bytes;
		syntax->piece.length = length;
		notify(syntax, SYNTAX_KEY_PIECE, syntax->depth);
	}
}

/*
 * Shows an escaped character.  The names that keys are compared with are ASCII,
 * so any other character may be a byte that occurs in no text.
 */
static void
notify_escaped(JsonSyntax *syntax, unsigned code)
{
	syntax->character = (char) (code < 0x80 ? code : 0xFF);
	notify_piece(syntax, &syntax->character, 1);
}

static const char *
read_string(JsonSyntax *syntax, const char *at, const char *end)
{
	const char *stop = imagecat_json_skip_plain(at, end);

	notify_piece(syntax, at, (size_t) (stop - at));
	if (stop == end || syntax->event == SYNTAX_KEY_PIECE)
		return stop;

	if (*stop == '\\')
		syntax->place = IN_ESCAPE;
	else if (*stop != '"')
		return unexpected(syntax, stop);
	else if (!syntax->in_key)
		end_value(syntax);
	else
	{
		syntax->in_key = false;
		syntax->place = AT_COLON;
	}
	return stop + 1;
}

static const char *
read_escape(JsonSyntax *syntax, const char *at)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter = memchr(letters, *at, sizeof(letters) - 1);

	if (letter != NULL)
	{
		syntax->place = IN_STRING;
		notify_escaped(syntax, (unsigned) meanings[letter - letters]);
	}
	else if (*at == 'u')
	{
		syntax->place = IN_UNICODE;
		syntax->digits_left = 4;
		syntax->code = 0;
	}
	else
		return unexpected(syntax, at);
	return at + 1;
}

static const char *
read_unicode(JsonSyntax *syntax, const char *at)
{
	unsigned	digit;

	if (*at >= '0' && *at <= '9')
		digit = (unsigned) (*at - '0');
	else if (*at >= 'a' && *at <= 'f')
		digit = (unsigned) (*at - 'a') + 10;
	else if (*at >= 'A' && *at <= 'F')
		digit = (unsigned) (*at - 'A') + 10;
	else
		return unexpected(syntax, at);

	syntax->code = syntax->code << 4 | digit;
	if (--syntax->digits_left == 0)
	{
		syntax->place = IN_STRING;
		notify_escaped(syntax, syntax->code);
	}
	return at + 1;
}

static const char *
read_literal(JsonSyntax *syntax, const char *at)
{
	if (*at != *syntax->literal)
		return unexpected(syntax, at);
	syntax->literal++;
	if (*syntax->literal == '\0')
	{
		if (syntax->place == IN_BYTE_ORDER_MARK)
			syntax->place = AT_VALUE;
		else
			end_value(syntax);
	}
	return at + 1;
}

static enum NumberByte
number_byte(char byte)
{
	switch (byte)
	{
		case '0':
			return BYTE_ZERO;
		case '.':
			return BYTE_POINT;
		case 'e':
		case 'E':
			return BYTE_E;
		case '+':
			return BYTE_PLUS;
		case '-':
			return BYTE_MINUS;
		default:
			return byte >= '1' && byte <= '9' ? BYTE_DIGIT : BYTE_OTHER;
	}
}

/* Only the byte behind a number, which is not taken, shows that it ended. */
static const char *
read_number(JsonSyntax *syntax, const char *at, const char *end)
{
	for (; at < end; at++)
	{
		int			step = number_step[syntax->number][number_byte(*at)];

		if (step == NUMBER_STOP)
		{
			if (syntax->number < NUMBER_ZERO)
				return unexpected(syntax, at);
			end_value(syntax);
			break;
		}
		syntax->number = step;
	}
	return at;
}

/* RFC 8259 forbids to send a byte order mark, but not to take one. */
static const char *
read_start(JsonSyntax *syntax, const char *at)
{
	if (*at != '\xEF')
	{
		syntax->place = AT_VALUE;
		return at;
	}
	syntax->place = IN_BYTE_ORDER_MARK;
	syntax->literal = "\xBB\xBF";
	return at + 1;
}

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* A byte between values, and not white space. */
static const char *
read_between(JsonSyntax *syntax, const char *at)
{
	switch (syntax->place)
	{
		case AT_VALUE_OR_END:
			if (*at == ']')
				return close_container(syntax, at);
			return read_value(syntax, at);
		case AT_VALUE:
			return read_value(syntax, at);
		case AT_KEY_OR_END:
			if (*at == '}')
				return close_container(syntax, at);
			return read_key(syntax, at);
		case AT_KEY:
			return read_key(syntax, at);
		case AT_COLON:
			if (*at != ':')
				return unexpected(syntax, at);
			syntax->place = AT_VALUE;
			return at + 1;
		case AT_COMMA_OR_END:
			return read_comma_or_end(syntax, at);
		default:
			return unexpected(syntax, at);
	}
}

static const char *
read_bytes(JsonSyntax *syntax, const char *at, const char *end)
{
	while (at < end && syntax->event == SYNTAX_MORE)
	{
		switch (syntax->place)
		{
			case IN_STRING:
				at = read_string(syntax, at, end);
				break;
			case IN_ESCAPE:
				at = read_escape(syntax, at);
				break;
			case IN_UNICODE:
				at = read_unicode(syntax, at);
				break;
			case IN_NUMBER:
				at = read_number(syntax, at, end);
				break;
			case IN_LITERAL:
			case IN_BYTE_ORDER_MARK:
				at = read_literal(syntax, at);
				break;
			case AT_START:
				at = read_start(syntax, at);
				break;
			default:
				while (at < end && is_space(*at))
					at++;
				if (at < end)
					at = read_between(syntax, at);
				break;
		}
	}
	return at;
}
