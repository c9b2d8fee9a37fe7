/*-------------------------------------------------------------------------
 *
 * json_fuzz.c
 *	  The JSON walker stays inside its slice whatever the bytes, and on text
 *	  that the page reader accepted it agrees with json-c; decoded and cleaned
 *	  text is what PostgreSQL can take.
 *
 * An input is a JSON pointer, a line break and a JSON value.
 *
 * test/fuzz/json_fuzz.c
 *
 *-------------------------------------------------------------------------
 */
#include "oracle.h"
#include "json.h"
#include "page.h"

/* Decoded or cleaned text, in a buffer of exactly the announced size. */
typedef struct Text
{
	char	   *bytes;
	size_t		size;
	int			replaced;
} Text;

static Text
decode(JsonSlice string)
{
	size_t		room = imagecat_json_string_size(string);
	Text		text = {malloc(room > 0 ? room : 1), 0, 0};

	text.size = imagecat_json_string_decode(string, text.bytes, &text.replaced);
	require(text.size <= room, "a decoded string is no longer than announced");
	return text;
}

static Text
clean(JsonSlice value)
{
	size_t		room = imagecat_json_clean_size(value);
	Text		text = {malloc(room > 0 ? room : 1), 0, 0};

	text.size = imagecat_json_clean(value, text.bytes, &text.replaced);
	require(text.size <= room, "cleaned text is no longer than announced");
	return text;
}

/* Written from the definition of UTF-8, unlike the code under test. */
static bool
is_utf8(const char *bytes, size_t size)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t		at = 0;

	while (at < size)
	{
		unsigned char first = (unsigned char) bytes[at];
		size_t		length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 :
			first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
		uint32_t	code = length == 1 ? first : first & (0x7Fu >> length);
		size_t		i;

		if (length == 0 || length > size - at)
			return false;
		for (i = 1; i < length; i++)
		{
			unsigned char next = (unsigned char) bytes[at + i];

			if ((next & 0xC0) != 0x80)
				return false;
			code = code << 6 | (next & 0x3F);
		}
		if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
			return false;
		at += length;
	}
	return true;
}

static bool
accepts(JsonSlice object)
{
	static const PageShape shape = {NULL, NULL, true};
	PageReader *page = imagecat_page_create(&shape);
	bool		accepted;

	imagecat_page_feed(page, object.bytes, object.length);
	accepted = imagecat_page_finish(page) == PAGE_COMPLETE;
	imagecat_page_free(page);
	return accepted;
}

/* Nonsense in: no answer is wrong, but the sanitizer watches. */
static void
walk_anything(JsonSlice value, const char *pointer, int depth)
{
	JsonIterator iterator = imagecat_json_iterate(value);
	JsonSlice	key;
	JsonSlice	found;

	free(decode(value).bytes);
	free(clean(value).bytes);
	imagecat_json_pointer(value, pointer, &found);
	imagecat_json_key_equals(value, pointer, strlen(pointer));
	while (depth > 0 && imagecat_json_next_member(&iterator, &key, &found))
	{
		walk_anything(key, pointer, depth - 1);
		walk_anything(found, pointer, depth - 1);
	}
	iterator = imagecat_json_iterate(value);
	while (depth > 0 && imagecat_json_next_element(&iterator, &found))
		walk_anything(found, pointer, depth - 1);
}

static void
check_string(JsonSlice string, const char *wanted, size_t length)
{
	Text		text = decode(string);

	require(is_utf8(text.bytes, text.size), "a decoded string is UTF-8");
	require(memchr(text.bytes, '\0', text.size) == NULL, "a decoded string has no NUL");
	/* json-c lets NUL and bad UTF-8 pass */
	if (text.replaced == 0)
		require(text.size == length && memcmp(text.bytes, wanted, length) == 0,
				"json-c decodes the string so, too");
	free(text.bytes);
}

/* The walker sees in a value what json-c sees. */
static void
check_value(JsonSlice value, json_object *wanted)
{
	JsonIterator iterator = imagecat_json_iterate(value);
	JsonSlice	key;
	JsonSlice	found;
	size_t		count = 0;

	switch (imagecat_json_type(value))
	{
		case JSON_NULL:
			require(wanted == NULL, "null");
			break;
		case JSON_FALSE:
		case JSON_TRUE:
			require(json_object_is_type(wanted, json_type_boolean) &&
					json_object_get_boolean(wanted) == (imagecat_json_type(value) == JSON_TRUE),
					"true or false");
			break;
		case JSON_NUMBER:
			require(json_object_is_type(wanted, json_type_int) ||
					json_object_is_type(wanted, json_type_double), "a number");
			break;
		case JSON_STRING:
			require(json_object_is_type(wanted, json_type_string), "a string");
			check_string(value, json_object_get_string(wanted),
						 (size_t) json_object_get_string_len(wanted));
			break;
		case JSON_ARRAY:
			require(json_object_is_type(wanted, json_type_array), "an array");
			for (; imagecat_json_next_element(&iterator, &found); count++)
				check_value(found, json_object_array_get_idx(wanted, count));
			require(count == json_object_array_length(wanted), "as many elements");
			break;
		case JSON_OBJECT:
			require(json_object_is_type(wanted, json_type_object), "an object");
			while (imagecat_json_next_member(&iterator, &key, &found))
			{
				Text		name = decode(key);
				char	   *terminated = strndup(name.bytes, name.size);
				json_object *member;

				if (name.replaced == 0)
				{
					require(imagecat_json_key_equals(key, terminated, name.size),
							"a key equals its name");
					require(imagecat_json_member(value, terminated, &found), "a member by its name");
					require(json_object_object_get_ex(wanted, terminated, &member), "in json-c, too");
					check_value(found, member);
				}
				free(terminated);
				free(name.bytes);
			}
			break;
	}
}

