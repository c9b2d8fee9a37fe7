/*-------------------------------------------------------------------------
 *
 * page_test.c
 *	  The page reader finds the same images however a body is cut, names what
 *	  is wrong with a bad one, and holds no more than it must.
 *
 * test/unit/page_test.c
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "page.h"
#include "tap.h"

/* From the address sanitizer, whose header gcc does not install everywhere. */
extern size_t __sanitizer_get_current_allocated_bytes(void);

/* Lets the sanitizer's malloc fail, so that we can see what comes of it. */
extern const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=4";
}

static const PageShape list_shape = {"images", "next", false};
static const PageShape bare_shape = {NULL, NULL, false};
static const PageShape single_shape = {"images", "next", true};

/* A reader that must not run out of memory here. */
static PageReader *
create(const PageShape *shape)
{
	PageReader *page = imagecat_page_create(shape);

	if (page == NULL)
		abort();
	return page;
}

/* Feeds a copy of exactly that size, so that reading past it is caught. */
static void
feed(PageReader *page, const char *bytes, size_t length)
{
	char	   *copy = malloc(length > 0 ? length : 1);

	memcpy(copy, bytes, length);
	imagecat_page_feed(page, copy, length);
	free(copy);
}

static void
feed_text(PageReader *page, const char *text)
{
	feed(page, text, strlen(text));
}

/*
 * All that a finished reader has to say, as text: the error, or else the
 * images, each followed by a bar, and the next value.  The caller frees it.
 */
static char *
describe(const PageReader *page)
{
	JsonSlice	next = imagecat_page_next_value(page);
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);
	size_t		i;

	if (imagecat_page_state(page) == PAGE_FAILED)
		fprintf(out, "%s", imagecat_page_error(page));
	else
	{
		for (i = 0; i < imagecat_page_count(page); i++)
		{
			JsonSlice	image = imagecat_page_object(page, i);

			fprintf(out, "%.*s|", (int) image.length, image.bytes);
		}
		if (next.bytes != NULL)
			fprintf(out, "next %.*s", (int) next.length, next.bytes);
	}
	fclose(out);
	return text;
}

/* Reads a body in pieces of `step` bytes, the first of them `first` long. */
static char *
read_cut(const PageShape *shape, const char *body, size_t length, size_t first,
		 size_t step)
{
	PageReader *page = create(shape);
	char	   *result;
	size_t		at = 0;

	while (at < length)
	{
		size_t		piece = at == 0 && first > 0 ? first : step;

		if (piece > length - at)
			piece = length - at;
		feed(page, body + at, piece);
		at += piece;
	}
	imagecat_page_finish(page);
	result = describe(page);
	imagecat_page_free(page);
	return result;
}

/* A body gives this result, cut in two anywhere, and byte by byte. */
static void
gives(const PageShape *shape, const char *body, const char *wanted, const char *name)
{
	size_t		length = strlen(body);
	char	   *result = read_cut(shape, body, length, 0, length);
	size_t		cut;
	size_t		differing = 0;

	is(result, wanted, "%s", name);
	free(result);

	for (cut = 0; cut <= length; cut++)
	{
		result = read_cut(shape, body, length, cut, cut == 0 ? 1 : length);
		if (strcmp(result, wanted) != 0)
			differing++;
		free(result);
	}
	ok(differing == 0, "%s: the same in any two pieces, and byte by byte", name);
}

