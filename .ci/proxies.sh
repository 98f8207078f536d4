#!/usr/bin/env bash
# proxies.sh: crawls the test web by the proxies that people have (tinyproxy, squid, microsocks, dante), in both modes,
# and compares every record with one of a crawl without a proxy: status, class, length, SHA-256. Each record has to
# name the proxy, and the proxy's own log has to have as many requests. The same with https:// through tunnels. Then
# what the proxies refuse: wrong passwords, forbidden ports, servers that are not there. Of proxies that speak TLS
# themselves none is here.
#
# What is missing is installed with apt-get if that can be, else SKIPPED, which is said. The proxies are plain processes
# with files of their own in a temporary folder, on free ports of loopback; they end with the script, and by
# themselves after some minutes whatever becomes of it. Needs bin/crawl (`make test-proxies` builds it), and timeout.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
. .ci/debian.sh

crawl_limit=60   # seconds for one crawl
server_limit=600 # seconds after which a proxy or the test web ends by itself
urls=200
skipped=0

die() { echo "test-proxies: $*" >&2; exit 1; }
skip() { echo "SKIPPED: test-proxies: $*"; skipped=1; }

work=$(mktemp -d)
chmod 711 "$work" # squid and dante give up being root
. .ci/servers.sh

# have PROGRAM PACKAGE: it is there, or can be installed.
have() {
	command -v "$1" >/dev/null && return
	command -v apt-get >/dev/null || { skip "$1: it is missing, and there is no apt-get"; return 1; }
	debian_install test-proxies "$work/apt.log" "$2" || { skip "$2 could not be installed"; return 1; }
}

