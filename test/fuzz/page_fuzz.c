/*-------------------------------------------------------------------------
 *
 * page_fuzz.c
 *	  The page reader accepts what json-c accepts, finds the images that json-c
 *	  and the JSON walker find, and does so however the body is cut.
 *
 * The first byte of an input chooses the shape, the second how to cut.
 *
 * test/fuzz/page_fuzz.c
 *
 *-------------------------------------------------------------------------
 */
#include "oracle.h"
#include "json.h"
#include "page.h"

static const PageShape shapes[] = {
	{"images", "next", false},
	{NULL, NULL, false},
	{"images", "next", true},
};

/*
 * Reads a body and describes all that came of it, released images included.
 * The pieces' lengths come from `cut`: 0 means a single one, 1 byte by byte.
 */
static char *
read_body(const PageShape *shape, const char *body, size_t length, unsigned cut,
		  bool release, size_t *size)
{
	PageReader *page = imagecat_page_create(shape);
	char	   *text = NULL;
	FILE	   *out = open_memstream(&text, size);
	size_t		seen = 0;
	size_t		at = 0;
	JsonSlice	next;

	do
	{
		size_t		piece = length - at;
		char	   *copy;

		if (cut > 0)
		{
			cut = cut == 1 ? 1 : 2 + cut * 31 % 61;
			if (piece > cut)
				piece = cut;
		}
		copy = exact_copy(body + at, piece);
		imagecat_page_feed(page, copy, piece);
		free(copy);
		at += piece;

		for (; seen < imagecat_page_count(page); seen++)
		{
			JsonSlice	image = imagecat_page_object(page, seen);

			require(image.length >= 2, "an image has at least its brackets");
			fwrite(image.bytes, 1, image.length, out);
			fputc('\n', out);
		}
		if (release)
			imagecat_page_release(page, seen - seen % 3);
	} while (at < length);

	imagecat_page_finish(page);
	next = imagecat_page_next_value(page);
	if (imagecat_page_state(page) == PAGE_FAILED)
		fprintf(out, "error %s", imagecat_page_error(page));
	else if (next.bytes != NULL)
		fprintf(out, "next %.*s", (int) next.length, next.bytes);
	fclose(out);
	imagecat_page_free(page);
	return text;
}

/*
 * Whether json-c 0.16 is known to take, in strict mode, the byte that the
 * reader calls unexpected, although RFC 8259 does not allow it.
 */
static bool
is_laxness(const char *body, size_t length, size_t offset)
{
	char		byte = body[offset];
	char		before = offset > 0 ? body[offset - 1] : ' ';

	/* control characters in strings; a NUL, which ends the text */
	if ((unsigned char) byte < 0x20)
		return true;
	/* {'a':1} */
	if (byte == '\'')
		return true;
	/* NaN, Infinity, -Infinity */
	if (length - offset >= 3 && memcmp(body + offset, "NaN", 3) == 0)
		return true;
	if (length - offset >= 8 && memcmp(body + offset, "Infinity", 8) == 0)
		return true;
	/* 00, -01 */
	if (before == '0' && byte >= '0' && byte <= '9')
		return true;
	/* -.5 */
	if (before == '-' && byte == '.')
		return true;
	/* 1. */
	return before == '.';
}

/* The body is wrong; so json-c must find it, unless it is known to be lax. */
static void
check_rejected(const char *error, const char *body, size_t length)
{
	const char *where = strstr(error, " at byte ");
	json_object *value;

	if (!oracle_parse(body, length, &value))
		return;

	if (strncmp(error, "unexpected ", 11) == 0)
		require(is_laxness(body, length, strtoul(where + 9, NULL, 10)),
				"json-c stops at the same byte");
	else if (strcmp(error, "is not an object") == 0)
		require(!json_object_is_type(value, json_type_object), "no object");
	else if (strcmp(error, "is not an array") == 0)
		require(!json_object_is_type(value, json_type_array), "no array");
	else if (strcmp(error, "has no member \"images\"") == 0)
		require(mentions_nul(body, length) ||
				!json_object_object_get_ex(value, "images", NULL), "no images");
	else
		/* of these, json-c knows nothing */
		require(strncmp(error, "nests deeper ", 13) == 0 ||
				strncmp(error, "member \"images\" ", 16) == 0 ||
				strncmp(error, "an element ", 11) == 0 ||
				strncmp(error, "has more than one ", 18) == 0 ||
				strncmp(error, "the value of ", 13) == 0,
				"json-c rejects the body, too");
	json_object_put(value);
}

static void
check_same(JsonSlice slice, json_object *wanted)
{
	json_object *value;

	require(oracle_parse(slice.bytes, slice.length, &value), "a slice is JSON");
	require(json_object_equal(value, wanted), "a slice is the value it should be");
	json_object_put(value);
}

/* The body is right; json-c must find the same in it. */
static void
check_accepted(const PageShape *shape, const PageReader *page, const char *body,
			   size_t length)
{
	JsonSlice	next = imagecat_page_next_value(page);
	json_object *value;
	json_object *list;
	size_t		i;

	/* json-c knows nothing of byte order marks */
	if (body[0] == '\xEF')
	{
		body += 3;
		length -= 3;
	}
	require(oracle_parse(body, length, &value), "json-c accepts the body");

	if (shape->single)
		check_same(imagecat_page_object(page, 0), value);
	else if (shape->images == NULL || !mentions_nul(body, length))
	{
		list = shape->images == NULL ? value : json_object_object_get(value, shape->images);
		require(imagecat_page_count(page) == json_object_array_length(list), "as many images");
		for (i = 0; i < imagecat_page_count(page); i++)
			check_same(imagecat_page_object(page, i), json_object_array_get_idx(list, i));
		if (next.bytes != NULL)
			check_same(next, json_object_object_get(value, "next"));
		else
			require(shape->next == NULL || !json_object_object_get_ex(value, "next", NULL),
					"no next member");
	}
	json_object_put(value);
}