static void
test_lists(void)
{
	gives(&list_shape, "{\"images\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"next\":\"/v2?m=b\"}",
		  "{\"id\":\"a\"}|{\"id\":\"b\"}|next \"/v2?m=b\"", "next behind the images");
	gives(&list_shape, "{\"next\":\"/v2?m=b\",\"images\":[{\"id\":\"a\"}]}",
		  "{\"id\":\"a\"}|next \"/v2?m=b\"", "next before the images");
	gives(&list_shape, "{\"images\":[{}],\"next\":null}", "{}|next null", "next is null");
	gives(&list_shape, "{\"images\":[],\"next\":12.5e1 }", "next 12.5e1",
		  "next is a number, which ends where the object does");
	gives(&list_shape, "{\"next\":[{\"href\":\"x\",\"images\":[1]}],\"images\":[{}]}",
		  "{}|next [{\"href\":\"x\",\"images\":[1]}]", "next is an array");
	gives(&list_shape, "{\"next\":\"a\",\"images\":[],\"next\":\"b\"}", "next \"b\"",
		  "the last of several next members counts");
	gives(&list_shape, "{\"images\":[]}", "", "no images and no next");
	gives(&bare_shape, "[{\"a\":1} , {\"b\":[{}]}]", "{\"a\":1}|{\"b\":[{}]}|", "the body is the array");
	gives(&bare_shape, " [ ] ", "", "the body is an empty array");
	gives(&single_shape, " {\"images\":[{}],\"next\":1} \n", "{\"images\":[{}],\"next\":1}|",
		  "the body is one image");
	gives(&list_shape, "\xEF\xBB\xBF{\"images\":[{}]}", "{}|", "a byte order mark is passed over");
	gives(&list_shape, " \t\r\n{ \"images\" : [ { \"a\" : [ 1 , 2 ] } , { } ] , \"next\" : \"n\" } \n",
		  "{ \"a\" : [ 1 , 2 ] }|{ }|next \"n\"", "white space is kept inside images only");
	gives(&list_shape, "{\"other\":{\"images\":[1],\"next\":2},\"images\":[{\"images\":[3],\"next\":4}]}",
		  "{\"images\":[3],\"next\":4}|", "our names count in the top-level object only");
	gives(&list_shape, "{\"images\":[{}],\"other\":{\"images\":1,\"next\":2}}",
		  "{}|", "and so behind the images, too");
	gives(&list_shape, "{\"image\":1,\"imagess\":2,\"nex\":3,\"nextt\":4,\"\":5,\"images\":[]}", "",
		  "names that are longer or shorter do not match");
	gives(&list_shape, "{\"im\\u0061ges\":[{}],\"\\u006E\\u0065xt\":1}", "{}|next 1",
		  "names are recognized with escapes in them");
	gives(&list_shape, "{\"next\\u0000\":1,\"next\\n\":2,\"n\\u0165xt\":3,\"\\\"next\":4,\"images\":[]}",
		  "", "other characters in escapes do not match");
	gives(&list_shape, "{\"images\":[{\"a\":\"}]{[\\\"\\\\\",\"b\\\"}\":\"\\u12aF\\ud83d\"}]}",
		  "{\"a\":\"}]{[\\\"\\\\\",\"b\\\"}\":\"\\u12aF\\ud83d\"}|", "brackets and quotes in strings");
	gives(&list_shape, "{\"images\":[{\"n\":[0,-0,10,1.5,-2.25e+10,1E-2,0e0,"
		  "123456789012345678901234567890.5]}]}",
		  "{\"n\":[0,-0,10,1.5,-2.25e+10,1E-2,0e0,123456789012345678901234567890.5]}|",
		  "numbers of any form and size");
	gives(&list_shape, "{\"images\":[{\"a\":true,\"b\":false,\"c\":null}]}",
		  "{\"a\":true,\"b\":false,\"c\":null}|", "literals");
	gives(&list_shape, "{\"images\":[{\"a\":\"\xff\xc3(\x7f\"}]}", "{\"a\":\"\xff\xc3(\x7f\"}|",
		  "bytes that are not UTF-8 pass");
}

