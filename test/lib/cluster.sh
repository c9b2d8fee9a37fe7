#!/bin/bash
# A private PostgreSQL cluster: cluster.sh start DIR [setting=value...] | standby DIR [setting=value...] | stop DIR
# start prints the environment that reaches it (kept in DIR/env). standby does the same for a streaming hot standby of
# the cluster that PGHOST and PGPORT lead to. Nothing outside DIR is touched.
set -euo pipefail
# shellcheck source=test/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="usage: cluster.sh start|standby DIR [setting=value...] | stop DIR"
[ $# -ge 2 ] || die "$usage"
action=$1 folder=$(realpath -m "$2")
shift 2
bin=$("$PG_CONFIG" --bindir)

pg() { (cd / && "${AS_SERVER[@]}" "$bin/$1" "${@:2}"); }

# Local connections are trusted, for only the owner (and root) can enter the folder; TCP ones need the password.
create() {
	server_folder "$folder"
	(umask 077 && cat /proc/sys/kernel/random/uuid >"$folder/password")
	chown "$server_user" "$folder/password"
	pg initdb -D "$folder/data" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
		--auth-local=trust --auth-host=scram-sha-256 --pwfile="$folder/password" >"$folder/initdb.log"
	echo "127.0.0.1:$port:*:postgres:$(cat "$folder/password")" >"$folder/pgpass"
	chmod 600 "$folder/pgpass"
	{
		printf "%s\n" "listen_addresses = '127.0.0.1'" "port = $port" "unix_socket_directories = '$folder'" \
			"fsync = off" "synchronous_commit = off" "full_page_writes = off" "shared_buffers = 64MB" \
			"max_prepared_transactions = 10" "timezone = 'UTC'" "log_min_messages = warning" \
			"log_line_prefix = '%m [%p] %q%a '"
		for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'"; done
	} >>"$folder/data/postgresql.conf"
}

# The copy of postgresql.conf has what create wrote there; the last line of a setting counts.
copy() {
	server_folder "$folder"
	pg pg_basebackup -D "$folder/data" -R --checkpoint=fast --no-sync \
		-d "host='$PGHOST' port=$PGPORT user=postgres" >"$folder/basebackup.log" 2>&1 ||
		die "no copy was made: $(cat "$folder/basebackup.log")"
	{
		printf "%s\n" "port = $port" "unix_socket_directories = '$folder'"
		for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'"; done
	} >>"$folder/data/postgresql.conf"
}

environment() {
	echo "unset PGHOSTADDR PGSERVICE PGOPTIONS PGPASSWORD PGSSLMODE PGREQUIREAUTH"
	echo "export PGHOST='$folder' PGPORT=$port PGUSER=postgres PGDATABASE=postgres PGPASSFILE='$folder/pgpass'"
}

case $action in
	start | standby)
		[ ! -e "$folder/data" ] || die "$folder already has a cluster"
		[ ${#folder} -lt 85 ] || die "$folder: too long a path for a socket"
		port=$(free_ports 1)
		if [ "$action" = start ]; then create "$@"; else copy "$@"; fi
		pg pg_ctl start -w -D "$folder/data" -l "$folder/log" >"$folder/pg_ctl.log" 2>&1 </dev/null ||
			die "the cluster did not start: $(cat "$folder/pg_ctl.log" "$folder/log")"
		environment | tee "$folder/env"
		;;
	stop)
		[ -e "$folder/data/postmaster.pid" ] || exit 0
		pg pg_ctl stop -w -t 20 -m fast -D "$folder/data" >/dev/null 2>&1 ||
			pg pg_ctl stop -w -t 20 -m immediate -D "$folder/data" >/dev/null 2>&1 ||
			! pg pg_ctl status -D "$folder/data" >/dev/null || die "the cluster in $folder does not stop"
		;;
	*) die "$usage" ;;
esac
