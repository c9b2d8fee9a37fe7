/*-------------------------------------------------------------------------
 *
 * glance.c
 *	  OpenStack Glance v2, also spoken by Virtuozzo Hybrid Infrastructure.
 *
 *	  Each rule was seen on Glance 25 over SQLite, MariaDB and PostgreSQL, and
 *	  is proven again by the differential test.  MariaDB compares text without
 *	  case, accents and trailing blanks: it sends too much, never too little.
 *
 * src/dialect/glance.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/dialect.h"

/* Members of the image schema, then the properties that canonical columns show. */
static const DialectField fields[] = {
	{"id", FIELD_TEXT, "id", FIELD_ALWAYS},
	{"name", FIELD_TEXT, "name"},
	{"status", FIELD_TEXT, "status", FIELD_LOWER | FIELD_FEW | FIELD_ALWAYS},
	{"visibility", FIELD_TEXT, "visibility", FIELD_FEW | FIELD_ALWAYS},
	{"owner", FIELD_TEXT, "owner", FIELD_FEW},
	{"disk_format", FIELD_TEXT, "disk_format", FIELD_FEW},
	{"container_format", FIELD_TEXT, "container_format", FIELD_FEW},
	{"size", FIELD_BIGINT, "size"},
	{"virtual_size", FIELD_BIGINT, "virtual_size"},
	{"min_disk", FIELD_INTEGER, "min_disk", FIELD_FEW | FIELD_ALWAYS},
	{"min_ram", FIELD_INTEGER, "min_ram", FIELD_FEW | FIELD_ALWAYS},
	{"checksum", FIELD_TEXT, "checksum"},
	{"os_hash_algo", FIELD_TEXT, NULL, FIELD_FEW},
	{"os_hash_value", FIELD_TEXT, NULL},
	{"protected", FIELD_BOOLEAN, "protected", FIELD_ALWAYS},
	{"os_hidden", FIELD_BOOLEAN, "hidden"},
	{"tags", FIELD_TEXT_ARRAY, "tags", FIELD_ALWAYS},
	{"created_at", FIELD_TIME, "created_at", FIELD_ALWAYS},
	{"updated_at", FIELD_TIME, "updated_at", FIELD_ALWAYS},
	{"self", FIELD_TEXT, NULL, FIELD_ALWAYS},
	{"file", FIELD_TEXT, NULL, FIELD_ALWAYS},
	{"schema", FIELD_TEXT, NULL, FIELD_ALWAYS},
	{"direct_url", FIELD_TEXT, NULL},
	{"locations", FIELD_JSON, NULL},
	{"stores", FIELD_TEXT, NULL},
	{"image_type", FIELD_TEXT, "type", FIELD_CUSTOM | FIELD_FEW},
	{"os_type", FIELD_TEXT, "os", FIELD_CUSTOM | FIELD_FEW},
	{"os_version", FIELD_TEXT, "os_version", FIELD_CUSTOM},
	{"architecture", FIELD_TEXT, "architecture", FIELD_CUSTOM | FIELD_FEW},
	{"instance_uuid", FIELD_TEXT, NULL, FIELD_CUSTOM, "instance"},
	{NULL}
};

/* in: cannot carry a quote: escaped or not, the service never finds it. */
static bool
takes_list_item(const char *value)
{
	size_t		length = strlen(value);

	/* An item with a comma is quoted, and must not escape its closing quote. */
	return strchr(value, '"') == NULL &&
		(length == 0 || value[length - 1] != '\\' || strchr(value, ',') == NULL);
}

/*
 * Before v2.4 a value is literal, and later a colon may be taken for an
 * operator; without a colon both read the same.
 */
static bool
takes_literal(const char *value)
{
	return strchr(value, ':') == NULL;
}

static bool
is_public(const char *value)
{
	return strcmp(value, "public") == 0;
}

/* Before v2.5 all that is not public is shown as private, but not found so. */
static bool
is_visibility(const char *value)
{
	return strcmp(value, "private") == 0 || strcmp(value, "shared") == 0 ||
		strcmp(value, "community") == 0;
}

/* Anything else is answered with 400. */
static bool
is_member_status(const char *value)
{
	return strcmp(value, "accepted") == 0 || strcmp(value, "pending") == 0 ||
		strcmp(value, "rejected") == 0 || strcmp(value, "all") == 0;
}

/*
 * The service strips the value before it compares, so that a tag with white
 * space around it is never found.  White space beyond ASCII begins with one
 * of four bytes; a tag with such a byte at its ends stays local as well.
 */
static bool
takes_tag(const char *value)
{
	size_t		length = strlen(value);
	unsigned char first;
	const char *last;

	if (length == 0)
		return true;
	first = (unsigned char) value[0];
	last = value + length - 1;
	while (last > value && ((unsigned char) *last & 0xC0) == 0x80)
		last--;
	return first > 0x20 && strchr("\xC2\xE1\xE2\xE3", first) == NULL &&
		(unsigned char) *last > 0x20 && strchr("\xC2\xE1\xE2\xE3", *last) == NULL;
}

static bool
is_property(const char *name)
{
	return imagecat_is_openstack_property(fields, name);
}

/*
 * Times are stored with microseconds on some databases and shown in whole
 * seconds, so each bound is moved to the whole second that decides alike for
 * the stored and for the shown time.  Equality sends one bound: a parameter
 * given twice counts once, the last.
 */