static void
test_errors(void)
{
	gives(&list_shape, "<html>", "unexpected character \"<\" at byte 0", "not JSON");
	gives(&list_shape, "", "is empty", "no bytes");
	gives(&list_shape, " \n", "is empty", "only white space");
	gives(&list_shape, "\xEF\xBB\xBF", "is empty", "only a byte order mark");
	gives(&list_shape, "\xEF\xBB", "ends in the middle of a value at byte 2", "half a byte order mark");
	gives(&list_shape, "\xEF\xBB{", "unexpected character \"{\" at byte 2", "a broken byte order mark");
	gives(&list_shape, " \xEF\xBB\xBF{}", "unexpected byte 0xef at byte 1", "a byte order mark too late");
	gives(&list_shape, "{\"images\":[{\"a\":1", "ends in the middle of a value at byte 17", "cut in an image");
	gives(&list_shape, "{\"images\":[{}]", "ends in the middle of a value at byte 14", "cut behind the images");
	gives(&list_shape, "{\"images\":[{}]}}", "unexpected character \"}\" at byte 15", "one bracket too many");
	gives(&list_shape, "{\"images\":[{}]} {", "unexpected character \"{\" at byte 16", "a second value");
	gives(&list_shape, "{\"images\":{}}", "member \"images\" is not an array", "images is an object");
	gives(&list_shape, "{\"images\":null}", "member \"images\" is not an array", "images is null");
	gives(&list_shape, "{\"images\":[{},1]}", "an element of \"images\" is not an object", "an image is a number");
	gives(&list_shape, "{\"images\":[[]]}", "an element of \"images\" is not an object", "an image is an array");
	gives(&list_shape, "{\"images\":[],\"images\":[]}", "has more than one member \"images\"", "images twice");
	gives(&list_shape, "{\"next\":null}", "has no member \"images\"", "no images");
	gives(&list_shape, "[]", "is not an object", "an array for an object");
	gives(&single_shape, "[{}]", "is not an object", "an array for one image");
	gives(&bare_shape, "{}", "is not an array", "an object for an array");
	gives(&bare_shape, "null", "is not an array", "null for an array");
	gives(&bare_shape, "[\"a\"]", "an element of the array is not an object", "a string in the array");
	gives(&bare_shape, "[{\"a\":\"x\ny\"}]", "unexpected byte 0x0a at byte 8", "a line break in a string");
	gives(&bare_shape, "[{\"a\":\"\x1fxyzxyzxyz\"}]", "unexpected byte 0x1f at byte 7", "a control character");
}

/* Texts that differ from JSON in one way each. */
static void
test_strictness(void)
{
	static const char *const bad[] = {
		"01", "-01", "-", "-a", "1.", ".5", "1.e1", "1e", "1e+", "+1", "0x1", "1a", "--1", "1.2.3",
		"NaN", "Infinity", "-Infinity", "tru", "truee", "True", "nul", "nulll", "falsy",
		"\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"\\U0041\"", "\"\t\"", "'a'",
		"[1,]", "[,1]", "[1 2]", "[1:2]", "[}", "{\"a\":1]", "{\"a\" 1}", "{\"a\":}", "{\"a\"}",
		"{a:1}", "{1:2}", "{,}", "{\"a\":1,}", "{\"a\":1,,\"b\":2}", "{\"a\":1 \"b\":2}", "{]",
		"/**/1", "1//\n", "1\f", "1\v", "1\xC2\xA0",
	};
	static const char *const good[] = {
		"0", "-0", "0.0", "1e5", "1E+05", "-1.50e-007", "\"\"", "\"\\/\\b\\f\\n\\r\\t\"", "\"\x7f\"",
		"[]", "[[],{}]", "{}", "{\"\":\"\"}", "{\"a\":1,\"a\":2}", "[ 1 , 2 ]", "\"\\uD800\"", "\"\\u0000\"",
	};
	char		body[128];
	size_t		i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		PageReader *page = create(&single_shape);

		snprintf(body, sizeof(body), "{\"a\":%s}", bad[i]);
		feed_text(page, body);
		ok(imagecat_page_state(page) == PAGE_FAILED, "a value cannot be %s",
		   strchr(bad[i], '\n') ? "followed by a comment" : bad[i]);
		imagecat_page_free(page);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		char	   *result;

		snprintf(body, sizeof(body), "[{\"a\":%s}]", good[i]);
		result = read_cut(&bare_shape, body, strlen(body), 0, 1);
		ok(strlen(result) == strlen(body) - 1, "a value can be %s", good[i]);
		free(result);
	}
}