/*
 * The elements of an array of images, as read_body() describes them; false,
 * with the error, if it is none.
 */
static bool
model_images(const PageShape *shape, JsonSlice array, FILE *out)
{
	JsonIterator iterator = imagecat_json_iterate(array);
	JsonSlice	image;

	while (imagecat_json_next_element(&iterator, &image))
	{
		if (imagecat_json_type(image) != JSON_OBJECT)
		{
			if (shape->images == NULL)
				fprintf(out, "error an element of the array is not an object");
			else
				fprintf(out, "error an element of \"%s\" is not an object", shape->images);
			return false;
		}
		fwrite(image.bytes, 1, image.length, out);
		fputc('\n', out);
	}
	return true;
}

static void
model_members(const PageShape *shape, JsonSlice body, FILE *out)
{
	JsonIterator iterator = imagecat_json_iterate(body);
	JsonSlice	key;
	JsonSlice	value;
	JsonSlice	next = {NULL, 0};
	bool		seen = false;

	while (imagecat_json_next_member(&iterator, &key, &value))
	{
		if (imagecat_json_key_equals(key, shape->images, strlen(shape->images)))
		{
			if (imagecat_json_type(value) != JSON_ARRAY)
			{
				fprintf(out, "error member \"%s\" is not an array", shape->images);
				return;
			}
			if (seen)
			{
				fprintf(out, "error has more than one member \"%s\"", shape->images);
				return;
			}
			if (!model_images(shape, value, out))
				return;
			seen = true;
		}
		else if (imagecat_json_key_equals(key, shape->next, strlen(shape->next)))
			next = value;
	}
	if (!seen)
		fprintf(out, "error has no member \"%s\"", shape->images);
	else if (next.bytes != NULL)
		fprintf(out, "next %.*s", (int) next.length, next.bytes);
}

/*
 * What read_body() should say of a body, according to the JSON walker; NULL if
 * the body is not valid JSON, which the walker cannot tell.
 */
static char *
model_body(const PageShape *shape, const char *body, size_t length, size_t *size)
{
	static const PageShape any = {NULL, NULL, true};
	PageReader *page = imagecat_page_create(&any);
	char	   *text = NULL;
	JsonIterator iterator;
	JsonSlice	key;
	JsonSlice	value;
	JsonSlice	more;

	/* one member around it makes any value an object */
	imagecat_page_feed(page, "{\"a\":", 5);
	imagecat_page_feed(page, body, length);
	imagecat_page_feed(page, "}", 1);
	imagecat_page_finish(page);
	iterator = imagecat_json_iterate(imagecat_page_object(page, 0));
	if (imagecat_page_state(page) == PAGE_COMPLETE &&
		imagecat_json_next_member(&iterator, &key, &value) &&
		!imagecat_json_next_member(&iterator, &key, &more))
	{
		JsonType	type = imagecat_json_type(value);
		bool		is_list = shape->images == NULL && !shape->single;
		FILE	   *out = open_memstream(&text, size);

		if (type != (is_list ? JSON_ARRAY : JSON_OBJECT))
			fprintf(out, "error is not an %s", is_list ? "array" : "object");
		else if (is_list)
			model_images(shape, value, out);
		else if (!shape->single)
			model_members(shape, value, out);
		else
			fprintf(out, "%.*s\n", (int) value.length, value.bytes);
		fclose(out);
	}
	imagecat_page_free(page);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char wrap[] = "{\"images\":[{\"a\":";
	static const char wrap_end[] = "}]}";
	const PageShape *shape;
	PageReader *page;
	char	   *body;
	char	   *whole;
	char	   *other;
	size_t		length = 0;
	size_t		whole_size;
	size_t		other_size;
	int			pass;

	if (size < 2)
		return 0;

	/* the fourth shape spares the fuzzer the search for an envelope */
	shape = &shapes[data[0] % 4 % 3];
	body = malloc(sizeof(wrap) + size + sizeof(wrap_end));
	if (data[0] % 4 == 3)
	{
		memcpy(body, wrap, sizeof(wrap) - 1);
		length = sizeof(wrap) - 1;
	}
	memcpy(body + length, data + 2, size - 2);
	length += size - 2;
	if (data[0] % 4 == 3)
	{
		memcpy(body + length, wrap_end, sizeof(wrap_end) - 1);
		length += sizeof(wrap_end) - 1;
	}

	whole = read_body(shape, body, length, 0, false, &whole_size);
	for (pass = 0; pass < 2; pass++)
	{
		other = read_body(shape, body, length, pass == 0 ? 1 : data[1], pass == 1, &other_size);
		require(other_size == whole_size && memcmp(other, whole, whole_size) == 0,
				"the same in pieces");
		free(other);
	}
	other = model_body(shape, body, length, &other_size);
	require(other == NULL || (other_size == whole_size &&
							   memcmp(other, whole, whole_size) == 0),
			"the same as the walker finds");
	free(other);
	free(whole);

	page = imagecat_page_create(shape);
	imagecat_page_feed(page, body, length);
	if (imagecat_page_finish(page) == PAGE_COMPLETE)
		check_accepted(shape, page, body, length);
	else
		check_rejected(imagecat_page_error(page), body, length);
	imagecat_page_free(page);
	free(body);
	return 0;
}