listening() { (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start NAME CONFIGURE COMMAND...: tries ports until one is free; CONFIGURE PORT writes the configuration, and PORT in
# the command is that port. It sets port.
start() {
	local name=$1 configure=$2 pid
	shift 2
	for port in $(shuf -i 20000-30000 -n 5); do
		! listening "$port" || continue
		$configure "$port"
		timeout -k 5 $server_limit "${@/PORT/$port}" </dev/null >"$work/$name.out" 2>&1 &
		pid=$!
		pids[$name]=$pid
		for _ in $(seq 200); do
			kill -0 "$pid" 2>/dev/null || break
			! listening "$port" || { echo "test-proxies: $name at 127.0.0.1:$port"; return 0; }
			sleep 0.05
		done
		stop "$name"
	done
	cat "$work/$name.out" >&2
	die "$name did not start"
}

# essence FILE: what is the same by whatever way a page comes.
essence() {
	sed -E 's/^\{"url":"([^"]*)","status":([0-9]+),"class":"([a-z_.]*)",.*"bytes_body":([0-9]+),"digest":"([^"]*)",.*$/\1 \2 \3 \4 \5/' "$1" | LC_ALL=C sort
}

# run CODE ARG...: crawl run ends with that code, records in $work/records.jsonl.
run() {
	local want=$1 got=0
	shift
	rm -f "$work/records.jsonl"
	timeout $crawl_limit bin/crawl run -q -o "$work/records.jsonl" "$@" 2>"$work/crawl.err" || got=$?
	[ "$got" = "$want" ] || { cat "$work/crawl.err" >&2; head -n 3 "$work/records.jsonl" >&2; die "crawl run $*: ended with $got, not $want"; }
	! grep -qF "$password" "$work/records.jsonl" "$work/crawl.err" || die "crawl run $*: the password is in the output"
}

# counted FILE PATTERN: how many lines of a log match.
counted() { grep -cE "$2" "$1" 2>/dev/null || true; }

# same NAME PROXY LOG PATTERN LEAST ARG...: the list by the proxy is what it is without one, and the log gets LEAST more
# lines, or one for each connection as the case may be. Logs may be written late. list is the name of the list.
same() {
	local name=$1 proxy=$2 log=$3 pattern=$4 least=$5 mode before
	shift 5
	for mode in loop goroutine; do
		before=$(counted "$log" "$pattern")
		run 0 -i "$work/$list" -c 20 --digest sha256 --mode $mode -x "$proxy" "$@"
		essence "$work/records.jsonl" | cmp -s - "$work/$list.direct" || { essence "$work/records.jsonl" | diff - "$work/$list.direct" | head -n 5 >&2; die "$name, --mode $mode: the records are not those of a direct crawl"; }
		[ "$(grep -cF "\"proxy\":\"${proxy%%://*}://127.0.0.1:$port\"" "$work/records.jsonl")" = "$urls" ] || die "$name, --mode $mode: not every record names the proxy"
		for _ in $(seq 100); do
			[ $(($(counted "$log" "$pattern") - before)) -lt "$least" ] || break
			sleep 0.1
		done
		[ $(($(counted "$log" "$pattern") - before)) -ge "$least" ] || die "$name, --mode $mode: its log has $(($(counted "$log" "$pattern") - before)) lines more, want $least"
		echo "test-proxies: $name, --mode $mode: $urls records agree; its log has $(($(counted "$log" "$pattern") - before)) lines more"
	done
}

# class WANT ARG...: a URL by a proxy ends with that class, in both modes.
class() {
	local want=$1 mode
	shift
	for mode in loop goroutine; do
		run 3 --retries 0 --mode $mode "$@"
		grep -qF "\"class\":\"$want\"" "$work/records.jsonl" || { cat "$work/records.jsonl" >&2; die "crawl run $*: the class is not $want"; }
	done
	echo "test-proxies: $want: $(sed -E 's/.*"error":"(([^"\\]|\\.)*)".*/\1/' "$work/records.jsonl")"
}

password=geheim
nothing() { :; }

tinyproxy_configuration() {
	cat >"$work/tinyproxy.conf" <<-END
		Port $1
		Listen 127.0.0.1
		Timeout 60
		MaxClients 100
		LogFile "$work/tinyproxy.log"
		LogLevel Info
		$tinyproxy_auth
	END
	: >"$work/tinyproxy.log"
}

test_tinyproxy() {
	tinyproxy_auth=
	start tinyproxy tinyproxy_configuration tinyproxy -d -c "$work/tinyproxy.conf"
	same "tinyproxy" "http://127.0.0.1:$port" "$work/tinyproxy.log" 'Request .*: GET http://' $urls
	same "tinyproxy, tunnels" "http://127.0.0.1:$port" "$work/tinyproxy.log" 'Request .*: CONNECT ' "$addresses" -p
	class proxy.failed "http://127.0.0.1:1/" -x "127.0.0.1:$port" -p
	stop tinyproxy
	tinyproxy_auth="BasicAuth me $password"
	start tinyproxy tinyproxy_configuration tinyproxy -d -c "$work/tinyproxy.conf"
	same "tinyproxy with a password" "http://me:$password@127.0.0.1:$port" "$work/tinyproxy.log" 'Request .*: GET http://' $urls
	class proxy.auth "$origin/p/0" -x "me:wrong@127.0.0.1:$port" -p # it answers 401 to that
	class proxy.auth "$origin/p/0" -x "127.0.0.1:$port"
	class proxy.auth "$secure_origin/p/0" -x "127.0.0.1:$port"
	secure "tinyproxy with a password" "http://me:$password@127.0.0.1:$port" "$work/tinyproxy.log" 'Request .*: CONNECT '
	stop tinyproxy
}

squid_configuration() {
	cat >"$work/squid.conf" <<-END
		http_port 127.0.0.1:$1
		pid_filename $work/squid/pid
		access_log stdio:$work/squid/access.log
		cache_log $work/squid/cache.log
		cache_store_log none
		coredump_dir $work/squid
		cache deny all
		shutdown_lifetime 1 seconds
		logfile_rotate 0
		auth_param basic program $ncsa $work/squid/users
		auth_param basic children 1
		acl known proxy_auth REQUIRED
		acl forbidden port 9
		http_access deny !known
		http_access deny forbidden
		http_access allow all
	END
	: >"$work/squid/access.log"
	chmod 666 "$work/squid/access.log"
}

test_squid() {
	ncsa=/usr/lib/squid/basic_ncsa_auth
	[ -x $ncsa ] || { skip "squid: there is no $ncsa"; return; }
	command -v openssl >/dev/null || { skip "squid: openssl is missing, which makes its file of passwords"; return; }
	mkdir -p "$work/squid"
	chmod 777 "$work/squid"
	echo "me:$(openssl passwd -apr1 "$password")" >"$work/squid/users"
	start squid squid_configuration squid -N -f "$work/squid.conf"
	same "squid with a password" "http://me:$password@127.0.0.1:$port" "$work/squid/access.log" ' GET http://' $urls
	same "squid with a password, tunnels" "http://me:$password@127.0.0.1:$port" "$work/squid/access.log" ' CONNECT ' "$addresses" -p
	class proxy.auth "$origin/p/0" -x "me:wrong@127.0.0.1:$port"
	class proxy.auth "$origin/p/0" -x "127.0.0.1:$port" -p
	class proxy.refused "http://127.0.0.1:9/" -x "me:$password@127.0.0.1:$port" -p
	class proxy.failed "http://127.0.0.1:1/" -x "me:$password@127.0.0.1:$port" -p
	class proxy.auth "$secure_origin/p/0" -x "me:wrong@127.0.0.1:$port"
	class proxy.refused "https://127.0.0.1:9/" -x "me:$password@127.0.0.1:$port"
	secure "squid with a password" "http://me:$password@127.0.0.1:$port" "$work/squid/access.log" ' CONNECT '
	stop squid
}

test_microsocks() {
	start microsocks nothing microsocks -i 127.0.0.1 -p PORT -u me -P $password
	same "microsocks with a password, socks5" "socks5://me:$password@127.0.0.1:$port" "$work/microsocks.out" 'connected to' "$addresses"
	same "microsocks with a password, socks5h" "socks5h://me:$password@127.0.0.1:$port" "$work/microsocks.out" 'connected to' "$addresses"
	by_name "socks5h://me:$password@127.0.0.1:$port"
	class proxy.auth "$origin/p/0" -x "socks5h://me:wrong@127.0.0.1:$port"
	class proxy.auth "$origin/p/0" -x "socks5h://127.0.0.1:$port"
	class connect.refused "http://127.0.0.1:1/" -x "socks5h://me:$password@127.0.0.1:$port"
	class proxy.protocol "$origin/p/0" -x "http://127.0.0.1:$port" -p --timeout 5s --connect-timeout 5s
	secure "microsocks with a password, socks5" "socks5://me:$password@127.0.0.1:$port" "$work/microsocks.out" 'connected to'
	secure "microsocks with a password, socks5h" "socks5h://me:$password@127.0.0.1:$port" "$work/microsocks.out" 'connected to'
	stop microsocks
}

dante_configuration() {
	cat >"$work/danted.conf" <<-END
		logoutput: $work/danted.log
		internal: 127.0.0.1 port = $1
		external: lo
		clientmethod: none
		socksmethod: none
		user.privileged: root
		user.unprivileged: nobody
		client pass { from: 127.0.0.0/8 to: 0/0 }
		socks block { from: 0/0 to: 0/0 port = 9 log: connect }
		socks pass { from: 0/0 to: 0/0 log: connect }
	END
	: >"$work/danted.log"
	chmod 666 "$work/danted.log"
}

test_dante() {
	[ "$(id -u)" = 0 ] || { skip "dante: it wants to be started by root"; return; }
	start dante dante_configuration danted -f "$work/danted.conf" -p "$work/danted.pid"
	same "dante, socks5" "socks5://127.0.0.1:$port" "$work/danted.log" 'pass\([0-9]+\): tcp/connect \[' "$addresses"
	same "dante, socks5h" "socks5h://127.0.0.1:$port" "$work/danted.log" 'pass\([0-9]+\): tcp/connect \[' "$addresses"
	by_name "socks5h://127.0.0.1:$port"
	class proxy.refused "http://127.0.0.1:9/" -x "socks5h://127.0.0.1:$port"
	class connect.refused "http://127.0.0.1:1/" -x "socks5h://127.0.0.1:$port"
	secure "dante, socks5" "socks5://127.0.0.1:$port" "$work/danted.log" 'pass\([0-9]+\): tcp/connect \['
	secure "dante, socks5h" "socks5h://127.0.0.1:$port" "$work/danted.log" 'pass\([0-9]+\): tcp/connect \['
	stop dante
}

# by_name PROXY: it resolves a name.
by_name() {
	run 0 "$local_origin/p/0" -x "$1"
	grep -qF '"status":200,"class":"ok"' "$work/records.jsonl" || die "$local_origin by ${1##*@}: $(cat "$work/records.jsonl")"
}

# secure NAME PROXY LOG PATTERN ARG...: https:// through tunnels, too. The proxy has no say in whom we take for the server.
secure() {
	local list=secure
	same "$1, https" "$2" "$3" "$4" "$addresses" --cacert "$work/cert.pem" "${@:5}"
	class tls.authority "$secure_origin/p/0" -x "$2"
}

# serve NAME ARG...: starts a test web.
serve() {
	local name=$1
	shift
	timeout -k 5 $server_limit bin/crawl origin "$@" </dev/null >"$work/$name.url" 2>"$work/$name.err" &
	pids[$name]=$!
	for _ in $(seq 200); do
		[ ! -s "$work/$name.url" ] || return 0
		kill -0 "${pids[$name]}" 2>/dev/null || break
		sleep 0.05
	done
	cat "$work/$name.err" >&2
	die "the test web did not start"
}
origin_of() { grep -oE '^https?://[^/]+' "$work/$1.url"; }

command -v timeout >/dev/null || { skip "timeout is missing"; exit 0; }
[ -x bin/crawl ] || die "bin/crawl is missing: make build"
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

addresses=8
list=plain
serve origin --addresses $addresses --pages 100 --size 200-20000 --list "$work/plain" --urls $urls
serve secure --addresses $addresses --pages 100 --size 200-20000 --list "$work/secure" --urls $urls --tls "$work/cert.pem"
serve local
origin=$(origin_of origin)
secure_origin=$(origin_of secure)
local_origin=http://localhost:$(origin_of local | sed 's/.*://') # a name, for the proxy to resolve
for what in plain secure; do
	run 0 -i "$work/$what" -c 20 --digest sha256 --cacert "$work/cert.pem"
	essence "$work/records.jsonl" >"$work/$what.direct"
	[ "$(grep -c ' 200 ok [0-9]* sha256:' "$work/$what.direct")" = $urls ] || die "the test web ($what) is not whole without a proxy"
done

! have tinyproxy tinyproxy || test_tinyproxy
! have squid squid || test_squid
! have microsocks microsocks || test_microsocks
! have danted dante-server || test_dante
class timeout.proxy "$origin/p/0" -x "https://${origin#http://}" --connect-timeout 1s # it speaks no TLS, and waits
class proxy.connect "$origin/p/0" -x "https://${secure_origin#https://}" # nobody we trust stands behind it
[ $skipped = 0 ] || echo "test-proxies: something was SKIPPED, see above"
echo "test-proxies: every record agrees"