static void
test_depth(void)
{
	int			depth;

	/* the image itself is the first level */
	for (depth = 64; depth <= 65; depth++)
	{
		PageReader *page = create(&single_shape);
		int			i;

		feed_text(page, "{\"a\":");
		for (i = 1; i < depth; i++)
			feed_text(page, i % 2 == 0 ? "[" : "{\"b\":");
		if (depth == 65)
			is(imagecat_page_error(page), "nests deeper than 64 levels", "65 levels are too deep");
		else
		{
			feed_text(page, "0");
			for (i = depth - 1; i >= 0; i--)
				feed_text(page, i > 0 && i % 2 == 0 ? "]" : "}");
			ok(imagecat_page_finish(page) == PAGE_COMPLETE, "64 levels are fine");
		}
		imagecat_page_free(page);
	}
}

static void
test_next_cap(void)
{
	static char filler[65536];
	int			excess;

	memset(filler, 'x', sizeof(filler));
	for (excess = 0; excess <= 1; excess++)
	{
		PageReader *page = create(&list_shape);
		size_t		length = sizeof(filler) - 2 + (size_t) excess;

		feed_text(page, "{\"images\":[],\"next\":\"");
		feed(page, filler, length / 2);
		feed(page, filler, length - length / 2);
		feed_text(page, "\"}");
		imagecat_page_finish(page);
		if (excess == 0)
			ok(imagecat_page_next_value(page).length == 65536, "a next value of 64 kB is kept");
		else
			is(imagecat_page_error(page), "the value of \"next\" is longer than 65536 bytes",
			   "a longer one is an error");
		imagecat_page_free(page);
	}
}

static void
test_states(void)
{
	PageReader *page = create(&list_shape);

	ok(imagecat_page_state(page) == PAGE_READING, "a new reader waits for bytes");
	feed_text(page, "{\"images\":[{\"a\":1},{\"b\"");
	ok(imagecat_page_count(page) == 1, "an image can be had before the page ends");
	ok(imagecat_page_object(page, 1).bytes == NULL, "one that is not whole cannot");
	ok(imagecat_page_unreleased(page) == 11, "its bytes are counted, though");
	ok(imagecat_page_next_value(page).bytes == NULL, "no next value so far");
	ok(imagecat_page_error(page) == NULL, "no error so far");
	feed_text(page, "!");
	is(imagecat_page_error(page), "unexpected character \"!\" at byte 23", "the place of an error counts all chunks");
	ok(imagecat_page_count(page) == 1, "images before an error stay");
	feed_text(page, ":2}]}");
	ok(imagecat_page_finish(page) == PAGE_FAILED, "bytes after an error are ignored");
	is(imagecat_page_error(page), "unexpected character \"!\" at byte 23", "the first error stays");
	imagecat_page_free(page);

	page = create(&list_shape);
	feed_text(page, "{\"next\":\"a\"");
	ok(imagecat_page_next_value(page).length == 3, "a next value can be had before the page ends");
	feed_text(page, ",\"next\":\"b");
	ok(imagecat_page_next_value(page).bytes == NULL, "one that is not whole cannot");
	imagecat_page_free(page);

	page = create(&list_shape);
	feed_text(page, "{\"images\":[]}");
	imagecat_page_finish(page);
	feed_text(page, "!");
	ok(imagecat_page_finish(page) == PAGE_COMPLETE, "bytes after the end are ignored");
	imagecat_page_free(page);

	imagecat_page_free(NULL);
	ok(true, "NULL can be freed");
}