#define TIME_PARAMS(name) \
	{name, name, FILTER_GE, "gte:", PARAM_TIME_FROM, .since = API_VERSION(2, 4)}, \
	{name, name, FILTER_GT, "gte:", PARAM_TIME_AFTER, .since = API_VERSION(2, 4)}, \
	{name, name, FILTER_EQ, "gte:", PARAM_TIME_FROM, .since = API_VERSION(2, 4)}, \
	{name, name, FILTER_LT, "lt:", PARAM_TIME_FROM, .since = API_VERSION(2, 4)}, \
	{name, name, FILTER_LE, "lt:", PARAM_TIME_AFTER, .since = API_VERSION(2, 4)}

/* eq: keeps a value from being read as an operator. */
#define TEXT_PARAMS(name) \
	{name, name, FILTER_EQ, "eq:", PARAM_TEXT, .since = API_VERSION(2, 4)}, \
	{name, name, FILTER_IN, "in:", PARAM_LIST, takes_list_item, .since = API_VERSION(2, 4)}, \
	{name, name, FILTER_EQ, "", PARAM_TEXT, takes_literal}

#define BOUND_PARAMS(name) \
	{name "_min", name, FILTER_GE, "", PARAM_INTEGER}, \
	{name "_min", name, FILTER_GT, "", PARAM_INTEGER_ABOVE}, \
	{name "_max", name, FILTER_LE, "", PARAM_INTEGER}, \
	{name "_max", name, FILTER_LT, "", PARAM_INTEGER_BELOW}, \
	{name, name, FILTER_EQ, "", PARAM_INTEGER}

static const DialectParam params[] = {
	TEXT_PARAMS("id"),
	TEXT_PARAMS("name"),
	TEXT_PARAMS("status"),
	{"visibility", "visibility", FILTER_EQ, "", PARAM_TEXT, is_public},
	{"visibility", "visibility", FILTER_EQ, "", PARAM_TEXT, is_visibility, .since = API_VERSION(2, 5)},
	{"member_status", "member_status", FILTER_EQ, "", PARAM_TEXT, is_member_status},
	{"owner", "owner", FILTER_EQ, "", PARAM_TEXT},
	TEXT_PARAMS("disk_format"),
	TEXT_PARAMS("container_format"),
	BOUND_PARAMS("size"),
	BOUND_PARAMS("virtual_size"),
	/* Equality, whatever the names say; out of the column's range is a 500. */
	{"min_disk", "min_disk", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX},
	{"min_ram", "min_ram", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX},
	{"checksum", "checksum", FILTER_EQ, "", PARAM_TEXT},
	{"os_hash_algo", "os_hash_algo", FILTER_EQ, "", PARAM_TEXT, .since = API_VERSION(2, 7)},
	{"os_hash_value", "os_hash_value", FILTER_EQ, "", PARAM_TEXT, .since = API_VERSION(2, 7)},
	{"protected", "protected", FILTER_EQ, "", PARAM_BOOLEAN},
	{"os_hidden", "os_hidden", FILTER_EQ, "", PARAM_BOOLEAN, .since = API_VERSION(2, 7)},
	/* Over MariaDB an image tagged x and X counts twice against the limit. */
	{"tag", "tags", FILTER_HAS, "", PARAM_TEXT, takes_tag, .repeats = true,.ends_early = true},
	TIME_PARAMS("created_at"),
	TIME_PARAMS("updated_at"),
	{"", NULL, FILTER_EQ, "", PARAM_TEXT},
	{NULL}
};

/*
 * name, size and the formats can be NULL, and a NULL breaks the service's
 * paging: rows are lost, or a page comes again.
 */
static const DialectSortKey sort_keys[] = {
	{"created_at", true, false},
	{"updated_at", true, true},
	{"id", false, false},
	{"status", false, true},
	{NULL}
};

/* Others' community images, and what is shared but not yet accepted. */
static const DialectConstant everything[] = {
	{"visibility", "all", API_VERSION(2, 5)},
	{"member_status", "all", 0},
	{NULL}
};

static const DialectWord words[] = {
	{"visibility", "all", "visibility", true},
	{NULL}
};

/* A look-up finds an image whose upload failed; no listing has it. */
static const char *const gone[] = {"killed", NULL};

/* Others' community images are left out too, but a relation has no "others". */
static const DialectDefault defaults[] = {
	{"os_hidden", FILTER_DISTINCT, "true"},
	{NULL}
};

const Dialect imagecat_glance = {
	.name = "glance",
	.fields = fields,
	.id_member = "id",
	.is_property = is_property,
	.params = params,
	.words = words,
	.defaults = defaults,
	.gone_member = "status",
	.gone_values = gone,
	.everything = everything,
	.pass_member = "os_hidden",
	.pass_key = "os_hidden",
	.pass_since = API_VERSION(2, 7),
	.sort_keys = sort_keys,
	.sort_list = "sort",
	.sort_list_since = API_VERSION(2, 3),
	.sort_key = "sort_key",
	.sort_dir = "sort_dir",
	.service_type = "image",
	.version_segment = "/v2",
	.list_path = "/images",
	.item_path = "/images/",
	.takes_item = imagecat_is_uuid,
	/* GET shows an image that nobody owns to everybody; lists show it to admins */
	.doubt_member = "owner",
	.limit_key = "limit",
	.marker_key = "marker",
	.max_page_size = 1000,
	.list = {.images = "images",.next = "next"},
	.item = {.single = true},
	.newest_rule = API_VERSION(2, 7),
};
