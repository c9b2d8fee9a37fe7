/*-------------------------------------------------------------------------
 *
 * openstack.c
 *	  Rules that Glance and the services that descend from it share.
 *
 * src/dialect/openstack.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/dialect.h"

/* An id that is one path segment and cannot be taken for another resource. */
bool
imagecat_is_uuid(const char *id)
{
	return strlen(id) == 36 && strspn(id, "0123456789abcdefABCDEF-") == 36;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t		length = strlen(text);
	size_t		end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/*
 * Whether a custom property may be a parameter: its name has the shape of the
 * usual ones (os_distro, hw_disk_bus, trait:CUSTOM_X) and means nothing else
 * to the service.  *_min and *_max are taken for bounds and fail, and names
 * of Glance's image class's attributes fail or match nothing.
 */
bool
imagecat_is_openstack_property(const DialectField *fields, const char *name)
{
	static const char *const others[] = {
		"changes-since", "is_public", "member_status", "protected_attributes",
		"sort_dir", "sort_key", "to_dict", NULL
	};
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:.-";

	for (const DialectField *field = fields; field->member; field++)
		if (strcmp(field->member, name) == 0)
			return (field->flags & FIELD_CUSTOM) != 0;
	if (strchr("_:.-", name[0]) != NULL ||	/* an empty name too */
		strpbrk(name, "_:.-") == NULL ||
		name[strspn(name, alphabet)] != '\0' || strlen(name) > 255)
		return false;
	if (ends_with(name, "_min") || ends_with(name, "_max") ||
		strncmp(name, "deleted", 7) == 0)
		return false;
	for (const char *const *other = others; *other != NULL; other++)
		if (strcmp(name, *other) == 0)
			return false;
	return true;
}
