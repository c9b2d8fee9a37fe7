"""The tables of each API: what their columns show, by its document and not by the extension's own tables."""
from .tables import REST, SOURCE, WHOLE, Model, canonical, column, columns

DOCUMENT = (column("properties", "jsonb", REST), column("document", "jsonb", WHOLE))


def _nothing(*names):
    """Canonical columns for which the API has nothing."""
    return tuple(each for each in canonical({}) if each.name in names)


GLANCE = Model(
    "glance",
    canonical({**{name: name for name in "id name status visibility owner os_version architecture disk_format size "
                  "container_format virtual_size min_disk min_ram checksum protected tags created_at "
                  "updated_at".split()}, "type": "image_type", "os": "os_type", "hidden": "os_hidden"},
              {"status": "lower"}),
    columns("id name status visibility owner disk_format container_format checksum os_hash_algo os_hash_value self "
            "file schema direct_url stores")
    + columns("size virtual_size", "bigint") + columns("min_disk min_ram", "integer")
    + columns("protected os_hidden", "boolean") + columns("created_at updated_at", "timestamptz")
    + (column("tags", "text[]"), column("locations", "jsonb")) + DOCUMENT,
    hand=(
        column("id", "uuid"), column("name", 'text COLLATE "C"'), column("label", "varchar(8)", "name", "name"),
        column("status", "varchar(20)", reads="lower"), column("visibility"), column("owner"),
        column("source", shows=SOURCE), column("size", "integer"), column("min_ram", "smallint"),
        column("created_at", "timestamp"), column("born", "timestamptz", "created_at", "created_at"),
        column("updated_at", "timestamptz(0)"), column("day", "date", "updated_at", "updated_at"),
        column("tags", "text[]"), column("distro", "text", ("os_distro",), "/os_distro"), column("os_distro"),
        column("os_version"), column("hw_disk_bus", 'text COLLATE "C"'), column("five", "integer"), column("weird:key"),
        column("cores_min"), column("ID"), column("Upper"), column("kernel_id"), column("properties", "jsonb", REST),
        column("protected", "boolean"), column("hidden", "boolean", "os_hidden"), *_nothing("version")),
    odd=(
        column("id", 'text COLLATE "C"'), column("name", "varchar(300)"), column("os_hidden", "boolean"),
        column("size", "numeric"), column("virtual_size"), column("min_disk", "bigint"), column("created_at"),
        column("updated_at", "timestamptz"), column("made", "timestamp", "created_at", "created_at"),
        column("changed", "timestamp(0)", "updated_at", "updated_at"), column("protected"),
        column("checksum", "char(32)"), column("image_type"), column("os_type"), column("architecture"),
        column("empty_prop"), column("os_admin_user"),
        column("trait", "text", "trait:HW_CPU_X86_AVX2", "trait:HW_CPU_X86_AVX2"), column("os_hash_algo"),
        column("instance_uuid", "uuid"), column("status", 'text COLLATE "C"'), column("tags", "text[]"), *DOCUMENT),
    sharp={"time": 4, "timestamp": 6, "integer": 3, "boolean": 2, "tags": 8, "object": 6, "uuid": 4, "text": 1,
           "id": 4, "name": 5, "size": 5, "virtual_size": 5},
    sent=("id", "name", "size"))

