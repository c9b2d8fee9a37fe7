/*-------------------------------------------------------------------------
 *
 * decode.c
 *	  From an image object to a row.
 *
 *	  One walk over the object's members; only columns that the query wants
 *	  are converted.  A value that does not fit its column reads as NULL and
 *	  counts as not shown, so that properties has it as it was sent.
 *
 * src/row/decode.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "row/convert.h"
#include "row/decode.h"
#include "utils/builtins.h"
#include "utils/json.h"

#define BUCKETS		64

/* Longest part of a value that a warning repeats. */
#define MAX_SHOWN_BYTES 60

/* A member to look for, and the column that it goes to. */
typedef struct Target
{
	const char *member;
	size_t		member_length;
	const char *pointer;		/* into the member's value, or NULL */
	int			attribute;		/* index into values; -1: no column here */
	bool		wanted;
	bool		shows;			/* else properties shows the member anyway */
	Conversion	conversion;
	const char *column;
	uint64		misfits;
	uint64		replaced;
	struct Target *next;		/* of the same bucket */
} Target;

struct RowDecoder
{
	const Dialect *dialect;
	const char *server;
	int			natts;
	int			source_attribute;	/* these are -1 where not wanted */
	JsonSlice	source_name;	/* server's name as a JSON string */
	Target		source;
	int			properties_attribute;
	int			document_attribute;
	Target		properties;		/* conversions and counts of these two */
	Target		document;
	Target	   *buckets[BUCKETS];
	List	   *targets;
	bool		any_member;		/* does any wanted column need a look inside? */
	bool		by_input;		/* does any conversion use an input function? */
	char	   *first_problem;	/* where the first misfit was */
	MemoryContext context;
};

static unsigned
bucket_of(const char *name, size_t length)
{
	if (length == 0)
		return 0;
	return (unsigned) (length * 7 + (unsigned char) name[0] * 3 +
					   (unsigned char) name[length - 1]) % BUCKETS;
}

static void
add_target(RowDecoder *decoder, const ColumnSource *source, int attribute,
		   bool wanted, bool shows, const char *column, Oid typid, int32 typmod)
{
	Target	   *target = palloc0(sizeof(Target));
	unsigned	bucket;

	target->member = source->member;
	target->member_length = strlen(source->member);
	target->pointer = source->pointer;
	target->attribute = attribute;
	target->wanted = wanted;
	target->shows = shows;
	target->column = column;
	imagecat_conversion(&target->conversion, typid, typmod);
	if (source->field != NULL)
		imagecat_conversion_of_field(&target->conversion, source->field,
									 source->canonical);
	decoder->by_input |= (wanted || shows) && target->conversion.by_input;
	bucket = bucket_of(target->member, target->member_length);
	target->next = decoder->buckets[bucket];
	decoder->buckets[bucket] = target;
	decoder->targets = lappend(decoder->targets, target);
}

static bool
has_target(const RowDecoder *decoder, const DialectField *field)
{
	ListCell   *lc;

	foreach(lc, decoder->targets)
	{
		const Target *target = lfirst(lc);

		if (target->shows && strcmp(target->member, field->member) == 0)
			return true;
	}
	return false;
}

/*
 * A decoder for rows of this shape.
 *
 * sources tells for each attribute what it shows; wanted has the indexes
 * (from 0) of those to fill, the others come out NULL.  The decoder is
 * palloc'd in the current memory context.
 */