static void
test_release(void)
{
	PageReader *page = create(&bare_shape);
	JsonSlice	image;

	feed_text(page, "[{\"a\":1},{\"bb\":22},{\"ccc\":333},{\"d\":");
	imagecat_page_release(page, 2);
	ok(imagecat_page_count(page) == 3, "released images are still counted");
	ok(imagecat_page_object(page, 1).bytes == NULL, "a released image is gone");
	image = imagecat_page_object(page, 2);
	ok(image.length == 11 && memcmp(image.bytes, "{\"ccc\":333}", 11) == 0, "the others keep their numbers");
	imagecat_page_release(page, 1);
	ok(imagecat_page_object(page, 2).length == 11, "a release of released images does nothing");
	imagecat_page_release(page, 100);
	ok(imagecat_page_count(page) == 3 && imagecat_page_unreleased(page) == 5,
	   "a release of all leaves the image that is arriving");
	feed_text(page, "4}]");
	image = imagecat_page_object(page, 3);
	ok(image.length == 7 && memcmp(image.bytes, "{\"d\":4}", 7) == 0, "which can be had when it is whole");
	imagecat_page_free(page);
}

/* A single image that is larger than malloc allows, see above. */
static void
test_out_of_memory(void)
{
	PageReader *page = create(&single_shape);
	char		filler[65536];
	size_t		held = 0;

	memset(filler, ' ', sizeof(filler));
	feed_text(page, "{");
	while (imagecat_page_state(page) == PAGE_READING && held < 8 * 1024 * 1024)
	{
		held = imagecat_page_unreleased(page);
		feed(page, filler, sizeof(filler));
	}
	is(imagecat_page_error(page), "out of memory", "memory runs out");
	ok(imagecat_page_unreleased(page) == held, "what was held by then still is");
	imagecat_page_free(page);
}

/* Many images in one page, released a few at a time. */
static void
test_many(void)
{
	PageReader *page = create(&list_shape);
	char		wanted[64];
	char		body[80];
	size_t		most = 0;
	size_t		allocated = __sanitizer_get_current_allocated_bytes();
	size_t		wrong = 0;
	size_t		i;

	feed_text(page, "{\"images\":[");
	for (i = 0; i < 100000; i++)
	{
		JsonSlice	image;

		snprintf(wanted, sizeof(wanted), "{\"id\":%zu,\"name\":\"image %zu\"}", i, i);
		snprintf(body, sizeof(body), "%s%s", i > 0 ? "," : "", wanted);
		feed_text(page, body);

		image = imagecat_page_object(page, i);
		if (image.length != strlen(wanted) || memcmp(image.bytes, wanted, image.length) != 0)
			wrong++;
		if (imagecat_page_unreleased(page) > most)
			most = imagecat_page_unreleased(page);
		if (i % 7 == 6)
			imagecat_page_release(page, i - 1);
	}
	feed_text(page, "]}");
	ok(imagecat_page_finish(page) == PAGE_COMPLETE && imagecat_page_count(page) == 100000,
	   "100,000 images are counted");
	ok(wrong == 0, "each of them comes as it was sent");
	ok(most < 500, "with releases, no more than the last few are held");
	allocated = __sanitizer_get_current_allocated_bytes() - allocated;
	ok(allocated < 8192, "and the reader's memory stays small");
	imagecat_page_free(page);

	page = create(&list_shape);
	feed_text(page, "{\"noise\":[");
	for (i = 0; i < 100000; i++)
		feed_text(page, "{\"images\":[\"noise\"]},");
	feed_text(page, "0],\"images\":[]}");
	ok(imagecat_page_finish(page) == PAGE_COMPLETE && imagecat_page_unreleased(page) == 0,
	   "of other members, nothing is held");
	imagecat_page_free(page);
}

int
main(void)
{
	test_lists();
	test_errors();
	test_strictness();
	test_depth();
	test_next_cap();
	test_states();
	test_release();
	test_many();
	test_out_of_memory();
	return tap_done();
}