RACKSPACE_IMAGES = Model(
    "rackspace_images",
    canonical({**{name: name for name in "id name status visibility owner disk_format container_format size min_disk "
                  "min_ram checksum protected tags created_at updated_at".split()}, "type": "image_type",
               "os": "os_type", "os_version": "org.openstack__1__os_version",
               "architecture": "org.openstack__1__architecture"}, {"status": "lower"}),
    columns("id name status visibility owner disk_format container_format checksum self file schema")
    + columns("min_disk min_ram", "integer") + columns("created_at updated_at", "timestamptz")
    + (column("size", "bigint"), column("protected", "boolean"), column("tags", "text[]")) + DOCUMENT,
    hand=(
        column("id", "uuid"), column("name", 'text COLLATE "C"'), column("label", "varchar(8)", "name", "name"),
        column("status", "varchar(20)", reads="lower"), column("visibility", "varchar(9)"), column("owner"),
        column("source", shows=SOURCE), column("size", "integer"), column("min_ram", "smallint"),
        column("min_disk", "bigint"), column("created_at", "timestamp"),
        column("born", "timestamptz", "created_at", "created_at"), column("updated_at", "timestamptz(0)"),
        column("day", "date", "updated_at", "updated_at"), column("tags", "text[]"), column("protected", "boolean"),
        column("distro", "text", ("os_distro",), "/os_distro"), column("os_distro"), column("vm_mode"),
        column("flavor_classes", 'text COLLATE "C"'), column("instance_uuid", "uuid"), column("image_type"),
        column("core", "text", "com.rackspace__1__build_core", "com.rackspace__1__build_core"),
        column("limit"), column("five", "integer"), column("cores_min"), column("size_min"), column("Upper"),
        column("properties", "jsonb", REST), *_nothing("version", "hidden", "virtual_size")),
    odd=(
        column("id", 'text COLLATE "C"'), column("name", "varchar(300)"), column("size", "numeric"),
        column("min_disk", "smallint"), column("created_at"), column("updated_at", "timestamptz"),
        column("made", "timestamp", "created_at", "created_at"),
        column("changed", "timestamp(0)", "updated_at", "updated_at"), column("protected"),
        column("checksum", "char(32)"), column("image_type"), column("os_type", 'text COLLATE "C"'),
        column("status", 'text COLLATE "C"'), column("tags", "text[]"), column("visibility"),
        column("first_tag", "text", ("tags", "0"), "/tags/0"), column("next"), column("sort"), *DOCUMENT),
    sharp={"time": 4, "timestamp": 4, "integer": 3, "boolean": 2, "tags": 2, "object": 8, "uuid": 2, "text": 1, "id": 3,
           "name": 5, "size": 7, "status": 4, "visibility": 6},
    keys=("vm_mode", "org.openstack__1__os_version", "com.rackspace__1__build_core", "auto_disk_config",
          "member_status", "visibility", "sort", "sort_key", "marker", "next", "size_min", "instance_uuid",
          "flavor_classes"),
    sent=("id", "name", "size", "status", "visibility", "created_at", "updated_at"))


def _nova(api, rackspace):
    prefix = "org.openstack__1__" if rackspace else ""
    own = columns("tenant_id user_id") + (column("fault", "jsonb"),) if rackspace else ()
    zero = "OS-EXT-IMG-SIZE:size"
    return Model(
        api,
        canonical({"id": "id", "name": "name", "status": "status", "created_at": "created", "updated_at": "updated",
                   "min_disk": "minDisk", "min_ram": "minRam", "size": zero, "type": ("metadata", "image_type"),
                   "os": ("metadata", "os_type"), "os_version": ("metadata", prefix + "os_version"),
                   "architecture": ("metadata", prefix + "architecture"),
                   **({"owner": "tenant_id"} if rackspace else {})}, {"status": "lower", "size": "zero"}),
        columns("id name status OS-DCF:diskConfig") + columns("created updated", "timestamptz")
        + columns("minDisk minRam progress", "integer") + columns("metadata server links", "jsonb")
        + (column(zero, "bigint", reads="zero"), column("server.id", "text", ("server", "id"))) + own + DOCUMENT,
        hand=(
            column("id", "uuid"), column("name", 'text COLLATE "C"'), column("label", "varchar(8)", "name", "name"),
            column("status", "varchar(20)", reads="lower"), column("state", "text", "status", "status"),
            column("source", shows=SOURCE), column("size", "integer", zero, reads="zero"),
            column("min_ram", "smallint", "minRam"), column("min_disk", "bigint", "minDisk"),
            column("created_at", "timestamp", "created"), column("updated_at", "timestamp", "updated"),
            column("changed", "timestamptz(0)", "updated", "updated"), column("day", "date", "updated", "updated"),
            column("type", "varchar(50)", ("metadata", "image_type")),
            column("os", 'text COLLATE "C"', ("metadata", "os_type")), column("metadata", "jsonb"),
            column("distro", "text", ("metadata", "os_distro"), "/metadata/os_distro"),
            column("bus", 'text COLLATE "C"', ("metadata", "hw_disk_bus"), "/metadata/hw_disk_bus"),
            column("yes", "text", ("metadata", "yes"), "/metadata/yes"),
            column("five", "integer", ("metadata", "five"), "/metadata/five"),
            column("instance", "text", ("server", "id"), "/server/id"), column("server.id", "text", ("server", "id")),
            column("properties", "jsonb", REST), *_nothing("version", "tags", "hidden", "visibility", "checksum")),
        odd=(
            column("id", 'text COLLATE "C"'), column("name", "varchar(300)"), column("created"),
            column("updated", "timestamptz"), column("made", "timestamp", "created", "created"),
            column("changed", "timestamp(0)", "updated", "updated"), column("minRam", "numeric"),
            column("minDisk", "smallint"), column("progress"), column("status", 'text COLLATE "C"'),
            column("type", "text", ("metadata", "image_type"), "/metadata/image_type"),
            column("machine", "uuid", ("server", "id"), "/server/id"), column("OS-DCF:diskConfig", "varchar(6)"),
            column("link", "text", ("links", "0", "href"), "/links/0/href"), column("metadata", "jsonb"), *DOCUMENT),
        sharp={"time": 3, "timestamp": 5, "integer": 2, "boolean": 1, "tags": 1, "object": 8, "uuid": 2, "text": 1,
               "id": 2, "name": 7, "status": 6, "type": 4, "updated_at": 6, "updated": 8, "changed": 6, "min_ram": 4,
               "min_disk": 4, "minRam": 4, "minDisk": 4, "server.id": 4, "distro": 4, "bus": 4, "yes": 2},
        holder="metadata",
        keys=("hw_disk_bus", "trait:x", "yes", "s_type", "s_distro", "ype", "-dash", "property-x", "release",
              "image_type", "instance_uuid", "block_device_mapping", "mappings", "created_at",
              "auto_disk_config", "status", "minRam", "server", "vm_mode", prefix + "os_version"),
        sent=("name", "status", "type", "updated_at", "updated", "min_ram", "min_disk", "minRam", "minDisk"))