RowDecoder *
imagecat_row_decoder(const Dialect *dialect, bool native, const char *server,
					 TupleDesc desc, const ColumnSource *sources,
					 const Bitmapset *wanted)
{
	RowDecoder *decoder = palloc0(sizeof(RowDecoder));
	StringInfoData name;

	decoder->dialect = dialect;
	decoder->server = server;
	initStringInfo(&name);
	escape_json(&name, server);
	decoder->source_name.bytes = name.data;
	decoder->source_name.length = name.len;
	decoder->natts = desc->natts;
	decoder->source_attribute = -1;
	decoder->properties_attribute = -1;
	decoder->document_attribute = -1;
	decoder->context = CurrentMemoryContext;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		const ColumnSource *source = &sources[i];
		bool		is_wanted = bms_is_member(i, wanted);

		if (attribute->attisdropped)
			continue;
		switch (source->kind)
		{
			case COLUMN_NONE:
				break;
			case COLUMN_SOURCE:
				decoder->source.column = NameStr(attribute->attname);
				imagecat_conversion(&decoder->source.conversion,
									attribute->atttypid, attribute->atttypmod);
				if (is_wanted)
					decoder->source_attribute = i;
				break;
			case COLUMN_PROPERTIES:
				decoder->properties.column = NameStr(attribute->attname);
				imagecat_conversion(&decoder->properties.conversion,
									attribute->atttypid, attribute->atttypmod);
				if (is_wanted)
					decoder->properties_attribute = i;
				break;
			case COLUMN_DOCUMENT:
				decoder->document.column = NameStr(attribute->attname);
				imagecat_conversion(&decoder->document.conversion,
									attribute->atttypid, attribute->atttypmod);
				if (is_wanted)
					decoder->document_attribute = i;
				break;
			case COLUMN_MEMBER:
				decoder->any_member |= is_wanted;
				add_target(decoder, source, i, is_wanted,
						   source->field != NULL &&
						   imagecat_field_is_shown(source->field, native),
						   NameStr(attribute->attname), attribute->atttypid,
						   attribute->atttypmod);
				break;
		}
	}
	decoder->by_input |=
		(decoder->source_attribute >= 0 && decoder->source.conversion.by_input) ||
		(decoder->properties_attribute >= 0 && decoder->properties.conversion.by_input) ||
		(decoder->document_attribute >= 0 && decoder->document.conversion.by_input);
	if (decoder->properties_attribute < 0)
		return decoder;

	/* What this table has no column for, but another would, is no property. */
	decoder->any_member = true;
	for (const DialectField *field = dialect->fields; field->member; field++)
		if (imagecat_field_is_shown(field, native) &&
			!has_target(decoder, field))
		{
			ColumnSource source = {COLUMN_MEMBER, field->member};

			add_target(decoder, &source, -1, false, true, NULL,
					   imagecat_field_type(field->type), -1);
		}
	return decoder;
}

/* Notes where the first problem was; later ones are only counted. */
static void
note_problem(RowDecoder *decoder, const Target *target, JsonSlice image,
			 JsonSlice value)
{
	MemoryContext old;
	JsonSlice	id;
	char	   *id_text = "?";
	char	   *value_text;
	size_t		length;
	int			ignored = 0;

	if (decoder->first_problem != NULL)
		return;
	if (imagecat_json_member(image, decoder->dialect->id_member, &id))
		id_text = imagecat_json_text(id, &length, &ignored);
	value_text = imagecat_json_text(value, &length, &ignored);
	if (length > MAX_SHOWN_BYTES)
		strcpy(value_text + pg_mbcliplen(value_text, length, MAX_SHOWN_BYTES), "...");
	old = MemoryContextSwitchTo(decoder->context);
	decoder->first_problem = psprintf("column \"%s\" of image \"%s\" was sent as \"%s\"",
									  target->column, id_text, value_text);
	MemoryContextSwitchTo(old);
}

/* Converts a value for its column; true if it fits. */
static bool
fill(RowDecoder *decoder, Target *target, int attribute, JsonSlice image,
	 JsonSlice value, Datum *values, bool *nulls)
{
	Datum		datum;
	int			replaced = 0;
	bool		fits;

	if (imagecat_json_type(value) == JSON_NULL ||
		(target->conversion.zero_is_null && value.length == 1 &&
		 value.bytes[0] == '0'))
	{
		if (attribute >= 0)
			nulls[attribute] = true;
		return true;
	}
	fits = target->conversion.convert(&target->conversion, value, &datum, &replaced);
	if (attribute < 0)
		return fits;
	nulls[attribute] = !fits;
	if (fits)
		values[attribute] = datum;
	if (!fits || replaced > 0)
		note_problem(decoder, target, image, value);
	target->misfits += fits ? 0 : 1;
	target->replaced += fits && replaced > 0 ? 1 : 0;
	return fits;
}

/*
 * Fills the wanted values of one image's row; all others are NULL.  Values are
 * palloc'd in the current memory context.
 */
