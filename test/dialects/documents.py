"""What each API's document names: the query parameters and the members of an image."""

DOCUMENTS = {
    "glance": (
        "limit marker name owner protected status tag visibility os_hidden member_status size_max size_min created_at "
        "updated_at sort_dir sort_key sort",
        "id name status visibility owner container_format disk_format min_ram min_disk size virtual_size checksum "
        "os_hash_algo os_hash_value protected os_hidden tags created_at updated_at file self schema direct_url os_type"),
    "rackspace_images": (
        "limit marker name visibility owner size_min size_max sort_key sort_dir",
        "id name status visibility size checksum self file"),
    "nova": (
        "server name status changes-since marker limit type minDisk minRam",
        "id name status created updated progress minDisk minRam OS-EXT-IMG-SIZE:size metadata server links"),
    "rackspace_servers": (
        "server name status changes-since marker limit type minDisk minRam",
        "id name status created updated progress minDisk minRam OS-EXT-IMG-SIZE:size OS-DCF:diskConfig metadata server "
        "links"),
    "ims": (
        "__isregistered __imagetype __whole_image __system__cmkid protected visibility owner id status name "
        "container_format disk_format min_ram min_disk __os_bit __platform marker limit sort_key sort_dir __os_type "
        "tag member_status __support_kvm __support_xen __support_largememory __support_diskintensive "
        "__support_highperformance __support_xen_gpu_type __support_kvm_gpu_type __support_xen_hana "
        "__support_kvm_infiniband virtual_env_type enterprise_project_id created_at updated_at",
        "file owner id size self schema status tags visibility name checksum protected container_format min_ram max_ram "
        "updated_at __os_bit __os_version __description disk_format __isregistered __platform __os_type min_disk "
        "virtual_env_type __image_source_type __imagetype created_at virtual_size __originalimagename __backup_id "
        "__image_size __data_origin __lazyloading active_at __os_feature_list __support_kvm __support_xen "
        "__support_largememory __support_diskintensive __support_highperformance __support_xen_gpu_type "
        "__support_kvm_gpu_type __support_xen_hana __support_kvm_infiniband enterprise_project_id __root_origin "
        "__sequence_num __support_fc_inject hw_firmware_type hw_vif_multiqueue_enabled __system__cmkid __support_amd "
        "__support_kvm_hi1822_hisriov __support_kvm_hi1822_hivirtionet"),
    "cloudapi": (
        "name os version public state owner type",
        "id name os version type requirements homepage files files[0].compression files[0].sha1 files[0].size "
        "published_at owner public state tags eula acl error error.code error.message"),
}


def parameters(api):
    return DOCUMENTS[api][0].split()


def members(api):
    return DOCUMENTS[api][1].split()