NOVA = _nova("nova", False)
RACKSPACE_SERVERS = _nova("rackspace_servers", True)

IMS_TEXTS = ("virtual_env_type enterprise_project_id hw_firmware_type __backup_id __data_origin __description "
             "__image_source_type __imagetype __originalimagename __os_feature_list __os_type __os_version __platform "
             "__root_origin __support_kvm_gpu_type __support_xen_gpu_type __system__cmkid")
IMS_BOOLEANS = ("protected hw_vif_multiqueue_enabled __isregistered __lazyloading __support_amd "
                "__support_diskintensive __support_fc_inject __support_highperformance __support_kvm "
                "__support_kvm_hi1822_hisriov "
                "__support_kvm_hi1822_hivirtionet __support_kvm_infiniband __support_largememory __support_xen "
                "__support_xen_hana __whole_image")
IMS = Model(
    "ims",
    canonical({**{name: name for name in "id name status visibility owner disk_format container_format virtual_size "
                  "min_disk min_ram checksum protected tags created_at updated_at".split()}, "type": "__imagetype",
               "os": "__os_type", "os_version": "__os_version", "architecture": "__os_bit", "size": "__image_size"},
              {"status": "lower"}),
    columns("id name status visibility owner disk_format container_format checksum file self schema " + IMS_TEXTS)
    + columns("min_disk min_ram max_ram __os_bit __sequence_num", "integer")
    + columns("size virtual_size __image_size", "bigint") + columns(IMS_BOOLEANS, "boolean")
    + columns("created_at updated_at active_at", "timestamptz") + (column("tags", "text[]"),) + DOCUMENT,
    hand=(
        column("id", "uuid"), column("name", 'text COLLATE "C"'), column("label", "varchar(8)", "name", "name"),
        column("status", "varchar(20)", reads="lower"), column("visibility"), column("owner"),
        column("source", shows=SOURCE), column("size", "integer", "__image_size"), column("min_ram", "smallint"),
        column("min_disk", "bigint"), column("created_at", "timestamp"),
        column("born", "timestamptz", "created_at", "created_at"), column("updated_at", "timestamptz(0)"),
        column("day", "date", "updated_at", "updated_at"), column("tags", "text[]"), column("protected", "boolean"),
        column("architecture", "integer", "__os_bit"), column("bits", "smallint", "__os_bit", "__os_bit"),
        column("os", "varchar(10)", "__os_type"), column("type", 'text COLLATE "C"', "__imagetype"),
        column("__isregistered", "boolean"), column("__support_kvm", "boolean"),
        column("xen", "boolean", "__support_xen", "__support_xen"), column("__support_arm", "boolean"),
        column("platform", "text", ("__platform",), "/__platform"), column("__platform"),
        column("__productcode"), column("__whole_image"), column("enterprise_project_id"),
        column("properties", "jsonb", REST), *_nothing("version", "hidden")),
    odd=(
        column("id", 'text COLLATE "C"'), column("name", "varchar(300)"), column("__image_size", "numeric"),
        column("min_disk", "smallint"), column("created_at"), column("updated_at", "timestamptz"),
        column("made", "timestamp", "created_at", "created_at"),
        column("changed", "timestamp(0)", "updated_at", "updated_at"), column("protected"),
        column("checksum", "char(32)"), column("status", 'text COLLATE "C"'), column("tags", "text[]"),
        column("first_tag", "text", ("tags", "0"), "/tags/0"), column("__isregistered"), column("__lazyloading"),
        column("__support_xen_hana", "boolean"), column("__os_bit", "smallint"),
        column("__os_type", 'text COLLATE "C"'), column("__os_version", "varchar(100)"), column("virtual_env_type"),
        column("max_ram", "bigint"),
        column("__system__cmkid"), column("original", "uuid", "__originalimagename", "__originalimagename"), *DOCUMENT),
    sharp={"time": 4, "timestamp": 4, "integer": 2, "boolean": 2, "tags": 3, "object": 3, "uuid": 3, "text": 1, "id": 5,
           "name": 6, "status": 4, "visibility": 4, "min_ram": 4, "min_disk": 4, "protected": 4, "__isregistered": 3,
           "os": 4, "__os_type": 4, "architecture": 4, "__os_bit": 4, "type": 3, "enterprise_project_id": 3,
           "__whole_image": 3, "__support_kvm": 3, "xen": 3},
    keys=("__platform", "__isregistered", "__support_arm", "__productcode", "__account_code", "__image_displayname",
          "__image_location", "__unknown_member", "deleted", "__support_agent_list", "architecture", "flavor_id"),
    sent=("id", "name", "status", "owner", "min_ram", "min_disk", "created_at", "updated_at", "protected"))