void
imagecat_row_decode(RowDecoder *decoder, JsonSlice image, Datum *values,
					bool *nulls)
{
	StringInfoData rest;		/* the members that no column shows */
	JsonIterator iterator;
	JsonSlice	key;
	JsonSlice	value;
	bool		has_rest = decoder->properties_attribute >= 0;

	/*
	 * An input function may run queries, as a domain's check does.  Scans in
	 * these let the network go on, which moves the bytes of this image.
	 */
	if (decoder->by_input)
		image.bytes = memcpy(palloc(image.length), image.bytes, image.length);

	memset(nulls, true, decoder->natts * sizeof(bool));
	if (decoder->source_attribute >= 0)
		fill(decoder, &decoder->source, decoder->source_attribute, image,
			 decoder->source_name, values, nulls);
	if (decoder->document_attribute >= 0)
		fill(decoder, &decoder->document, decoder->document_attribute, image,
			 image, values, nulls);
	if (!decoder->any_member)
		return;
	if (has_rest)
	{
		initStringInfo(&rest);
		appendStringInfoChar(&rest, '{');
	}

	iterator = imagecat_json_iterate(image);
	while (imagecat_json_next_member(&iterator, &key, &value))
	{
		const char *name = key.bytes + 1;
		size_t		length = key.length - 2;
		bool		shown = false;

		/* Escapes in a name are rare, and make it another's bucket. */
		if (memchr(name, '\\', length) != NULL)
		{
			int			replaced = 0;

			name = imagecat_json_text(key, &length, &replaced);
		}
		for (Target *target = decoder->buckets[bucket_of(name, length)];
			 target != NULL; target = target->next)
		{
			JsonSlice	part = value;

			if (target->member_length != length ||
				memcmp(target->member, name, length) != 0 ||
				!(target->wanted || (has_rest && target->shows)))
				continue;
			if (target->pointer != NULL &&
				!imagecat_json_pointer(value, target->pointer, &part))
				continue;
			shown |= fill(decoder, target,
						  target->wanted ? target->attribute : -1,
						  image, part, values, nulls) && target->shows;
		}
		if (has_rest && !shown)
		{
			if (rest.len > 1)
				appendStringInfoChar(&rest, ',');
			appendBinaryStringInfo(&rest, key.bytes, (int) key.length);
			appendStringInfoChar(&rest, ':');
			appendBinaryStringInfo(&rest, value.bytes, (int) value.length);
		}
	}
	if (has_rest)
	{
		JsonSlice	object;

		appendStringInfoChar(&rest, '}');
		object.bytes = rest.data;
		object.length = rest.len;
		fill(decoder, &decoder->properties, decoder->properties_attribute,
			 image, object, values, nulls);
	}
}

/*
 * Whether any value is converted by its type's input function, which may run
 * a user's code.
 */
bool
imagecat_row_decodes_by_input(const RowDecoder *decoder)
{
	return decoder->by_input;
}

static void
count_problems(const Target *target, StringInfo detail, uint64 *misfits,
			   uint64 *replaced)
{
	if (target->misfits == 0 && target->replaced == 0)
		return;
	if (target->misfits > 0)
		appendStringInfo(detail, "%s\"%s\": " UINT64_FORMAT " as NULL",
						 detail->len > 0 ? ", " : "", target->column,
						 target->misfits);
	if (target->replaced > 0)
		appendStringInfo(detail, "%s\"%s\": " UINT64_FORMAT " with U+FFFD or a string for what cannot be held",
						 detail->len > 0 ? ", " : "", target->column,
						 target->replaced);
	*misfits += target->misfits;
	*replaced += target->replaced;
}

/*
 * Says in one WARNING, if there is anything to say, how many values did not
 * fit their columns, in which columns, and where the first was.
 */
void
imagecat_row_warn(const RowDecoder *decoder)
{
	StringInfoData detail;
	uint64		misfits = 0;
	uint64		replaced = 0;
	ListCell   *lc;

	initStringInfo(&detail);
	foreach(lc, decoder->targets)
		count_problems(lfirst(lc), &detail, &misfits, &replaced);
	count_problems(&decoder->source, &detail, &misfits, &replaced);
	count_problems(&decoder->properties, &detail, &misfits, &replaced);
	count_problems(&decoder->document, &detail, &misfits, &replaced);
	if (misfits + replaced > 0)
		ereport(WARNING,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg_plural("%llu value of server \"%s\" does not fit its column",
							   "%llu values of server \"%s\" do not fit their columns",
							   misfits + replaced,
							   (unsigned long long) (misfits + replaced),
							   decoder->server),
				 errdetail("They were read in column %s. The first: %s.",
						   detail.data, decoder->first_problem)));
}
