# shellcheck shell=bash
# Sourced by demo/run and demo/stop: the folder that remembers the running demo. Somebody else's is refused.

state=${TMPDIR:-/tmp}/imagecat-demo-$(id -un)
if [ -e "$state" ] || [ -L "$state" ]; then
	if [ -L "$state" ] || [ ! -O "$state" ]; then die "$state is not yours"; fi
fi
