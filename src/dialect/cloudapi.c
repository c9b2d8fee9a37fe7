/*-------------------------------------------------------------------------
 *
 * cloudapi.c
 *	  ListImages of Triton CloudAPI.
 *
 *	  One answer has all images, in the order of their publication.  Unknown
 *	  parameters and empty values are ignored, a value's first character may
 *	  be an operator, and some values crash the service behind it.
 *
 * src/dialect/cloudapi.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dialect/dialect.h"

static const FieldWords visibility = {"public", "private"};

static const DialectField fields[] = {
	{"id", FIELD_TEXT, "id", FIELD_ALWAYS},
	{"name", FIELD_TEXT, "name", FIELD_ALWAYS},
	{"version", FIELD_TEXT, "version", FIELD_ALWAYS},
	{"os", FIELD_TEXT, "os", FIELD_FEW},
	{"type", FIELD_TEXT, "type", FIELD_FEW},
	{"description", FIELD_TEXT, NULL},
	{"requirements", FIELD_JSON, NULL},
	{"image_size", FIELD_INTEGER, NULL},
	{"files", FIELD_JSON, NULL},
	{"files[0].compression", FIELD_TEXT, NULL, 0, NULL, "/files/0/compression"},
	{"files[0].sha1", FIELD_TEXT, NULL, 0, NULL, "/files/0/sha1"},
	{"files[0].size", FIELD_BIGINT, "size", 0, NULL, "/files/0/size"},
	{"tags", FIELD_JSON, "tags"},
	{"homepage", FIELD_TEXT, NULL},
	{"published_at", FIELD_TIME, "created_at"},
	{"owner", FIELD_TEXT, "owner", FIELD_FEW},
	{"public", FIELD_BOOLEAN, "visibility", 0, NULL, NULL, &visibility},
	{"state", FIELD_TEXT, "status", FIELD_LOWER | FIELD_FEW},
	{"eula", FIELD_TEXT, NULL},
	{"acl", FIELD_TEXT_ARRAY, NULL},
	{"origin", FIELD_TEXT, NULL},
	{"error", FIELD_JSON, NULL},
	{"error.code", FIELD_TEXT, NULL, 0, NULL, "/error/code"},
	{"error.message", FIELD_TEXT, NULL, 0, NULL, "/error/message"},
	{"default", FIELD_BOOLEAN, NULL},
	{NULL}
};

/* "~x" is "contains x" and "!x" is "not x", wherever the value comes from. */
static bool
is_literal(const char *value)
{
	return value[0] != '\0' && value[0] != '~' && value[0] != '!';
}

static bool
is_not_empty(const char *value)
{
	return value[0] != '\0';
}

/*
 * A part of a name or version.  In the search for a part other characters may
 * have a meaning of their own: _ and % are wildcards of some databases.
 */
static bool
is_part(const char *value)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./+ -";

	return value[0] != '\0' && value[strspn(value, alphabet)] == '\0';
}

static bool
is_active(const char *value)
{
	return strcmp(value, "active") == 0;
}

static bool
is_public(const char *value)
{
	return strcmp(value, "public") == 0;
}

static bool
is_private(const char *value)
{
	return strcmp(value, "private") == 0;
}

/*
 * Of the states only "active" finds what has it: "disabled" finds the caller's
 * own alone, and other words are refused.
 */
static const DialectParam params[] = {
	{"name", "name", FILTER_EQ, "", PARAM_TEXT, is_literal},
	{"name", "name", FILTER_CONTAINS, "~", PARAM_TEXT, is_part},
	{"version", "version", FILTER_EQ, "", PARAM_TEXT, is_literal},
	{"version", "version", FILTER_CONTAINS, "~", PARAM_TEXT, is_part},
	{"os", "os", FILTER_EQ, "", PARAM_TEXT, is_not_empty},
	{"type", "type", FILTER_EQ, "", PARAM_TEXT, is_literal},
	/* "not" finds images without a type too */
	{"type", "type", FILTER_NE, "!", PARAM_TEXT, is_literal},
	{"type", "type", FILTER_DISTINCT, "!", PARAM_TEXT, is_literal},
	{"state", "state", FILTER_EQ, "active", PARAM_CONSTANT, is_active},
	{"owner", "owner", FILTER_EQ, "", PARAM_TEXT, imagecat_is_uuid},
	{"public", "public", FILTER_EQ, "", PARAM_BOOLEAN},
	{"public", "public", FILTER_EQ, "true", PARAM_CONSTANT, is_public},
	{"public", "public", FILTER_EQ, "false", PARAM_CONSTANT, is_private},
	{NULL}
};

/*
 * By default only active images are listed, and docker's are not: "not" a type
 * that nobody has replaces that second default.
 */
static const DialectConstant everything[] = {
	{"state", "all", 0},
	{"type", "!none", 0},
	{NULL}
};

static const DialectWord words[] = {
	{"state", "all", "state", true},
	{"state", "disabled", "state"},
	{"state", "unactivated", "state"},
	{"state", "creating", "state"},
	{"state", "failed", "state"},
	{NULL}
};

static const DialectDefault defaults[] = {
	{"state", FILTER_EQ, "active"},
	{"type", FILTER_DISTINCT, "docker"},
	{NULL}
};

/* The service reads the first; the second is what its document names. */
static const char *const headers[] = {
	"Accept-Version: ~9||~8",
	"Api-Version: ~9||~8",
	NULL
};

const Dialect imagecat_cloudapi = {
	.name = "cloudapi",
	.fields = fields,
	.id_member = "id",
	.params = params,
	.words = words,
	.defaults = defaults,
	.everything = everything,
	.version_segment = "",
	.headers = headers,
	.list_path = "/my/images",
	.item_path = "/my/images/",
	.takes_item = imagecat_is_uuid,
	.repeats_images = true,
	.list = {.images = NULL},
	.item = {.single = true},
};
