# shellcheck shell=bash
# Sourced by the shell scripts under test/: messages, work folders, the unprivileged user, ports, background services.
# A service is known by a file with its pid and start time, so that no other process is ever taken for it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PG_MAJOR=${PG_MAJOR:-15}
export PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$PG_MAJOR/bin/pg_config}

say() { printf '%s\n' "$*"; }

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# Database servers refuse to run as root. AS_SERVER also leaves the caller's environment behind, proxies above all.
if [ "$(id -u)" = 0 ]; then
	server_user=postgres
	AS_SERVER=(setpriv --reuid=postgres --regid=postgres --init-groups env -i HOME=/ USER=postgres)
else
	server_user=$(id -un)
	AS_SERVER=(env -i "HOME=$HOME" "USER=$server_user")
fi
AS_SERVER+=(PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8)

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		die "only root can do this. Run:  sudo $*"
	fi
}

# A new folder that the server user can enter; short enough for a socket's path.
new_work_folder() {
	local folder parent
	for parent in "${TMPDIR:-/tmp}" /tmp; do
		folder=$(mktemp -d "$parent/imagecat-XXXXXX")
		chmod 711 "$folder"
		if [ ${#folder} -lt 60 ] && "${AS_SERVER[@]}" test -x "$folder" 2>/dev/null; then
			echo "$folder"
			return
		fi
		rmdir "$folder"
	done
	die "no folder for temporary files that user $server_user can enter"
}

# Makes a folder of the server user's own.
server_folder() { (umask 077 && mkdir -p "$1" && chown "$server_user" "$1"); }

# Free loopback ports, below those that the kernel hands out to clients.
free_ports() {
	/usr/bin/python3 - "$1" <<-'PYTHON'
		import random, socket, sys
		held = []
		for port in random.sample(range(20000, 32000), 1000):
		    with_port = socket.socket()
		    try:
		        with_port.bind(("127.0.0.1", port))
		    except OSError:
		        continue
		    held.append(with_port)
		    if len(held) == int(sys.argv[1]):
		        break
		print(*(s.getsockname()[1] for s in held))
	PYTHON
}

# Empty for a process that is gone or only waits to be reaped.
start_time_of() { sed -n 's/.*) \([^Z]\) /\1 /p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# start_service PIDFILE LOG COMMAND...
start_service() {
	local pidfile=$1 log=$2 pid
	shift 2
	(cd / && exec setsid "$@") >"$log" 2>&1 </dev/null &
	pid=$!
	echo "$pid $(start_time_of "$pid")" >"$pidfile"
}

is_running() {
	local pid started
	[ -f "$1" ] || return 1
	read -r pid started <"$1"
	[ -n "$started" ] && [ "$(start_time_of "$pid")" = "$started" ]
}

# stop_service PIDFILE: asks it, with all that it started, to end; insists after ten seconds.
stop_service() {
	local pid
	if is_running "$1"; then
		read -r pid _ <"$1"
		kill -TERM -- "-$pid" 2>/dev/null || true
		for _ in $(seq 100); do
			is_running "$1" || break
			sleep 0.1
		done
		kill -KILL -- "-$pid" 2>/dev/null || true
	fi
	rm -f "$1"
}

# wait_for_port PORT PIDFILE LOG
wait_for_port() {
	local deadline=$((SECONDS + 60))
	until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
		if ! is_running "$2" || [ $SECONDS -gt $deadline ]; then
			tail -n 20 "$3" >&2
			die "nothing listens on port $1 (log: $3)"
		fi
		sleep 0.1
	done
}

# Compiles and installs the extension. The lock is for two runs at once on one tree.
build_extension() {
	(
		unset MAKEFLAGS MFLAGS MAKELEVEL
		exec 9<"$root/Makefile"
		flock 9
		make -s -C "$root" -j "$(nproc)" all
		as_root make -s -C "$root" PG_CONFIG="$PG_CONFIG" install
	)
}