/* Two values differ in nothing but how their strings are spelled. */
static void
check_alike(JsonSlice a, JsonSlice b)
{
	JsonType	type = imagecat_json_type(a);
	JsonIterator iterator_a = imagecat_json_iterate(a);
	JsonIterator iterator_b = imagecat_json_iterate(b);
	JsonSlice	key_a;
	JsonSlice	key_b;
	JsonSlice	value_a;
	JsonSlice	value_b;

	require(imagecat_json_type(b) == type, "cleaning keeps types");
	if (type == JSON_STRING)
	{
		Text		text_a = decode(a);
		Text		text_b = decode(b);

		require(text_b.replaced == 0, "cleaning leaves nothing to replace");
		require(text_a.size == text_b.size && memcmp(text_a.bytes, text_b.bytes, text_a.size) == 0,
				"a string decodes as it does once cleaned");
		free(text_a.bytes);
		free(text_b.bytes);
	}
	else if (type == JSON_ARRAY)
	{
		while (imagecat_json_next_element(&iterator_a, &value_a))
		{
			require(imagecat_json_next_element(&iterator_b, &value_b), "cleaning keeps elements");
			check_alike(value_a, value_b);
		}
		require(!imagecat_json_next_element(&iterator_b, &value_b), "cleaning adds no elements");
	}
	else if (type == JSON_OBJECT)
	{
		while (imagecat_json_next_member(&iterator_a, &key_a, &value_a))
		{
			require(imagecat_json_next_member(&iterator_b, &key_b, &value_b), "cleaning keeps members");
			check_alike(key_a, key_b);
			check_alike(value_a, value_b);
		}
		require(!imagecat_json_next_member(&iterator_b, &key_b, &value_b), "cleaning adds no members");
	}
	else
		require(a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0,
				"cleaning changes only strings");
}

static void
check_clean(JsonSlice object, json_object *wanted)
{
	Text		text = clean(object);
	JsonSlice	cleaned = {text.bytes, text.size};
	Text		again = clean(cleaned);
	json_object *value;

	require(is_utf8(text.bytes, text.size), "cleaned text is UTF-8");
	require(accepts(cleaned), "the page reader accepts cleaned text");
	require(oracle_parse(text.bytes, text.size, &value), "json-c accepts cleaned text");
	check_alike(object, cleaned);
	require(again.replaced == 0 && again.size == text.size &&
			memcmp(again.bytes, text.bytes, text.size) == 0, "clean text stays as it is");
	if (text.replaced == 0)
		require(text.size == object.length && memcmp(text.bytes, object.bytes, text.size) == 0 &&
				json_object_equal(value, wanted), "what is clean already stays as it is");
	json_object_put(value);
	free(text.bytes);
	free(again.bytes);
}

static void
check_pointer(JsonSlice object, const char *pointer, json_object *wanted)
{
	JsonSlice	found = {NULL, 0};
	json_object *member = NULL;
	const char *tilde;
	size_t		length = strlen(pointer);
	bool		has_empty = strstr(pointer, "//") != NULL ||
		(length > 0 && pointer[length - 1] == '/');

	/* json-c lets a tilde pass that is not ~0 or ~1 */
	for (tilde = strchr(pointer, '~'); tilde != NULL; tilde = strchr(tilde + 1, '~'))
	{
		if (tilde[1] != '0' && tilde[1] != '1')
		{
			require(!imagecat_json_pointer(object, pointer, &found), "a malformed pointer");
			return;
		}
	}

	if (json_pointer_get(wanted, pointer, &member) != 0)
		require(!imagecat_json_pointer(object, pointer, &found), "a pointer to nothing");
	else if (imagecat_json_pointer(object, pointer, &found))
		check_value(found, member);
	else
		/* json-c takes an empty token for index 0 of an array */
		require(has_empty, "a pointer to something");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line_break = memchr(data, '\n', size);
	size_t		pointer_length = line_break != NULL ? (size_t) (line_break - data) : 0;
	char	   *pointer = strndup((const char *) data, pointer_length);
	size_t		skipped = line_break != NULL ? pointer_length + 1 : 0;
	size_t		length = size - skipped;
	char	   *bytes = exact_copy((const char *) data + skipped, length);
	JsonSlice	object = {bytes, length};
	char	   *wrapped = malloc(length + 7);

	walk_anything(object, pointer, 3);

	/* as an object, which spares the fuzzer to find out that it must be one */
	object.bytes = wrapped;
	object.length = (size_t) sprintf(wrapped, "{\"a\":");
	memcpy(wrapped + object.length, bytes, length);
	object.length += length;
	wrapped[object.length++] = '}';
	if (accepts(object))
	{
		json_object *wanted;

		require(oracle_parse(object.bytes, object.length, &wanted), "json-c accepts the text");
		check_clean(object, wanted);
		if (!mentions_nul(object.bytes, object.length))
		{
			check_value(object, wanted);
			check_pointer(object, pointer, wanted);
		}
		json_object_put(wanted);
	}

	free(wrapped);
	free(pointer);
	free(bytes);
	return 0;
}
