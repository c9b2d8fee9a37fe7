/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Walks JSON text that the page reader has validated, in place, and
 *	  decodes its strings.
 *
 * Every loop is bounded by the slice it was given, whatever the bytes; that,
 * and not that they make sense, is all that is checked here.
 *
 * src/row/json.c
 *
 *-------------------------------------------------------------------------
 */
#include "json.h"
#include "character.h"

/* The UTF-8 of the replacement character. */
static const char replacement_text[] = "\xEF\xBF\xBD";

enum
{
	REPLACEMENT_SIZE = sizeof(replacement_text) - 1
};

static const char *skip_space(const char *at, const char *end);
static const char *skip_value(const char *at, const char *end);
static JsonSlice string_content(JsonSlice string);
static bool find_member(JsonSlice object, const char *name, size_t length,
						bool is_token, JsonSlice *value);
static bool follow_token(JsonSlice value, const char *token, size_t length,
						 JsonSlice *result);
static bool key_is(JsonSlice key, const char *name, size_t length,
				   bool is_token);
static size_t copy_text(JsonSlice source, bool decode, char *text,
						int *replaced);


JsonType
imagecat_json_type(JsonSlice value)
{
	if (value.length == 0)
		return JSON_NULL;
	switch (value.bytes[0])
	{
		case 'n':
			return JSON_NULL;
		case 'f':
			return JSON_FALSE;
		case 't':
			return JSON_TRUE;
		case '"':
			return JSON_STRING;
		case '[':
			return JSON_ARRAY;
		case '{':
			return JSON_OBJECT;
		default:
			return JSON_NUMBER;
	}
}

JsonIterator
imagecat_json_iterate(JsonSlice container)
{
	JsonType	type = imagecat_json_type(container);
	JsonIterator iterator = {container.bytes, container.bytes};

	if ((type == JSON_ARRAY || type == JSON_OBJECT) && container.length >= 2)
	{
		iterator.position = container.bytes + 1;
		iterator.end = container.bytes + container.length - 1;
	}
	return iterator;
}

bool
imagecat_json_next_element(JsonIterator *iterator, JsonSlice *value)
{
	const char *end = iterator->end;
	const char *at = skip_space(iterator->position, end);

	if (at < end && *at == ',')
		at = skip_space(at + 1, end);
	iterator->position = skip_value(at, end);
	value->bytes = at;
	value->length = (size_t) (iterator->position - at);
	return value->length > 0;
}

bool
imagecat_json_next_member(JsonIterator *iterator, JsonSlice *key,
						  JsonSlice *value)
{
	const char *end = iterator->end;
	const char *at;

	if (!imagecat_json_next_element(iterator, key) || key->bytes[0] != '"')
		return false;
	at = skip_space(iterator->position, end);
	if (at < end && *at == ':')
		at = skip_space(at + 1, end);
	iterator->position = skip_value(at, end);
	value->bytes = at;
	value->length = (size_t) (iterator->position - at);
	return value->length > 0;
}

bool
imagecat_json_key_equals(JsonSlice key, const char *name, size_t length)
{
	return key_is(key, name, length, false);
}

bool
imagecat_json_member(JsonSlice object, const char *name, JsonSlice *value)
{
	return find_member(object, name, strlen(name), false, value);
}

bool
imagecat_json_pointer(JsonSlice value, const char *pointer, JsonSlice *result)
{
	while (*pointer == '/')
	{
		size_t		length = strcspn(pointer + 1, "/");

		if (!follow_token(value, pointer + 1, length, &value))
			return false;
		pointer += 1 + length;
	}
	if (*pointer != '\0')
		return false;
	*result = value;
	return true;
}

size_t
imagecat_json_string_size(JsonSlice string)
{
	return imagecat_json_clean_size(string_content(string));
}

size_t
imagecat_json_string_decode(JsonSlice string, char *text, int *replaced)
{
	return copy_text(string_content(string), true, text, replaced);
}

/*
 * An escape is at least as long as what it becomes, so only bytes beyond ASCII
 * can grow: each to one replacement at most.
 */
size_t
imagecat_json_clean_size(JsonSlice value)
{
	size_t		beyond_ascii = 0;
	size_t		i;

	for (i = 0; i < value.length; i++)
		beyond_ascii += (unsigned char) value.bytes[i] >> 7;
	return value.length + beyond_ascii * (REPLACEMENT_SIZE - 1);
}

size_t
imagecat_json_clean(JsonSlice value, char *text, int *replaced)
{
	return copy_text(value, false, text, replaced);
}


