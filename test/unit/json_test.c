/*-------------------------------------------------------------------------
 *
 * json_test.c
 *	  The JSON walker finds members, elements and what pointers lead to, and
 *	  decodes any string to valid UTF-8.
 *
 * test/unit/json_test.c
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "json.h"
#include "tap.h"

static const char *const document =
"{ \"id\" : \"a\" , \"size\":12e3,\"tags\":[\"x\",[1,2],{\"k\":\"}\"}],"
"\"\\u0069\\u0064\":\"b\",\"a/b\":1,\"m~n\":2,\"\":3,\"0\":4,\"e\":{},\"l\":[ ],"
"\"q\\\"\":5,\"a\\/~b\":6,\"deep\":{\"tags\":[{\"x\":[null]}]}}";

static JsonSlice
slice(const char *text)
{
	JsonSlice	value = {text, strlen(text)};

	return value;
}

/* The slice as a string, overwritten by the next call. */
static const char *
as_string(JsonSlice value)
{
	static char text[512];

	snprintf(text, sizeof(text), "%.*s", (int) value.length, value.bytes);
	return text;
}

/* A member, or what a pointer leads to, is this; NULL: there is none. */
static void
member_is(const char *object, const char *name, const char *wanted, const char *proof)
{
	JsonSlice	value = {NULL, 0};
	bool		found = imagecat_json_member(slice(object), name, &value);

	is(found ? as_string(value) : NULL, wanted, "%s", proof);
}

static void
pointer_is(const char *pointer, const char *wanted, const char *proof)
{
	JsonSlice	value = {NULL, 0};
	bool		found = imagecat_json_pointer(slice(document), pointer, &value);

	is(found ? as_string(value) : NULL, wanted, "pointer \"%s\": %s", pointer, proof);
}

/*
 * A string (given without quotes) decodes to this, as does its cleaned text
 * (given likewise), with so many replacements.
 */
static void
decodes(const char *content, const char *wanted, const char *wanted_clean,
		int wanted_replaced, const char *proof)
{
	JsonSlice	string;
	char	   *source;
	char	   *text;
	int			replaced = 0;
	size_t		room;
	size_t		size;

	/* buffers of the exact sizes, so that the sanitizer guards their ends */
	string.length = strlen(content) + 2;
	source = malloc(string.length);
	source[0] = '"';
	memcpy(source + 1, content, string.length - 2);
	source[string.length - 1] = '"';
	string.bytes = source;

	room = imagecat_json_string_size(string);
	text = malloc(room + 1);
	size = imagecat_json_string_decode(string, text, &replaced);
	ok(size <= room, "%s: decoded, it is no longer than announced", proof);
	text[size] = '\0';
	is(text, wanted, "%s: decoded", proof);
	ok(replaced == wanted_replaced, "%s: %d replaced", proof, replaced);
	free(text);

	replaced = 0;
	room = imagecat_json_clean_size(string);
	text = malloc(room);
	size = imagecat_json_clean(string, text, &replaced);
	ok(size <= room && size == strlen(wanted_clean) + 2 &&
	   memcmp(text + 1, wanted_clean, size - 2) == 0, "%s: cleaned", proof);
	ok(replaced == wanted_replaced, "%s: %d replaced in cleaning", proof, replaced);
	free(text);
	free(source);
}

static void
test_types(void)
{
	ok(imagecat_json_type(slice("null")) == JSON_NULL, "null");
	ok(imagecat_json_type(slice("false")) == JSON_FALSE, "false");
	ok(imagecat_json_type(slice("true")) == JSON_TRUE, "true");
	ok(imagecat_json_type(slice("-1")) == JSON_NUMBER, "a negative number");
	ok(imagecat_json_type(slice("9")) == JSON_NUMBER, "a number");
	ok(imagecat_json_type(slice("\"\"")) == JSON_STRING, "a string");
	ok(imagecat_json_type(slice("[]")) == JSON_ARRAY, "an array");
	ok(imagecat_json_type(slice("{}")) == JSON_OBJECT, "an object");
	ok(imagecat_json_type(slice("")) == JSON_NULL, "no value counts as null");
}

