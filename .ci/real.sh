#!/usr/bin/env bash
# real.sh: crawls two real sites, documentation packages of Debian behind nginx on loopback, in both
# modes, and compares every record with the files on disk (.ci/realcheck.go): status, length, SHA-256.
#
# It installs nginx-light when there is no nginx, and nothing else: the packages are downloaded and
# unpacked in a temporary folder, which goes when the script ends. So does nginx.
# Needs bin/crawl (`make test-real` builds it), and apt-get, dpkg-deb, timeout: Debian or its kin.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
. .ci/debian.sh

# name | loopback address | package | version that the table of truth was taken from | root in the package
sites='python|127.0.1.1|python3.11-doc|3.11.2-6+deb12u9|usr/share/doc/python3.11/html
git|127.0.1.7|git-doc|1:2.39.5-0+deb12u3|usr/share/doc/git-doc'

truth=../shared/suites/sites # NAME.pages.tsv.gz, kept beside the repository where they are kept at all
truth_nginx=nginx/1.22.1     # the server the tables were made with: bodies of errors are its own
crawl_limit=120              # seconds for one crawl of one site
nginx_limit=900              # seconds after which nginx ends by itself, whatever becomes of this script

die() { echo "test-real: $*" >&2; exit 1; }

work=$(mktemp -d)
nginx=
finish() {
	[ -z "$nginx" ] || stop_nginx
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# stop_nginx asks, waits five seconds at most, and then insists.
stop_nginx() {
	kill -TERM "$nginx" 2>/dev/null || true
	for _ in $(seq 50); do
		kill -0 "$nginx" 2>/dev/null || break
		sleep 0.1
	done
	! kill -0 "$nginx" 2>/dev/null || kill -KILL "$(cat "$work/nginx.pid")" "$nginx" 2>/dev/null || true
	wait "$nginx" 2>/dev/null || true
	nginx=
}

# unpack PACKAGE VERSION downloads that version, or the one there is, into $work/PACKAGE.
unpack() {
	echo "test-real: downloading $1 (it is not installed)"
	(
		cd "$work"
		apt-get download -q "$1=$2" || apt-get download -q "$1" ||
			{ as_root apt-get update -q && apt-get download -q "$1"; }
	) >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; die "$1 could not be downloaded"; }
	dpkg-deb -x "$work/$1"_*.deb "$work/$1"
}

# configuration PORT
configuration() {
	local address package root
	[ "$(id -u)" != 0 ] || echo "user $(id -un) $(id -gn);" # its workers have to read a private folder
	cat <<-END
		worker_processes 1;
		daemon off;
		pid $work/nginx.pid;
		error_log $work/error.log crit;
		events { worker_connections 1024; }
		http {
			include /etc/nginx/mime.types;
			default_type application/octet-stream;
			access_log off;
			keepalive_requests 100000;
			client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
			uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
	END
	while IFS='|' read -r _ address package _ root; do
		echo "server { listen $address:$1; root \"$work/$package/$root\"; index index.html; }"
	done <<<"$sites"
	echo '}'
}

# start_nginx tries ports until one is free, and sets nginx and port.
start_nginx() {
	local address
	address=$(cut -d'|' -f2 <<<"${sites##*$'\n'}") # the last to be bound
	for port in $(shuf -i 20000-30000 -n 5); do
		configuration "$port" >"$work/nginx.conf"
		timeout -k 5 $nginx_limit nginx -p "$work" -e "$work/error.log" -c "$work/nginx.conf" </dev/null >"$work/nginx.out" 2>&1 &
		nginx=$!
		for _ in $(seq 100); do
			kill -0 "$nginx" 2>/dev/null || break
			[ ! -s "$work/nginx.pid" ] || ! (: >"/dev/tcp/$address/$port") 2>/dev/null || return 0
			sleep 0.1
		done
		stop_nginx
	done
	cat "$work/nginx.out" "$work/error.log" >&2
	die "nginx did not start"
}

# one_site NAME ADDRESS PACKAGE VERSION ROOT
one_site() {
	local base=http://$2:$port have table=$truth/$1.pages.tsv.gz mode
	local check=("$work/realcheck" -root "$work/$3/$5" -base "$base")
	have=$(dpkg-deb -f "$work/$3"_*.deb Version)
	if [ ! -e "$table" ]; then
		echo "SKIPPED: test-real: the table of truth of $1: there is no $table; the files on disk are compared"
	elif [ "$have" != "$4" ]; then
		echo "SKIPPED: test-real: the table of truth of $1: it is of version $4, this is $have; the files on disk are compared"
	else
		check+=(-truth "$table")
		! nginx -v 2>&1 | grep -qF "$truth_nginx" || check+=(-error-bodies)
	fi
	"${check[@]}" list >"$work/list"
	for mode in loop goroutine; do
		echo "test-real: $1, --mode $mode, $(wc -l <"$work/list") URLs"
		rm -f "$work/records.jsonl"
		timeout $crawl_limit bin/crawl run -i "$work/list" -o "$work/records.jsonl" -c 100 --digest sha256 --mode $mode ||
			die "$1, --mode $mode: crawl ended with $?"
		"${check[@]}" check "$work/records.jsonl" || die "$1, --mode $mode: the crawl is not what is on disk"
	done
	# A check that cannot fail shows nothing: without its first record the same crawl must not pass.
	sed 1d "$work/records.jsonl" >"$work/short.jsonl"
	! "${check[@]}" check "$work/short.jsonl" >/dev/null || die "the check passes records that are not complete"
}

for tool in apt-get dpkg-deb timeout; do
	command -v $tool >/dev/null || { echo "SKIPPED: test-real: $tool is missing: this needs Debian"; exit 0; }
done
[ -x bin/crawl ] || die "bin/crawl is missing: make build"
command -v nginx >/dev/null || debian_install test-real "$work/apt.log" nginx-light || die "nginx-light could not be installed"
go build -o "$work/realcheck" .ci/realcheck.go
while IFS='|' read -r _ _ package version _; do unpack "$package" "$version" </dev/null; done <<<"$sites"
start_nginx
while IFS='|' read -r name address package version root; do
	one_site "$name" "$address" "$package" "$version" "$root" </dev/null
done <<<"$sites"
echo "test-real: every record agrees"
