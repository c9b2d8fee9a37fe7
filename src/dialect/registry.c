/*-------------------------------------------------------------------------
 *
 * registry.c
 *	  The dialects there are, and look-ups in their tables.
 *
 * src/dialect/registry.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/dialect.h"

static const Dialect *const dialects[] = {
	&imagecat_glance,
	&imagecat_rackspace_images,
	&imagecat_nova,
	&imagecat_rackspace_servers,
	&imagecat_ims,
	&imagecat_cloudapi,
	NULL
};

/* All dialects, ending with NULL. */
const Dialect *const *
imagecat_dialects(void)
{
	return dialects;
}

/* The dialect of that name, or NULL. */
const Dialect *
imagecat_dialect(const char *name)
{
	for (const Dialect *const *dialect = dialects; *dialect != NULL; dialect++)
		if (strcmp((*dialect)->name, name) == 0)
			return *dialect;
	return NULL;
}

/* The field of that member of an image object, or NULL. */
const DialectField *
imagecat_field(const Dialect *dialect, const char *member)
{
	for (const DialectField *field = dialect->fields; field->member; field++)
		if (strcmp(field->member, member) == 0)
			return field;
	return NULL;
}

/* The field that a canonical column or an argument shows, or NULL. */
const DialectField *
imagecat_column_field(const Dialect *dialect, const char *column)
{
	for (const DialectField *field = dialect->fields; field->member; field++)
		if ((field->column && strcmp(field->column, column) == 0) ||
			(field->argument && strcmp(field->argument, column) == 0))
			return field;
	return NULL;
}

/* The sort key of that member, or NULL where the service's order is not SQL's. */
const DialectSortKey *
imagecat_sort_key(const Dialect *dialect, const char *member)
{
	for (const DialectSortKey *key = dialect->sort_keys; key && key->member; key++)
		if (strcmp(key->member, member) == 0)
			return key;
	return NULL;
}
