/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  The arguments of list_images, read into filters.
 *
 * src/sql/arguments.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "dialect/request.h"
#include "row/columns.h"
#include "sql/arguments.h"
#include "sql/options.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef void (*ArgumentReader) (ListCall *call, const char *name, Datum value);

typedef struct Argument
{
	const char *name;
	ArgumentReader read;
} Argument;

static void
bad_value(const char *argument, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\": \"%s\"", argument, value),
			 errhint("%s", hint)));
}

/* The filter is on this canonical column, and on the member that it shows. */
static void
add_column_filter(ListCall *call, Filter *filter, const char *column)
{
	const DialectField *field = call->dialect ?
	imagecat_column_field(call->dialect, column) : NULL;

	filter->column = column;
	filter->member = field ? field->member : NULL;
	call->filters = lappend(call->filters, filter);
}

/* A JSON pointer's token for a name. */
static char *
pointer_token(const char *name)
{
	StringInfoData token;

	initStringInfo(&token);
	for (; *name != '\0'; name++)
	{
		if (*name == '~' || *name == '/')
			appendStringInfo(&token, "~%c", *name == '~' ? '0' : '1');
		else
			appendStringInfoChar(&token, *name);
	}
	return token.data;
}

/* The filter is on a custom property, wherever this API has these. */
static void
add_property_filter(ListCall *call, Filter *filter, const char *member)
{
	const char *object = call->dialect ? call->dialect->property_object : NULL;

	filter->column = "properties";
	filter->member = member;
	filter->property = true;
	if (object != NULL)
		filter->path = psprintf("/%s/%s", object, pointer_token(member));
	call->filters = lappend(call->filters, filter);
}

/* A word that only the service knows the meaning of, such as visibility "all". */
static bool
take_word(ListCall *call, const char *column, const Filter *filter)
{
	const DialectField *field = call->dialect ?
	imagecat_column_field(call->dialect, column) : NULL;

	if (field == NULL || filter->op != FILTER_EQ)
		return false;
	for (const DialectWord *word = call->dialect->words; word && word->member; word++)
		if (strcmp(word->member, field->member) == 0 &&
			strcmp(word->word, filter->values[0].text) == 0 &&
			(word->widens || call->service->dialect != NULL))
		{
			RequestParam *param = palloc(sizeof(RequestParam));

			param->key = word->key;
			param->value = word->word;
			call->params = lappend(call->params, param);
			if (word->widens)
				call->widened = lappend(call->widened, (char *) column);
			return true;
		}
	return false;
}

static void
read_text(ListCall *call, const char *name, Datum value)
{
	Filter	   *filter = imagecat_parse_text_filter(name, TextDatumGetCString(value),
													false);

	if (!take_word(call, name, filter))
		add_column_filter(call, filter, name);
}

/* name, version and type know CloudAPI's ~part and !value too. */
static void
read_text_with_tilde(ListCall *call, const char *name, Datum value)
{
	Filter	   *filter = imagecat_parse_text_filter(name, TextDatumGetCString(value),
													true);

	if (!take_word(call, name, filter))
		add_column_filter(call, filter, name);
}

/* The column has it in lower case, however a service writes it. */
static void
read_status(ListCall *call, const char *name, Datum value)
{
	Filter	   *filter = imagecat_parse_text_filter(name, TextDatumGetCString(value),
													false);

	for (int i = 0; i < filter->nvalues; i++)
	{
		char	   *lower = pstrdup(filter->values[i].text);

		for (char *p = lower; *p != '\0'; p++)
			*p = pg_ascii_tolower((unsigned char) *p);
		filter->values[i].text = lower;
	}
	if (!take_word(call, name, filter))
		add_column_filter(call, filter, name);
}

/* No column shows it: the service has to know it. */
static void
read_member_status(ListCall *call, const char *name, Datum value)
{
	Filter	   *filter = imagecat_parse_text_filter(name, TextDatumGetCString(value),
													false);

	if (filter->op != FILTER_EQ)
		bad_value(name, TextDatumGetCString(value),
				  "No column shows it, so that only a single value is accepted, which the service compares.");
	filter->member = name;
	call->filters = lappend(call->filters, filter);
}

/* The server that an image was taken of: a property of a name of the API's. */
static void
read_instance(ListCall *call, const char *name, Datum value)
{
	const DialectField *field = call->dialect ?
	imagecat_column_field(call->dialect, name) : NULL;
	Filter	   *filter = imagecat_parse_text_filter(name, TextDatumGetCString(value),
													false);

	if (field == NULL || field->path == NULL)
	{
		add_property_filter(call, filter, field ? field->member : "instance_uuid");
		return;
	}
	filter->column = "properties";
	filter->member = field->member;
	filter->path = field->path;
	call->filters = lappend(call->filters, filter);
}

static void
read_time(ListCall *call, const char *name, Datum value)
{
	add_column_filter(call,
					  imagecat_parse_time_filter(name, TextDatumGetCString(value)),
					  name);
}

