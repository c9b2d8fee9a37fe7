# shellcheck shell=bash
# Sourced by the scripts that start OpenStack servers: how a Glance is configured, filled with tables and started, and
# what is the same for every server. The caller has sourced test/lib/common.sh and set $here and $folder.
# shellcheck disable=SC2154

# add_sign_in fakeauth|KEYSTONE_URL PASTE_FILE CONFIG_FILE [LINE...]: the filter that the pipelines call "signin"
add_sign_in() {
	if [ "$1" = fakeauth ]; then
		cp "$here/fakeauth.py" "$(dirname "$2")"
		printf '\n%s\n' '[filter:signin]' 'paste.filter_factory = fakeauth:filter_factory' >>"$2"
		return
	fi
	printf '\n%s\n' '[filter:signin]' >>"$2"
	printf '%s\n' 'paste.filter_factory = keystonemiddleware.auth_token:filter_factory' "${@:4}" >>"$2"
	cat >>"$3" <<-CONF
		[keystone_authtoken]
		www_authenticate_uri = $1/v3
		auth_url = $1/v3
		auth_type = password
		username = svc
		password = svcpw
		project_name = service
		user_domain_id = default
		project_domain_id = default
		service_token_roles_required = false
	CONF
}

# configure_glance NAME PORT DATABASE_URL fakeauth|KEYSTONE_URL: a folder with all that one Glance reads
configure_glance() {
	local own=$folder/$1
	server_folder "$own"
	mkdir "$own/store" "$own/staging"
	cp "$here/glance-api-paste.ini" "$own"
	echo '{}' >"$own/policy.yaml"
	cat >"$own/glance-api.conf" <<-CONF
		[DEFAULT]
		bind_host = 127.0.0.1
		bind_port = $2
		workers = 0
		log_file = $own/glance-api.log
		state_path = $own
		node_staging_uri = file://$own/staging
		[database]
		connection = $3
		[glance_store]
		stores = file
		default_store = file
		filesystem_store_datadir = $own/store
		[oslo_policy]
		policy_file = $own/policy.yaml
		[paste_deploy]
		config_file = $own/glance-api-paste.ini
	CONF
	# Debian too leaves a caller without a token to Glance
	add_sign_in "$4" "$own/glance-api-paste.ini" "$own/glance-api.conf" 'delay_auth_decision = true'
	chown -R "$server_user" "$own"
}

# create_tables NAME: those of the configured Glance
create_tables() {
	local own=$folder/$1
	"${AS_SERVER[@]}" glance-manage --config-file "$own/glance-api.conf" db_sync >"$own/db_sync.log" 2>&1 ||
		die "$1: no tables: $(tail -n 5 "$own/db_sync.log")"
}

# run_glance NAME PORT
run_glance() {
	local own=$folder/$1
	start_service "$own/pid" "$own/server.log" "${AS_SERVER[@]}" "PYTHONPATH=$own" \
		/usr/bin/python3 -m glance.cmd.api --config-file "$own/glance-api.conf"
	wait_for_port "$2" "$own/pid" "$own/server.log"
}

# run_uwsgi NAME PORT SCRIPT SETTING...: a WSGI script as Debian deploys it, without Content-Length and with a
# connection for each request, but in one small process
run_uwsgi() {
	local own=$folder/$1
	start_service "$own/pid" "$own/server.log" "${AS_SERVER[@]}" "PYTHONPATH=$own" "${@:4}" \
		uwsgi_python3 --plugins python3 --master --die-on-term --lazy-apps --enable-threads --processes 1 --threads 4 \
		--buffer-size 65535 --rem-header Content-Length --add-header 'Connection: close' --socket-timeout 10 \
		--http-socket "127.0.0.1:$2" --wsgi-file "$3"
	wait_for_port "$2" "$own/pid" "$own/server.log"
}
