/*-------------------------------------------------------------------------
 *
 * nova.c
 *	  The image list of OpenStack Compute, Nova, and of Rackspace Cloud
 *	  Servers, an old fork of it.
 *
 *	  Nova hands its filters on to Glance and words the answer anew, so that
 *	  what a filter means is not always what the answer shows.  It ignores
 *	  parameters that it does not know, and has no order of its own.
 *
 * src/dialect/nova.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/dialect.h"

#define COMMON_FIELDS \
	{"id", FIELD_TEXT, "id", FIELD_ALWAYS}, \
	{"name", FIELD_TEXT, "name"}, \
	{"status", FIELD_TEXT, "status", FIELD_LOWER | FIELD_FEW}, \
	{"created", FIELD_TIME, "created_at"}, \
	{"updated", FIELD_TIME, "updated_at"}, \
	{"minDisk", FIELD_INTEGER, "min_disk", FIELD_FEW}, \
	{"minRam", FIELD_INTEGER, "min_ram", FIELD_FEW}, \
	{"progress", FIELD_INTEGER, NULL}, \
	{"OS-EXT-IMG-SIZE:size", FIELD_BIGINT, "size", FIELD_ZERO}, \
	{"OS-DCF:diskConfig", FIELD_TEXT, NULL}, \
	{"metadata", FIELD_JSON, NULL}, \
	{"server", FIELD_JSON, NULL}, \
	{"server.id", FIELD_TEXT, NULL, 0, "instance", "/server/id"}, \
	{"links", FIELD_JSON, NULL}, \
	{"metadata.image_type", FIELD_TEXT, "type", FIELD_CUSTOM | FIELD_FEW, NULL, "/metadata/image_type"}, \
	{"metadata.os_type", FIELD_TEXT, "os", FIELD_CUSTOM | FIELD_FEW, NULL, "/metadata/os_type"}

static const DialectField nova_fields[] = {
	COMMON_FIELDS,
	{"metadata.os_version", FIELD_TEXT, "os_version", FIELD_CUSTOM, NULL, "/metadata/os_version"},
	{"metadata.architecture", FIELD_TEXT, "architecture", FIELD_CUSTOM | FIELD_FEW, NULL, "/metadata/architecture"},
	{NULL}
};

static const DialectField rackspace_fields[] = {
	COMMON_FIELDS,
	{"tenant_id", FIELD_TEXT, "owner", FIELD_FEW},
	{"user_id", FIELD_TEXT, NULL},
	{"fault", FIELD_JSON, NULL},
	{"metadata.os_version", FIELD_TEXT, "os_version", FIELD_CUSTOM, NULL, "/metadata/org.openstack__1__os_version"},
	{"metadata.architecture", FIELD_TEXT, "architecture", FIELD_CUSTOM | FIELD_FEW, NULL, "/metadata/org.openstack__1__architecture"},
	{NULL}
};

/*
 * The only status that is shown and found under the same word: queued is shown
 * as SAVING and deactivated as UNKNOWN, but not found by these.
 */
static bool
is_active(const char *value)
{
	return pg_strcasecmp(value, "active") == 0;
}

/* Without an order to page by, nothing is known of an empty server. */
static bool
is_server(const char *value)
{
	return value[0] != '\0' && strchr(value, '/') == NULL;
}

/* A property that holds JSON is shown decoded, but found by the text it has. */
static bool
is_shown_as_stored(const char *name)
{
	return strcmp(name, "block_device_mapping") != 0 && strcmp(name, "mappings") != 0;
}

static bool
is_any_metadata(const char *name)
{
	static const DialectField none[] = {{NULL}};

	return imagecat_is_openstack_property(none, name) && is_shown_as_stored(name);
}

/*
 * Nova cuts the prefix "property-" off letter by letter, and with it any of
 * these letters that the name itself begins with.  What is left is Glance's to
 * understand: created_at would be its own filter, which refuses most values.
 */
static bool
is_metadata(const char *name)
{
	return strchr("property-", name[0]) == NULL &&
		imagecat_is_openstack_property(imagecat_glance.fields, name) &&
		is_shown_as_stored(name);
}

/*
 * changes-since is inclusive or exclusive, of times with or without fractions:
 * a second earlier is before all of these.
 */
#define COMMON_PARAMS \
	{"status", "status", FILTER_EQ, "ACTIVE", PARAM_CONSTANT, is_active}, \
	{"server", "server.id", FILTER_EQ, "", PARAM_TEXT, is_server}, \
	{"minDisk", "minDisk", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX, \
	.no_negative = true}, \
	{"minRam", "minRam", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX, \
	.no_negative = true}, \
	{"changes-since", "updated", FILTER_GE, "", PARAM_TIME_BEFORE}, \
	{"changes-since", "updated", FILTER_GT, "", PARAM_TIME_BEFORE}, \
	{"changes-since", "updated", FILTER_EQ, "", PARAM_TIME_BEFORE}, \
	{"type", "metadata.image_type", FILTER_EQ, "", PARAM_TEXT}, \
	{"property-", NULL, FILTER_EQ, "", PARAM_TEXT}, \
	{NULL}

/* The name goes through Glance's operators. */
static const DialectParam nova_params[] = {
	{"name", "name", FILTER_EQ, "eq:", PARAM_TEXT},
	COMMON_PARAMS
};

static const DialectParam rackspace_params[] = {
	{"name", "name", FILTER_EQ, "", PARAM_TEXT},
	COMMON_PARAMS
};

/*
 * There is no look-up by id: it would find hidden images, others' community
 * images and those not yet accepted, which no listing of Nova's has.
 */
const Dialect imagecat_nova = {
	.name = "nova",
	.fields = nova_fields,
	.id_member = "id",
	.property_object = "metadata",
	.is_property = is_metadata,
	.params = nova_params,
	.service_type = "compute",
	.version_segment = "/v2.1",
	.list_path = "/images/detail",
	.limit_key = "limit",
	.marker_key = "marker",
	.max_page_size = 1000,
	.list = {.images = "images",.next = "images_links"},
};

/* changes-since brings deleted and failed images, which no list has. */
static const char *const gone[] = {"DELETED", "ERROR", NULL};

const Dialect imagecat_rackspace_servers = {
	.name = "rackspace_servers",
	.fields = rackspace_fields,
	.id_member = "id",
	.property_object = "metadata",
	.is_property = is_any_metadata,
	.params = rackspace_params,
	.gone_member = "status",
	.gone_values = gone,
	.service_type = "compute",
	.service_name = "cloudServersOpenStack",
	.version_segment = "/v2",
	.list_path = "/images/detail",
	.limit_key = "limit",
	.marker_key = "marker",
	.max_page_size = 1000,
	.list = {.images = "images",.next = "images_links"},
};