static void
read_changes_since(ListCall *call, const char *name, Datum value)
{
	Filter	   *filter = imagecat_filter(FILTER_GE, FILTER_TIME, NULL, NULL, 1);

	filter->values[0].time = DatumGetTimestampTz(value);
	add_column_filter(call, filter, "updated_at");
}

static void
read_boolean(ListCall *call, const char *name, Datum value)
{
	Filter	   *filter = imagecat_filter(FILTER_EQ, FILTER_BOOLEAN, NULL, NULL, 1);

	filter->values[0].boolean = DatumGetBool(value);
	add_column_filter(call, filter, name);
}

static void
read_public(ListCall *call, const char *name, Datum value)
{
	add_column_filter(call,
					  imagecat_filter_text(DatumGetBool(value) ? FILTER_EQ : FILTER_NE,
										   NULL, NULL, "public"),
					  "visibility");
}

static void
read_tag(ListCall *call, const char *name, Datum value)
{
	Datum	   *tags;
	bool	   *nulls;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &tags, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			bad_value(name, "NULL", "An array of tags, none of them NULL, is accepted.");
		add_column_filter(call,
						  imagecat_filter_text(FILTER_HAS, NULL, NULL,
											   TextDatumGetCString(tags[i])),
						  "tags");
	}
}

static void
add_integer_filter(ListCall *call, FilterOp op, const char *column, int64 value)
{
	Filter	   *filter = imagecat_filter(op, FILTER_INTEGER, NULL, NULL, 1);

	filter->values[0].integer = value;
	add_column_filter(call, filter, column);
}

static void
read_size_min(ListCall *call, const char *name, Datum value)
{
	add_integer_filter(call, FILTER_GE, "size", DatumGetInt64(value));
}

static void
read_size_max(ListCall *call, const char *name, Datum value)
{
	add_integer_filter(call, FILTER_LE, "size", DatumGetInt64(value));
}

static void
read_integer(ListCall *call, const char *name, Datum value)
{
	add_integer_filter(call, FILTER_EQ, name, DatumGetInt32(value));
}

/* A scalar's text, as ->> gives it; NULL for anything else. */
static char *
scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

typedef void (*MemberReader) (ListCall *call, const char *argument,
							  const char *key, const JsonbValue *value);

/* Reads each member of an object, whose values may be of any type. */
static void
read_object(ListCall *call, const char *argument, Datum datum, MemberReader read)
{
	Jsonb	   *object = DatumGetJsonbP(datum);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(object))
		bad_value(argument, JsonbToCString(NULL, &object->root, VARSIZE(object)),
				  "A JSON object is accepted, such as {\"key\": \"value\"}.");
	iterator = JsonbIteratorInit(&object->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		JsonbIteratorNext(&iterator, &value, true);
		read(call, argument, key, &value);
	}
}

static bool
is_text_column(const char *column)
{
	static const char *const others[] = {
		"size", "virtual_size", "min_disk", "min_ram", "protected", "hidden",
		"tags", "created_at", "updated_at", "properties", NULL
	};

	for (const char *const *other = others; *other != NULL; other++)
		if (strcmp(*other, column) == 0)
			return false;
	return true;
}

static void
read_property(ListCall *call, const char *argument, const char *key,
			  const JsonbValue *value)
{
	const DialectField *field = call->dialect && call->dialect->property_object == NULL ?
	imagecat_field(call->dialect, key) : NULL;
	const char *column = field ? field->column :
	imagecat_is_canonical(key) ? key : NULL;
	char	   *string = scalar_text(value);
	Filter	   *filter;

	if (string == NULL)
		bad_value(argument, psprintf("%s: ...", key),
				  "Members that are strings, numbers or booleans are accepted.");
	if (column != NULL && !is_text_column(column))
		bad_value(argument, psprintf("%s: %s", key, string),
				  psprintf("What column \"%s\" shows has an argument of its own.", column));
	filter = imagecat_filter_text(FILTER_EQ, NULL, NULL, string);
	if (column != NULL)
		add_column_filter(call, filter, column);
	else
		add_property_filter(call, filter, key);
}

static void
read_properties(ListCall *call, const char *name, Datum value)
{
	read_object(call, name, value, read_property);
}

static void
add_param(ListCall *call, const char *argument, const char *key,
		  const JsonbValue *value)
{
	RequestParam *param = palloc(sizeof(RequestParam));

	param->key = key;
	param->value = scalar_text(value);
	if (param->value == NULL)
		bad_value(argument, key,
				  "Members that are strings, numbers, booleans or arrays of these are accepted.");
	call->params = lappend(call->params, param);
}

static bool
is_key(const char *key, const char *of_dialect)
{
	return of_dialect != NULL && strcmp(key, of_dialect) == 0;
}

