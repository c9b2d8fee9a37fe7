/*-------------------------------------------------------------------------
 *
 * character.c
 *	  Single characters of a JSON string: what an escape stands for, and
 *	  whether bytes are UTF-8.
 *
 * src/row/character.c
 *
 *-------------------------------------------------------------------------
 */
#include "character.h"

#include <string.h>

enum
{
	REPLACEMENT = 0xFFFD
};

static Escape read_unicode_escape(const char *at, const char *end);


Escape
imagecat_json_read_escape(const char *at, const char *end)
{
	static const char letters[] = "bfnrt";
	static const char meanings[] = "\b\f\n\r\t";
	Escape		escape = {
		.length = 1, .representable = true, .size = 1, .character = {'\\'}
	};
	const char *letter;

	if (end - at < 2)
		return escape;
	if (at[1] == 'u' && end - at >= 6)
		return read_unicode_escape(at, end);

	escape.length = 2;
	letter = memchr(letters, at[1], sizeof(letters) - 1);
	escape.character[0] = letter != NULL ? meanings[letter - letters] : at[1];
	return escape;
}

/*
 * The ranges are those of table 3-7 of the Unicode standard: after some first
 * bytes the second is confined further, to keep out overlong forms, surrogates
 * and what is beyond U+10FFFF.
 */
size_t
imagecat_utf8_length(const char *at, const char *end, bool *valid)
{
	const unsigned char *bytes = (const unsigned char *) at;
	size_t		available = (size_t) (end - at);
	size_t		length = bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
	unsigned	lowest = 0x80;
	unsigned	highest = 0xBF;
	size_t		i;

	*valid = false;
	if (bytes[0] < 0xC2 || bytes[0] > 0xF4)
		return 1;
	if (bytes[0] == 0xE0)
		lowest = 0xA0;
	else if (bytes[0] == 0xED)
		highest = 0x9F;
	else if (bytes[0] == 0xF0)
		lowest = 0x90;
	else if (bytes[0] == 0xF4)
		highest = 0x8F;

	for (i = 1; i < length; i++)
	{
		if (i == available || bytes[i] < lowest || bytes[i] > highest)
			return i;
		lowest = 0x80;
		highest = 0xBF;
	}
	*valid = true;
	return length;
}


/* The value of four hexadecimal digits. */
static unsigned
read_hex(const char *digits)
{
	unsigned	code = 0;
	int			i;

	for (i = 0; i < 4; i++)
	{
		unsigned	letter = (unsigned char) digits[i] | 0x20;
		unsigned	digit = letter >= 'a' ? letter - 'a' + 10 : letter - '0';

		code = code << 4 | (digit & 0xF);
	}
	return code;
}

static size_t
encode_utf8(unsigned code, char *text)
{
	static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t		size = code < 0x80 ? 1 : code < 0x800 ? 2 :
		code < 0x10000 ? 3 : 4;
	size_t		i;

	for (i = size - 1; i > 0; i--)
	{
		text[i] = (char) (0x80 | (code & 0x3F));
		code >>= 6;
	}
	text[0] = (char) (marks[size] | code);
	return size;
}

static Escape
read_unicode_escape(const char *at, const char *end)
{
	Escape		escape = {.length = 6, .representable = true};
	unsigned	code = read_hex(at + 2);
	bool		is_high = code >= 0xD800 && code <= 0xDBFF;
	bool		is_low = code >= 0xDC00 && code <= 0xDFFF;

	if (is_high && end - at >= 12 && at[6] == '\\' && at[7] == 'u')
	{
		unsigned	low = read_hex(at + 8);

		if (low >= 0xDC00 && low <= 0xDFFF)
		{
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
			escape.length = 12;
			is_high = false;
		}
	}
	if (code == 0 || is_high || is_low)
	{
		code = REPLACEMENT;
		escape.representable = false;
	}
	escape.size = encode_utf8(code, escape.character);
	return escape;
}
