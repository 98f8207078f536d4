# debian.sh: for the scripts beside it, which source it: how they install what they test against.

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# debian_install SCRIPT LOG PACKAGE: says so, and fails with the end of LOG if it cannot. It keeps Debian from starting the
# server that it installs: policy-rc.d is how one says so.
debian_install() {
	echo "$1: INSTALLING $3 with apt-get"
	local policy=/usr/sbin/policy-rc.d ours= failed=0
	as_root true 2>/dev/null || return 1
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null && as_root chmod 755 $policy && ours=1
	fi
	{ as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "$3"; } >"$2" 2>&1 || failed=1
	[ -z "$ours" ] || as_root rm -f $policy
	[ $failed = 0 ] || tail -n 20 "$2" >&2
	return $failed
}