static void
read_param(ListCall *call, const char *argument, const char *key,
		   const JsonbValue *value)
{
	const Dialect *dialect = call->service->dialect;

	if (is_key(key, dialect->limit_key))
		bad_value(argument, key, "Use the arguments \"max_rows\" and \"page_size\".");
	if (is_key(key, dialect->marker_key))
		bad_value(argument, key, "Use the argument \"marker\".");
	if (is_key(key, dialect->sort_list) || is_key(key, dialect->sort_key) ||
		is_key(key, dialect->sort_dir))
		bad_value(argument, key, "Use the argument \"sort\".");

	if (value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data))
	{
		JsonbIterator *iterator = JsonbIteratorInit(value->val.binary.data);
		JsonbIteratorToken token;
		JsonbValue	element;

		while ((token = JsonbIteratorNext(&iterator, &element, true)) != WJB_DONE)
			if (token == WJB_ELEM)
				add_param(call, argument, key, &element);
	}
	else
		add_param(call, argument, key, value);
}

static void
read_params(ListCall *call, const char *name, Datum value)
{
	if (call->service->dialect == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" has no meaning for a local relation", name),
				 errhint("It sends further parameters to a service's API.")));
	read_object(call, name, value, read_param);
}

/* The canonical column that a sort key names, itself or by the API's member. */
static const char *
sort_column(const ListCall *call, const char *key)
{
	const DialectField *field;

	if (strcmp(key, "tags") == 0 || strcmp(key, "properties") == 0)
		return NULL;
	if (imagecat_is_canonical(key))
		return key;
	field = call->dialect ? imagecat_field(call->dialect, key) : NULL;
	return field ? field->column : NULL;
}

/* Without blanks at both ends; the end is cut in place. */
static char *
trimmed(char *word)
{
	size_t		length;

	word += strspn(word, " ");
	length = strlen(word);
	while (length > 0 && word[length - 1] == ' ')
		length--;
	word[length] = '\0';
	return word;
}

/* name:asc,created_at */
static void
read_sort(ListCall *call, const char *name, Datum value)
{
	char	   *rest = TextDatumGetCString(value);
	char	   *item;

	while ((item = strsep(&rest, ",")) != NULL)
	{
		SortColumn *column = palloc(sizeof(SortColumn));
		char	   *key = trimmed(strsep(&item, ":"));

		item = item ? trimmed(item) : NULL;
		column->descending = item == NULL || pg_strcasecmp(item, "desc") == 0;
		if (item != NULL && !column->descending && pg_strcasecmp(item, "asc") != 0)
			bad_value(name, item, "A direction is asc or desc.");
		column->column = sort_column(call, key);
		if (column->column == NULL)
			bad_value(name, key,
					  "Columns of type imagecat.image are accepted, but for tags and properties; as in \"name:asc,created_at:desc\".");
		call->sort = lappend(call->sort, column);
	}
}

static void
read_marker(ListCall *call, const char *name, Datum value)
{
	call->marker = TextDatumGetCString(value);
}

static void
read_max_rows(ListCall *call, const char *name, Datum value)
{
	call->max_rows = DatumGetInt64(value);
	if (call->max_rows < 0)
		bad_value(name, psprintf(INT64_FORMAT, call->max_rows),
				  "A number that is not negative is accepted.");
}

static void
read_page_size(ListCall *call, const char *name, Datum value)
{
	call->page_size = DatumGetInt32(value);
	if (call->page_size < 1)
		bad_value(name, psprintf("%d", call->page_size),
				  "A number greater than 0 is accepted.");
}

/* In the order of the SQL function, behind the first, server. */
static const Argument arguments[] = {
	{"name", read_text_with_tilde},
	{"id", read_text},
	{"status", read_status},
	{"visibility", read_text},
	{"owner", read_text},
	{"type", read_text_with_tilde},
	{"os", read_text},
	{"version", read_text_with_tilde},
	{"disk_format", read_text},
	{"container_format", read_text},
	{"checksum", read_text},
	{"architecture", read_text},
	{"member_status", read_member_status},
	{"instance", read_instance},
	{"created_at", read_time},
	{"updated_at", read_time},
	{"changes_since", read_changes_since},
	{"public", read_public},
	{"protected", read_boolean},
	{"hidden", read_boolean},
	{"tag", read_tag},
	{"size_min", read_size_min},
	{"size_max", read_size_max},
	{"min_disk", read_integer},
	{"min_ram", read_integer},
	{"properties", read_properties},
	{"sort", read_sort},
	{"marker", read_marker},
	{"max_rows", read_max_rows},
	{"page_size", read_page_size},
	{"params", read_params},
};

/*
 * Reads all arguments behind the first into *call, whose service and dialect
 * are set.  Raises ERRCODE_INVALID_PARAMETER_VALUE, naming the argument.
 */
void
imagecat_read_arguments(FunctionCallInfo fcinfo, ListCall *call)
{
	call->max_rows = -1;
	for (int i = 0; i < (int) lengthof(arguments); i++)
		if (!PG_ARGISNULL(i + 1))
			arguments[i].read(call, arguments[i].name, PG_GETARG_DATUM(i + 1));
}
