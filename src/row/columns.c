/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  What a column of an image table shows.
 *
 *	  A table's other columns and its name have no part in it: dropping a
 *	  column never changes what another shows.
 *
 * src/row/columns.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "row/columns.h"

/* The columns of type imagecat.image. */
static const char *const canonical[] = {
	"source", "id", "name", "version", "status", "visibility", "owner", "type",
	"os", "os_version", "architecture", "disk_format", "container_format",
	"size", "virtual_size", "min_disk", "min_ram", "checksum", "protected",
	"hidden", "tags", "created_at", "updated_at", "properties", NULL
};

bool
imagecat_is_canonical(const char *column)
{
	for (const char *const *name = canonical; *name != NULL; name++)
		if (strcmp(*name, column) == 0)
			return true;
	return false;
}

/*
 * Whether the field's own column shows a whole member, so that properties need
 * not.
 */
bool
imagecat_field_is_shown(const DialectField *field, bool native)
{
	if (field->path != NULL)
		return false;
	return native ? !(field->flags & FIELD_CUSTOM) : field->column != NULL;
}

/* The first token of a JSON pointer, unescaped; *rest is set to what follows. */
static char *
first_token(const char *pointer, const char **rest)
{
	StringInfoData token;
	const char *p = pointer + 1;

	initStringInfo(&token);
	for (; *p != '\0' && *p != '/'; p++)
	{
		if (p[0] == '~' && p[1] == '0')
			p++, appendStringInfoChar(&token, '~');
		else if (p[0] == '~' && p[1] == '1')
			p++, appendStringInfoChar(&token, '/');
		else
			appendStringInfoChar(&token, *p);
	}
	*rest = *p == '\0' ? NULL : p;
	return token.data;
}

/*
 * What a column shows, by its name or by its option field.
 *
 * field_option, which may be NULL, names a top-level member or, beginning
 * with "/", is a JSON pointer into the image object.  Texts are shared with
 * the arguments or palloc'd.
 */
ColumnSource
imagecat_column_source(const Dialect *dialect, bool native,
					   const char *column, const char *field_option)
{
	ColumnSource source = {COLUMN_MEMBER};

	if (field_option != NULL && field_option[0] == '/')
		source.member = first_token(field_option, &source.pointer);
	else if (field_option != NULL)
		source.member = field_option;
	else if (strcmp(column, "document") == 0)
		source.kind = COLUMN_DOCUMENT;
	else if (strcmp(column, "properties") == 0)
		source.kind = COLUMN_PROPERTIES;
	else if (!native && strcmp(column, "source") == 0)
		source.kind = COLUMN_SOURCE;
	else if (!native && imagecat_is_canonical(column))
	{
		source.field = imagecat_column_field(dialect, column);
		if (source.field == NULL)
			source.kind = COLUMN_NONE;
		else
		{
			source.member = source.field->member;
			source.canonical = true;
		}
	}
	else
		source.member = column;

	if (source.kind == COLUMN_MEMBER && source.field == NULL && source.pointer == NULL)
		source.field = imagecat_field(dialect, source.member);
	if (source.field != NULL && source.field->path != NULL)
		source.member = first_token(source.field->path, &source.pointer);
	return source;
}