static void
test_iteration(void)
{
	static const char *const keys[] = {
		"\"id\"", "\"size\"", "\"tags\"", "\"\\u0069\\u0064\"", "\"a/b\"", "\"m~n\"",
		"\"\"", "\"0\"", "\"e\"", "\"l\"", "\"q\\\"\"", "\"a\\/~b\"", "\"deep\"",
	};
	static const char *const nothing[] = {"{}", "[]", "{ }", "[\n]", "1", "\"[1]\"", "", "null"};
	JsonIterator iterator = imagecat_json_iterate(slice(document));
	JsonSlice	key;
	JsonSlice	value;
	size_t		count = 0;
	size_t		i;

	while (imagecat_json_next_member(&iterator, &key, &value))
	{
		is(as_string(key), keys[count], "member %zu", count + 1);
		count++;
	}
	ok(count == sizeof(keys) / sizeof(keys[0]), "all members");

	iterator = imagecat_json_iterate(slice("[ 1,\"a,]\\\"\" ,[2,[3]], {\"b\":[]},true,\nnull ]"));
	ok(imagecat_json_next_element(&iterator, &value), "elements");
	is(as_string(value), "1", "a number in an array");
	imagecat_json_next_element(&iterator, &value);
	is(as_string(value), "\"a,]\\\"\"", "a string with brackets and quotes");
	imagecat_json_next_element(&iterator, &value);
	is(as_string(value), "[2,[3]]", "an array in an array");
	imagecat_json_next_element(&iterator, &value);
	is(as_string(value), "{\"b\":[]}", "an object in an array");
	imagecat_json_next_element(&iterator, &value);
	is(as_string(value), "true", "a literal");
	imagecat_json_next_element(&iterator, &value);
	is(as_string(value), "null", "a literal before white space");
	ok(!imagecat_json_next_element(&iterator, &value), "the end");
	ok(!imagecat_json_next_element(&iterator, &value), "and it stays the end");

	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
	{
		iterator = imagecat_json_iterate(slice(nothing[i]));
		ok(!imagecat_json_next_element(&iterator, &value), "no elements in '%zu'", i);
		iterator = imagecat_json_iterate(slice(nothing[i]));
		ok(!imagecat_json_next_member(&iterator, &key, &value), "no members in '%zu'", i);
	}
}

static void
test_members(void)
{
	ok(imagecat_json_key_equals(slice("\"id\""), "id", 2), "a key is its name");
	ok(!imagecat_json_key_equals(slice("\"id\""), "i", 1), "not a shorter one");
	ok(!imagecat_json_key_equals(slice("\"id\""), "idx", 3), "not a longer one");
	ok(imagecat_json_key_equals(slice("\"i\\u0064\""), "id", 2), "a key with an escape is its name");
	ok(!imagecat_json_key_equals(slice("\"i\\u0064\""), "i", 1), "not a shorter one");
	ok(!imagecat_json_key_equals(slice("\"i\\u0064\""), "idx", 3), "not a longer one");
	ok(imagecat_json_key_equals(slice("\"\\ud83d\\ude00\\n\""), "\xF0\x9F\x98\x80\n", 5),
	   "a key with a surrogate pair is its name");
	ok(imagecat_json_key_equals(slice("\"\""), "", 0), "an empty key is an empty name");

	member_is(document, "size", "12e3", "a member by name");
	member_is(document, "id", "\"b\"", "of two members the last, though it is spelled with escapes");
	member_is(document, "", "3", "the member with an empty name");
	member_is(document, "q\"", "5", "a name with a quote");
	member_is(document, "m~n", "2", "a tilde is nothing special in a name");
	member_is(document, "x", NULL, "no such member");
	member_is(document, "k", NULL, "members of members do not count");
	member_is("[\"id\",1]", "id", NULL, "an array has no members");
	member_is("\"id\"", "id", NULL, "a string has no members");
}

static void
test_pointers(void)
{
	JsonSlice	value = {NULL, 0};

	pointer_is("", document, "the whole");
	pointer_is("/id", "\"b\"", "a member");
	pointer_is("/", "3", "the member with an empty name");
	pointer_is("/tags/0", "\"x\"", "an element");
	pointer_is("/tags/1/1", "2", "an element of an element");
	pointer_is("/tags/2/k", "\"}\"", "a member of an element");
	pointer_is("/deep/tags/0/x/0", "null", "far down");
	pointer_is("/0", "4", "digits name a member of an object");
	pointer_is("/a~1b", "1", "~1 is a slash");
	pointer_is("/m~0n", "2", "~0 is a tilde");
	pointer_is("/a~1~0b", "6", "both, for a key with an escape");
	pointer_is("/q\"", "5", "a quote is nothing special");
	pointer_is("/m~n", NULL, "a tilde alone is malformed");
	pointer_is("/m~", NULL, "a tilde at the end, too");
	pointer_is("/m~01n", NULL, "~01 is ~1, not a slash");
	pointer_is("id", NULL, "without a slash it is malformed");
	pointer_is("/tags/3", NULL, "behind the last element");
	pointer_is("/tags/-", NULL, "- is behind the last element");
	pointer_is("/tags/00", NULL, "an index has no leading zeros");
	pointer_is("/tags/01", NULL, "an index has no leading zeros");
	pointer_is("/tags/", NULL, "an index has digits");
	pointer_is("/tags/1x", NULL, "an index has nothing but digits");
	pointer_is("/tags/18446744073709551616", NULL, "an index that would wrap to 0");
	pointer_is("/tags/99999999999999999999999999", NULL, "a very large index");
	pointer_is("/id/x", NULL, "nothing is below a string");
	pointer_is("/l/0", NULL, "nothing is in an empty array");
	pointer_is("/e/x", NULL, "nothing is in an empty object");
	ok(!imagecat_json_pointer(slice(""), "/a", &value), "nothing is below no value");
}

