#!/usr/bin/env bash
# dns.sh: crawls names that two real name servers give, dnsmasq and unbound, in both modes, and checks the records:
# addresses of both families, aliases, an answer that is too large for a datagram, names that do not exist or have no
# address, a server that refuses, and 20,000 names under wildcards (a tenth of them on goroutines).
#
# It installs dnsmasq-base and unbound when they are missing (Debian, as root), and starts them on free ports of
# loopback with data of their own: nothing leaves the machine. Needs bin/crawl (`make test-dns` builds it). DNS_NAMES is
# the number of names under the wildcards; how fast names are resolved is for the benchmark (internal/dns, Lookups).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
. .ci/debian.sh

names=${DNS_NAMES:-20000}
# Each name is a connection of its own, and each address of the test web has ports of its own for them: on one address,
# connect(2) would soon spend most of the time in looking for a port that has had no connection for a minute.
hosts=100 # 127.0.1.1 to 127.0.1.100
server_limit=600 # seconds after which a server ends by itself, whatever becomes of this script
crawl_limit=240  # seconds for one crawl

die() { echo "test-dns: $*" >&2; exit 1; }

work=$(mktemp -d)
pids=()
finish() {
	for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# have COMMAND PACKAGE
have() {
	command -v "$1" >/dev/null || { command -v apt-get >/dev/null && debian_install test-dns "$work/apt.log" "$2"; } || {
		echo "SKIPPED: test-dns: $1 is missing and $2 could not be installed: this needs Debian, and root or sudo"
		return 1
	}
}

# start COMMAND…: in the background, for a limited time; sets pid.
start() {
	timeout -k 5 $server_limit "$@" </dev/null >>"$work/servers.log" 2>&1 &
	pid=$!
	pids+=("$pid")
}

# answering PORT: a name server has begun to listen there, over TCP, and pid is alive.
answering() {
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || return 1
		! (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# large prints all addresses of the test web: they take 1,600 bytes, which is no datagram any more.
large() { seq -f '127.0.1.%g' "$hosts"; }

# wild FORMAT prints the configuration of each wildcard: its number and the last byte of its address are the same.
wild() {
	local i
	for i in $(seq "$hosts"); do printf "${1//%s/$i}"; done
}

dnsmasq_on() {
	{
		cat <<-END
			no-resolv
			no-hosts
			no-daemon
			bind-interfaces
			listen-address=127.0.0.1
			port=$1
			pid-file=
			user=$(id -un)
			local=/test/
			local-ttl=60
			host-record=a.test,127.0.1.1
			host-record=both.test,127.0.1.1,::1
			host-record=real.test,127.0.1.1
			cname=alias.test,real.test
			txt-record=nodata.test,text
		END
		wild 'address=/wild%s.test/127.0.1.%s\n'
		large | sed 's/^/host-record=large.test,/'
	} >"$work/dnsmasq.conf"
	start dnsmasq -C "$work/dnsmasq.conf"
}

unbound_on() {
	{
		cat <<-END
			server:
			  interface: 127.0.0.1
			  port: $1
			  do-daemonize: no
			  username: ""
			  chroot: ""
			  directory: "$work"
			  pidfile: ""
			  use-syslog: no
			  verbosity: 0
			  module-config: "iterator"
			  do-not-query-localhost: yes
			  access-control: 127.0.0.0/8 allow
			  local-zone: "test." static
			  local-data: "test. 60 IN SOA ns.test. root.test. 1 2 3 4 60"
			  local-data: "a.test. 60 IN A 127.0.1.1"
			  local-data: "both.test. 60 IN A 127.0.1.1"
			  local-data: "both.test. 60 IN AAAA ::1"
			  local-data: "real.test. 60 IN A 127.0.1.1"
			  local-data: "alias.test. 60 IN CNAME real.test."
			  local-data: "nodata.test. 60 IN TXT text"
			  local-zone: "refused.test." refuse
		END
		wild '  local-zone: "wild%s.test." redirect\n  local-data: "wild%s.test. 60 IN A 127.0.1.%s"\n'
		large | sed 's/.*/  local-data: "large.test. 60 IN A &"/'
		echo 'remote-control:'
		echo '  control-enable: no'
	} >"$work/unbound.conf"
	start unbound -d -c "$work/unbound.conf"
}

# begin NAME: starts a server on a free port, and sets port.
begin() {
	for port in $(shuf -i 20000-30000 -n 5); do
		"$1_on" "$port"
		! answering "$port" || return 0
	done
	cat "$work/servers.log" >&2
	die "$1 did not start"
}

# want NUMBER PATTERN WHAT: so many records match.
want() {
	local n
	n=$(grep -cE "$2" "$work/records.jsonl" || true)
	[ "$n" = "$1" ] || { head -n 20 "$work/records.jsonl" >&2; die "$server, --mode $mode: $n records are $3, not $1"; }
}

# crawl LIST [FLAG…]
crawl() {
	local list=$1 code=0
	shift
	timeout $crawl_limit bin/crawl run -i "$list" -o "$work/records.jsonl" --mode "$mode" --dns-server "127.0.0.1:$port" --fail-on none "$@" 2>"$work/crawl.err" || code=$?
	[ $code = 0 ] || { cat "$work/crawl.err" >&2; die "$server, --mode $mode: crawl ended with $code"; }
}

check() {
	local refused=dns.nxdomain began count
	[ "$server" != unbound ] || refused=dns.refused
	for mode in loop goroutine; do
		crawl "$work/few" --retries 0
		want 5 '"url":"http://(a|both|alias|real|large)\.test:.*"status":200,"class":"ok"' "whole: A, AAAA, CNAME, and what needs TCP"
		want 1 '"url":"http://missing\.test:.*"class":"dns.nxdomain"' "of a name that does not exist"
		want 1 '"url":"http://nodata\.test:.*"class":"dns.nodata"' "of a name without an address"
		want 1 '"url":"http://x\.refused\.test:.*"class":"'$refused'"' "of class $refused"
		began=$(date +%s%N)
		count=$names
		[ $mode = loop ] || count=$(((names + 9) / 10))
		head -n "$count" "$work/many" >"$work/some"
		crawl "$work/some" -c 500 -q
		want "$count" '"status":200,"class":"ok"' "whole: names under the wildcard"
		echo "test-dns: $server, --mode $mode: all is as it must be; $count names in $((($(date +%s%N) - began) / 1000000)) ms"
	done
}

[ -x bin/crawl ] || die "bin/crawl is missing: make build"
timeout -k 5 $server_limit bin/crawl origin --addresses $hosts </dev/null >"$work/origin" 2>>"$work/servers.log" &
pids+=($!)
for _ in $(seq 100); do
	[ ! -s "$work/origin" ] || break
	sleep 0.1
done
web=$(sed -nE '1s,^http://127\.0\.1\.1:([0-9]+).*,\1,p' "$work/origin")
[ -n "$web" ] || die "the test web did not start"
for host in a both alias real large missing nodata x.refused; do echo "http://$host.test:$web/p/0"; done >"$work/few"
for i in $(seq "$names"); do echo "http://n$i.wild$((i % hosts + 1)).test:$web/p/0"; done >"$work/many"
checked=
for entry in "dnsmasq dnsmasq-base" "unbound unbound"; do
	read -r server package <<<"$entry"
	have "$server" "$package" || continue
	begin "$server"
	check
	checked=1
done
[ -n "$checked" ] || exit 0
echo "test-dns: every record is as it must be"