static const char *
skip_space(const char *at, const char *end)
{
	while (at < end &&
		   (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

/* Starts at the opening quote. */
static const char *
skip_string(const char *at, const char *end)
{
	at++;
	for (;;)
	{
		at = imagecat_json_skip_plain(at, end);
		if (at == end)
			return end;
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && at + 1 < end)
			at++;
		at++;
	}
}

/* Starts at the opening bracket.  That brackets match is taken for granted. */
static const char *
skip_container(const char *at, const char *end)
{
	size_t		depth = 0;

	while (at < end)
	{
		switch (*at)
		{
			case '"':
				at = skip_string(at, end);
				continue;
			case '{':
			case '[':
				depth++;
				break;
			case '}':
			case ']':
				depth--;
				if (depth == 0)
					return at + 1;
				break;
			default:
				break;
		}
		at++;
	}
	return end;
}

static const char *
skip_scalar(const char *at, const char *end)
{
	while (at < end && memchr(",:]} \n\r\t", *at, 8) == NULL)
		at++;
	return at;
}

/* Returns `at` itself if no value starts there. */
static const char *
skip_value(const char *at, const char *end)
{
	if (at == end)
		return end;
	if (*at == '"')
		return skip_string(at, end);
	if (*at == '{' || *at == '[')
		return skip_container(at, end);
	return skip_scalar(at, end);
}

/* What is between the quotes; nothing if there are none. */
static JsonSlice
string_content(JsonSlice string)
{
	JsonSlice	content = {"", 0};

	if (string.length >= 2)
	{
		content.bytes = string.bytes + 1;
		content.length = string.length - 2;
	}
	return content;
}


/* Returns the first byte that is a backslash or not valid UTF-8, or `end`. */
static const char *
skip_clean(const char *at, const char *end)
{
	while (at < end && *at != '\\')
	{
		size_t		length = 1;
		bool		valid = true;

		if ((unsigned char) *at >= 0x80)
			length = imagecat_utf8_length(at, end, &valid);
		if (!valid)
			break;
		at += length;
	}
	return at;
}

static char *
append(char *out, const char *bytes, size_t size)
{
	memcpy(out, bytes, size);
	return out + size;
}

/*
 * Copies text, replacing what cannot be represented.  Other escapes are decoded
 * or left as they are.  Since backslashes and bytes beyond ASCII occur inside
 * strings only, it need not know where these begin and end.
 */
static size_t
copy_text(JsonSlice source, bool decode, char *text, int *replaced)
{
	const char *at = source.bytes;
	const char *end = source.bytes + source.length;
	char	   *out = text;

	while (at < end)
	{
		const char *clean_end = skip_clean(at, end);

		out = append(out, at, (size_t) (clean_end - at));
		at = clean_end;
		if (at == end)
			break;

		if (*at == '\\')
		{
			Escape		escape = imagecat_json_read_escape(at, end);

			if (!escape.representable)
				++*replaced;
			if (escape.representable && !decode)
				out = append(out, at, escape.length);
			else
				out = append(out, escape.character, escape.size);
			at += escape.length;
		}
		else
		{
			bool		valid;

			at += imagecat_utf8_length(at, end, &valid);
			out = append(out, replacement_text, REPLACEMENT_SIZE);
			++*replaced;
		}
	}
	return (size_t) (out - text);
}


/*
 * Whether a key is this name, or what a pointer's token stands for: ~1 in that
 * is a slash and ~0 a tilde.
 */
static bool
key_is(JsonSlice key, const char *name, size_t length, bool is_token)
{
	JsonSlice	content = string_content(key);
	const char *at = content.bytes;
	const char *end = at + content.length;
	const char *name_end = name + length;

	if (!is_token && memchr(at, '\\', content.length) == NULL)
		return content.length == length && memcmp(at, name, length) == 0;

	while (at < end)
	{
		Escape		escape = {.length = 1, .size = 1, .character = {*at}};
		size_t		i;

		if (*at == '\\')
			escape = imagecat_json_read_escape(at, end);
		for (i = 0; i < escape.size; i++)
		{
			char		wanted;

			if (name == name_end)
				return false;
			wanted = *name++;
			if (is_token && wanted == '~')
				wanted = *name++ == '1' ? '/' : '~';
			if (escape.character[i] != wanted)
				return false;
		}
		at += escape.length;
	}
	return name == name_end;
}

static bool
find_member(JsonSlice object, const char *name, size_t length, bool is_token,
			JsonSlice *value)
{
	JsonIterator iterator = imagecat_json_iterate(object);
	JsonSlice	key;
	JsonSlice	candidate;
	bool		found = false;

	if (imagecat_json_type(object) != JSON_OBJECT)
		return false;
	while (imagecat_json_next_member(&iterator, &key, &candidate))
	{
		if (key_is(key, name, length, is_token))
		{
			*value = candidate;
			found = true;
		}
	}
	return found;
}

static bool
find_element(JsonSlice array, const char *token, size_t length,
			 JsonSlice *value)
{
	JsonIterator iterator = imagecat_json_iterate(array);
	size_t		index = 0;
	size_t		i;

	if (length == 0 || (length > 1 && token[0] == '0'))
		return false;
	for (i = 0; i < length; i++)
	{
		if (token[i] < '0' || token[i] > '9' || index > SIZE_MAX / 10 - 1)
			return false;
		index = index * 10 + (size_t) (token[i] - '0');
	}

	for (i = 0; imagecat_json_next_element(&iterator, value); i++)
	{
		if (i == index)
			return true;
	}
	return false;
}

/* Follows one token of a pointer, given without its slash. */
static bool
follow_token(JsonSlice value, const char *token, size_t length,
			 JsonSlice *result)
{
	size_t		i;

	for (i = 0; i < length; i++)
	{
		if (token[i] == '~' &&
			(i + 1 == length || (token[i + 1] != '0' && token[i + 1] != '1')))
			return false;
	}

	if (imagecat_json_type(value) == JSON_ARRAY)
		return find_element(value, token, length, result);
	return find_member(value, token, length,
					   memchr(token, '~', length) != NULL, result);
}