static void
test_strings(void)
{
	decodes("", "", "", 0, "an empty string");
	decodes("plain text, long enough", "plain text, long enough", "plain text, long enough", 0, "ASCII");
	decodes("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
			"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", 0, "UTF-8");
	decodes("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", "\\\"\\\\\\/\\b\\f\\n\\r\\t", 0, "short escapes");
	decodes("\\u0041\\u00e9\\u20AC\\uFFFF", "A\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF",
			"\\u0041\\u00e9\\u20AC\\uFFFF", 0, "Unicode escapes");
	decodes("\\u007f\\u0080\\u07ff\\u0800", "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80",
			"\\u007f\\u0080\\u07ff\\u0800", 0, "the limits of each length");
	decodes("\\ud83d\\ude00\\uD800\\uDC00\\uDBFF\\uDFFF",
			"\xF0\x9F\x98\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
			"\\ud83d\\ude00\\uD800\\uDC00\\uDBFF\\uDFFF", 0, "surrogate pairs");
	decodes("a\\u0000b", "a\xEF\xBF\xBD" "b", "a\xEF\xBF\xBD" "b", 1, "a NUL");
	decodes("\\\\u0000", "\\u0000", "\\\\u0000", 0, "an escaped backslash before u0000");
	decodes("\\ud83d", "\xEF\xBF\xBD", "\xEF\xBF\xBD", 1, "a first half at the end");
	decodes("\\ud83dx\\ude00", "\xEF\xBF\xBDx\xEF\xBF\xBD", "\xEF\xBF\xBDx\xEF\xBF\xBD", 2, "halves apart");
	decodes("\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD", 2, "halves reversed");
	decodes("\\ud83d\\ud83d\\ude00", "\xEF\xBF\xBD\xF0\x9F\x98\x80", "\xEF\xBF\xBD\\ud83d\\ude00", 1,
			"a pair behind a half");
	decodes("\\ud83d\\u0041", "\xEF\xBF\xBD" "A", "\xEF\xBF\xBD\\u0041", 1, "a letter behind a half");
	decodes("\\ud83d\\ue000", "\xEF\xBF\xBD\xEE\x80\x80", "\xEF\xBF\xBD\\ue000", 1, "a private character behind a half");
	decodes("\\ud83d\\n", "\xEF\xBF\xBD\n", "\xEF\xBF\xBD\\n", 1, "a short escape behind a half");
	decodes("a\xFF" "b", "a\xEF\xBF\xBD" "b", "a\xEF\xBF\xBD" "b", 1, "a byte that is never UTF-8");
	decodes("\x80\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD", 2, "bytes that only continue");
	decodes("\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD", 2, "an overlong slash");
	decodes("\xE0\x9F\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 3,
			"an overlong form of three bytes");
	decodes("\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 3,
			"a surrogate in UTF-8");
	decodes("\xF0\x8F\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
			"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 4, "an overlong form of four bytes");
	decodes("\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
			"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 4, "beyond U+10FFFF");
	decodes("\xF0\x9F\x98", "\xEF\xBF\xBD", "\xEF\xBF\xBD", 1, "a character cut short is one replacement");
	decodes("\xE2\x82(\xE2\x82\xAC", "\xEF\xBF\xBD(\xE2\x82\xAC", "\xEF\xBF\xBD(\xE2\x82\xAC", 1,
			"text goes on behind a character cut short");
	decodes("\xC3\\n", "\xEF\xBF\xBD\n", "\xEF\xBF\xBD\\n", 1, "an escape behind a character cut short");
}

static void
test_clean(void)
{
	static const char dirty[] =
	"{ \"k\\u0000\xFF\" : [1.50e+400, \"\\ud800\", true] , \"\\u00e9\":\"\\\\\" }";
	static const char clean[] =
	"{ \"k\xEF\xBF\xBD\xEF\xBF\xBD\" : [1.50e+400, \"\xEF\xBF\xBD\", true] , \"\\u00e9\":\"\\\\\" }";
	char		text[sizeof(dirty) * 3];
	int			replaced = 2;
	size_t		size = imagecat_json_clean(slice(dirty), text, &replaced);

	ok(size == strlen(clean) && memcmp(text, clean, size) == 0,
	   "keys and values are cleaned, all else is as it was sent");
	ok(replaced == 5, "replacements are added to the count");
	ok(imagecat_json_clean(slice(""), text, &replaced) == 0, "no value, no text");
	ok(imagecat_json_string_decode(slice("\""), text, &replaced) == 0, "no string, no text");
}

int
main(void)
{
	test_types();
	test_iteration();
	test_members();
	test_pointers();
	test_strings();
	test_clean();
	return tap_done();
}
