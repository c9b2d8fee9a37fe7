/*-------------------------------------------------------------------------
 *
 * ims.c
 *	  The Image Management Service of Huawei Cloud and Open Telekom Cloud.
 *
 *	  Numbers and booleans come as strings.  A page has no link to the next:
 *	  the end is a page without images.  A service of Glance's descent may take
 *	  a value with a colon for an operator, so none is sent.
 *
 * src/dialect/ims.c
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
	{"min_disk", FIELD_INTEGER, "min_disk", FIELD_FEW},
	{"min_ram", FIELD_INTEGER, "min_ram", FIELD_FEW},
	{"max_ram", FIELD_INTEGER, NULL},
	{"checksum", FIELD_TEXT, "checksum"},
	{"protected", FIELD_BOOLEAN, "protected"},
	{"tags", FIELD_TEXT_ARRAY, "tags"},
	{"created_at", FIELD_TIME, "created_at"},
	{"updated_at", FIELD_TIME, "updated_at"},
	{"active_at", FIELD_TIME, NULL},
	{"size", FIELD_BIGINT, NULL},	/* a dummy; see __image_size */
	{"virtual_size", FIELD_BIGINT, "virtual_size"},
	{"file", FIELD_TEXT, NULL},
	{"self", FIELD_TEXT, NULL},
	{"schema", FIELD_TEXT, NULL},
	{"virtual_env_type", FIELD_TEXT, NULL, FIELD_FEW},
	{"enterprise_project_id", FIELD_TEXT, NULL, FIELD_FEW},
	{"hw_firmware_type", FIELD_TEXT, NULL},
	{"hw_vif_multiqueue_enabled", FIELD_BOOLEAN, NULL},
	{"__backup_id", FIELD_TEXT, NULL},
	{"__data_origin", FIELD_TEXT, NULL},
	{"__description", FIELD_TEXT, NULL},
	{"__image_size", FIELD_BIGINT, "size"},
	{"__image_source_type", FIELD_TEXT, NULL},
	{"__imagetype", FIELD_TEXT, "type", FIELD_FEW},
	{"__isregistered", FIELD_BOOLEAN, NULL},
	{"__lazyloading", FIELD_BOOLEAN, NULL},
	{"__originalimagename", FIELD_TEXT, NULL},
	{"__os_bit", FIELD_INTEGER, "architecture", FIELD_FEW},
	{"__os_feature_list", FIELD_TEXT, NULL},
	{"__os_type", FIELD_TEXT, "os", FIELD_FEW},
	{"__os_version", FIELD_TEXT, "os_version"},
	{"__platform", FIELD_TEXT, NULL, FIELD_FEW},
	{"__root_origin", FIELD_TEXT, NULL},
	{"__sequence_num", FIELD_INTEGER, NULL},
	{"__support_amd", FIELD_BOOLEAN, NULL},
	{"__support_diskintensive", FIELD_BOOLEAN, NULL},
	{"__support_fc_inject", FIELD_BOOLEAN, NULL},
	{"__support_highperformance", FIELD_BOOLEAN, NULL},
	{"__support_kvm", FIELD_BOOLEAN, NULL},
	{"__support_kvm_gpu_type", FIELD_TEXT, NULL, FIELD_FEW},
	{"__support_kvm_hi1822_hisriov", FIELD_BOOLEAN, NULL},
	{"__support_kvm_hi1822_hivirtionet", FIELD_BOOLEAN, NULL},
	{"__support_kvm_infiniband", FIELD_BOOLEAN, NULL},
	{"__support_largememory", FIELD_BOOLEAN, NULL},
	{"__support_xen", FIELD_BOOLEAN, NULL},
	{"__support_xen_gpu_type", FIELD_TEXT, NULL, FIELD_FEW},
	{"__support_xen_hana", FIELD_BOOLEAN, NULL},
	{"__system__cmkid", FIELD_TEXT, NULL},
	{"__whole_image", FIELD_BOOLEAN, NULL},
	{NULL}
};

static bool
is_plain(const char *value)
{
	return value[0] != '\0' && strchr(value, ':') == NULL;
}

static bool
is_member_status(const char *value)
{
	return strcmp(value, "accepted") == 0 || strcmp(value, "pending") == 0 ||
		strcmp(value, "rejected") == 0;
}

