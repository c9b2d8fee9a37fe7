/*-------------------------------------------------------------------------
 *
 * rackspace_images.c
 *	  Rackspace Cloud Images, a fork of Glance v2 as it was in 2014.
 *
 *	  Values are literal: it knows neither eq: nor in:, compares times and
 *	  booleans as text, and takes what it does not know (os_hidden, sort,
 *	  offset) for a custom property, which then finds nothing.
 *
 * src/dialect/rackspace_images.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/dialect.h"

static const DialectField fields[] = {
	{"id", FIELD_TEXT, "id", FIELD_ALWAYS},
	{"name", FIELD_TEXT, "name"},
	{"status", FIELD_TEXT, "status", FIELD_LOWER | FIELD_FEW},
	{"visibility", FIELD_TEXT, "visibility", FIELD_FEW},
	{"owner", FIELD_TEXT, "owner", FIELD_FEW},
	{"disk_format", FIELD_TEXT, "disk_format", FIELD_FEW},
	{"container_format", FIELD_TEXT, "container_format", FIELD_FEW},
	{"size", FIELD_BIGINT, "size"},
	{"min_disk", FIELD_INTEGER, "min_disk", FIELD_FEW},
	{"min_ram", FIELD_INTEGER, "min_ram", FIELD_FEW},
	{"checksum", FIELD_TEXT, "checksum"},
	{"protected", FIELD_BOOLEAN, "protected"},
	{"tags", FIELD_TEXT_ARRAY, "tags"},
	{"created_at", FIELD_TIME, "created_at"},
	{"updated_at", FIELD_TIME, "updated_at"},
	{"self", FIELD_TEXT, NULL},
	{"file", FIELD_TEXT, NULL},
	{"schema", FIELD_TEXT, NULL},
	{"image_type", FIELD_TEXT, "type", FIELD_CUSTOM | FIELD_FEW},
	{"os_type", FIELD_TEXT, "os", FIELD_CUSTOM | FIELD_FEW},
	{"org.openstack__1__os_version", FIELD_TEXT, "os_version", FIELD_CUSTOM},
	{"org.openstack__1__architecture", FIELD_TEXT, "architecture", FIELD_CUSTOM | FIELD_FEW},
	{"instance_uuid", FIELD_TEXT, NULL, FIELD_CUSTOM, "instance"},
	{NULL}
};

static bool
is_property(const char *name)
{
	return imagecat_is_openstack_property(fields, name);
}

/*
 * An image shared with the caller is shown as private, and found by both
 * words; so "shared" finds what is not shown as such, and stays local.
 */
static bool
is_shown_visibility(const char *value)
{
	return strcmp(value, "public") == 0 || strcmp(value, "private") == 0;
}

static bool
is_member_status(const char *value)
{
	return strcmp(value, "accepted") == 0 || strcmp(value, "pending") == 0 ||
		strcmp(value, "rejected") == 0 || strcmp(value, "all") == 0;
}

static const DialectParam params[] = {
	{"id", "id", FILTER_EQ, "", PARAM_TEXT},
	{"name", "name", FILTER_EQ, "", PARAM_TEXT},
	{"status", "status", FILTER_EQ, "", PARAM_TEXT},
	{"visibility", "visibility", FILTER_EQ, "", PARAM_TEXT, is_shown_visibility},
	{"member_status", "member_status", FILTER_EQ, "", PARAM_TEXT, is_member_status},
	{"owner", "owner", FILTER_EQ, "", PARAM_TEXT},
	{"disk_format", "disk_format", FILTER_EQ, "", PARAM_TEXT},
	{"container_format", "container_format", FILTER_EQ, "", PARAM_TEXT},
	{"checksum", "checksum", FILTER_EQ, "", PARAM_TEXT},
	{"size_min", "size", FILTER_GE, "", PARAM_INTEGER},
	{"size_min", "size", FILTER_GT, "", PARAM_INTEGER_ABOVE},
	{"size_max", "size", FILTER_LE, "", PARAM_INTEGER},
	{"size_max", "size", FILTER_LT, "", PARAM_INTEGER_BELOW},
	{"size", "size", FILTER_EQ, "", PARAM_INTEGER},
	{"min_disk", "min_disk", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX},
	{"min_ram", "min_ram", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX},
	{"", NULL, FILTER_EQ, "", PARAM_TEXT},
	{NULL}
};

/*
 * name, size and the formats can be NULL, which breaks the service's paging;
 * a sort by id is ignored.
 */
static const DialectSortKey sort_keys[] = {
	{"created_at", true, false},
	{"updated_at", true, true},
	{NULL}
};

/* What is shared but not yet accepted is there too. */
static const DialectConstant everything[] = {
	{"member_status", "all", 0},
	{NULL}
};

/* Shared with the caller: true of rows that are shown as private. */
static const DialectWord words[] = {
	{"visibility", "shared", "visibility"},
	{NULL}
};

/*
 * There is no look-up by id: it would find base images that have reached their
 * end of life and that no listing has, and so a row that the table lacks.
 */
const Dialect imagecat_rackspace_images = {
	.name = "rackspace_images",
	.fields = fields,
	.id_member = "id",
	.is_property = is_property,
	.params = params,
	.words = words,
	.everything = everything,
	.sort_keys = sort_keys,
	.sort_key = "sort_key",
	.sort_dir = "sort_dir",
	.service_type = "image",
	.service_name = "cloudImages",
	.version_segment = "/v2",
	.list_path = "/images",
	.limit_key = "limit",
	.marker_key = "marker",
	.max_page_size = 1000,
	.list = {.images = "images",.next = "next"},
};