CLOUDAPI = Model(
    "cloudapi",
    canonical({"id": "id", "name": "name", "version": "version", "os": "os", "type": "type", "owner": "owner",
               "size": ("files", "0", "size"), "tags": "tags", "created_at": "published_at", "visibility": "public",
               "status": "state"},
              {"status": "lower", "visibility": ("public", "private"), "tags": "pairs"}),
    columns("id name version os type description homepage owner state eula origin")
    + columns("requirements files tags error", "jsonb") + columns("public default", "boolean")
    + (column("image_size", "integer"), column("published_at", "timestamptz"), column("acl", "text[]"),
       column("files[0].compression", "text", ("files", "0", "compression")),
       column("files[0].sha1", "text", ("files", "0", "sha1")),
       column("files[0].size", "bigint", ("files", "0", "size")),
       column("error.code", "text", ("error", "code")), column("error.message", "text", ("error", "message")))
    + DOCUMENT,
    hand=(
        column("id", "uuid"), column("name", 'text COLLATE "C"'), column("label", "varchar(8)", "name", "name"),
        column("version", "varchar(20)"), column("status", "varchar(20)", "state", reads="lower"),
        column("visibility", "varchar(9)", "public", reads=("public", "private")), column("public", "boolean"),
        column("state"), column("owner", "uuid"), column("account", "text", "owner", "owner"),
        column("source", shows=SOURCE), column("size", "bigint", ("files", "0", "size")),
        column("image_size", "smallint"),
        column("created_at", "timestamp", "published_at"),
        column("born", "timestamptz", "published_at", "published_at"),
        column("day", "date", "published_at", "published_at"),
        column("tags", "text[]", reads="pairs"), column("os", 'text COLLATE "C"'), column("type", "varchar(30)"),
        column("description"), column("role", "text", ("tags", "role"), "/tags/role"),
        column("ram", "integer", ("requirements", "min_ram"), "/requirements/min_ram"),
        column("properties", "jsonb", REST), *_nothing("hidden", "min_ram", "updated_at", "checksum")),
    odd=(
        column("id", 'text COLLATE "C"'), column("name", "varchar(300)"), column("version", 'text COLLATE "C"'),
        column("os"), column("type", 'text COLLATE "C"'), column("state", "varchar(20)"), column("public"),
        column("owner"), column("published_at"), column("made", "timestamp", "published_at", "published_at"),
        column("published", "timestamptz", "published_at", "published_at"), column("image_size", "numeric"),
        column("sha1", "char(40)", ("files", "0", "sha1"), "/files/0/sha1"),
        column("bytes", "numeric", ("files", "0", "size"), "/files/0/size"),
        column("code", "text", ("error", "code"), "/error/code"), column("acl", "text[]"), column("origin", "uuid"),
        column("tags", "jsonb"), *DOCUMENT),
    sharp={"time": 3, "timestamp": 2, "integer": 2, "boolean": 5, "tags": 2, "object": 1, "uuid": 3, "text": 1, "id": 4,
           "name": 9, "version": 8, "os": 4, "type": 6, "status": 6, "state": 6, "visibility": 6, "public": 4,
           "owner": 5, "account": 4},
    keys=("requirements", "files", "acl", "homepage", "description", "origin", "error", "public", "state", "default"),
    sent=("id", "name", "version", "os", "type", "status", "state", "visibility", "public", "owner"))

MODELS = {model.api: model for model in (GLANCE, RACKSPACE_IMAGES, NOVA, RACKSPACE_SERVERS, IMS, CLOUDAPI)}