/*
 * How the service compares its seconds is nowhere written: each bound leaves
 * room for the whole second.
 */
#define TIME_PARAMS(name) \
	{name, name, FILTER_GE, "gte:", PARAM_TIME_AT}, \
	{name, name, FILTER_GT, "gte:", PARAM_TIME_AT}, \
	{name, name, FILTER_EQ, "gte:", PARAM_TIME_AT}, \
	{name, name, FILTER_LT, "lt:", PARAM_TIME_AFTER}, \
	{name, name, FILTER_LE, "lt:", PARAM_TIME_AFTER}

#define EQUAL_PARAM(name) \
	{name, name, FILTER_EQ, "", PARAM_TEXT, is_plain}

#define TRUE_PARAM(name) \
	{name, name, FILTER_EQ, "", PARAM_TRUE}

/*
 * visibility and __imagetype are not here: what is shared is found under other
 * words than it is shown with; nor tag, whose stored form differs.
 */
static const DialectParam params[] = {
	EQUAL_PARAM("id"),
	EQUAL_PARAM("name"),
	EQUAL_PARAM("status"),
	EQUAL_PARAM("owner"),
	EQUAL_PARAM("disk_format"),
	EQUAL_PARAM("container_format"),
	{"min_disk", "min_disk", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX,
	.no_negative = true},
	{"min_ram", "min_ram", FILTER_EQ, "", PARAM_INTEGER, .max = PG_INT32_MAX,
	.no_negative = true},
	{"member_status", "member_status", FILTER_EQ, "", PARAM_TEXT, is_member_status},
	TRUE_PARAM("protected"),
	TRUE_PARAM("__isregistered"),
	TRUE_PARAM("__whole_image"),
	TRUE_PARAM("__support_kvm"),
	TRUE_PARAM("__support_xen"),
	TRUE_PARAM("__support_largememory"),
	TRUE_PARAM("__support_diskintensive"),
	TRUE_PARAM("__support_highperformance"),
	TRUE_PARAM("__support_xen_hana"),
	TRUE_PARAM("__support_kvm_infiniband"),
	EQUAL_PARAM("__support_xen_gpu_type"),
	EQUAL_PARAM("__support_kvm_gpu_type"),
	{"__os_bit", "__os_bit", FILTER_EQ, "", PARAM_INTEGER, .no_negative = true},
	EQUAL_PARAM("__os_type"),
	EQUAL_PARAM("__platform"),
	EQUAL_PARAM("__system__cmkid"),
	EQUAL_PARAM("virtual_env_type"),
	EQUAL_PARAM("enterprise_project_id"),
	TIME_PARAMS("created_at"),
	TIME_PARAMS("updated_at"),
	{NULL}
};

/* Text is sorted by rules that are nowhere written. */
static const DialectSortKey sort_keys[] = {
	{"created_at", true, false},
	{NULL}
};

static const DialectWord words[] = {
	{"visibility", "public", "visibility"},
	{"visibility", "private", "visibility"},
	{"visibility", "shared", "visibility"},
	{"__imagetype", "gold", "__imagetype"},
	{"__imagetype", "private", "__imagetype"},
	{"__imagetype", "shared", "__imagetype"},
	{"__imagetype", "market", "__imagetype"},
	{NULL}
};

/* What others have shared is in a plain listing only once it is accepted. */
static const DialectConstant pending[] = {
	{"visibility", "shared", 0},
	{"member_status", "pending", 0},
	{NULL}
};

static const DialectConstant rejected[] = {
	{"visibility", "shared", 0},
	{"member_status", "rejected", 0},
	{NULL}
};

static const DialectConstant *const listings[] = {pending, rejected, NULL};

static const char *const headers[] = {
	"Content-Type: application/json",
	NULL
};

const Dialect imagecat_ims = {
	.name = "ims",
	.fields = fields,
	.id_member = "id",
	.params = params,
	.words = words,
	.listings = listings,
	.sort_keys = sort_keys,
	.sort_key = "sort_key",
	.sort_dir = "sort_dir",
	.service_type = "image",
	.version_segment = "/v2",
	.headers = headers,
	.list_path = "/cloudimages",
	.limit_key = "limit",
	.marker_key = "marker",
	.max_page_size = 500,
	.until_empty = true,
	.list = {.images = "images"},
};
