#!/usr/bin/env bash
# sites.sh: crawls five real sites by their links (`crawl run -r`), documentation packages of Debian behind nginx on
# loopback, and compares the URLs and their statuses with the truth, which others have found: in each mode, one fetch at
# a time, and through a proxy that hands pages on in small pieces (.ci/slicer.go). Then the tests of internal/link that
# read real pages read these.
#
# The truth is kept beside the repository where it is kept at all; without it there is nothing to do. The packages,
# 63 MB, are downloaded and unpacked (500 MB), not installed, into CRAWL_SITES_CACHE, or else into a temporary folder,
# which goes when the script ends. So do the servers, or by themselves some minutes later.
# Needs bin/crawl (`make test-sites` builds it), and apt-get, dpkg-deb, timeout: Debian or its kin. It installs nginx-light
# and python3 where these are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
. .ci/debian.sh

# name | loopback address | package | version that the truth was taken from | root in the package | first page
sites='python|127.0.1.1|python3.11-doc|3.11.2-6+deb12u9|usr/share/doc/python3.11/html|
openjdk|127.0.1.2|openjdk-17-doc|17.0.21.1+2-1~deb12u1|usr/share/doc/openjdk-17-jre-headless|api/index.html
handbook|127.0.1.5|debian-handbook|11.20220922|usr/share/doc/debian-handbook/html|en-US/index.html
postgres|127.0.1.6|postgresql-doc-15|15.20-0+deb12u1|usr/share/doc/postgresql-doc-15/html|
git|127.0.1.7|git-doc|1:2.39.5-0+deb12u3|usr/share/doc/git-doc|'

truth=$PWD/../shared/suites/sites # NAME.pages.tsv.gz and check_site.py
crawl_limit=120                   # seconds for one crawl of one site
server_limit=900                  # seconds after which a server ends by itself, whatever becomes of this script
more_events=3                     # times as many events as of whole pages show that pages came in pieces

die() { echo "test-sites: $*" >&2; exit 1; }
each() { local name address package version root page; while IFS='|' read -r name address package version root page; do "$@"; done <<<"$sites"; }

work=$(mktemp -d)
. .ci/servers.sh

# start SERVER FILE COMMAND…: in the background; until it has written to FILE, which is when it listens, ten seconds at most.
start() {
	local server=$1 file=$2
	shift 2
	rm -f "$file"
	timeout -k 5 $server_limit "$@" </dev/null >"$work/$server.out" 2>"$work/$server.err" &
	pids[$server]=$!
	for _ in $(seq 100); do
		kill -0 "${pids[$server]}" 2>/dev/null || break
		[ ! -s "$file" ] || return 0
		sleep 0.1
	done
	stop "$server"
	return 1
}

# unpack brings a package into the cache, laid out as that of the truth is: debs/PACKAGE_VERSION.deb, root/PACKAGE.
unpack() {
	if ! compgen -G "$cache/debs/${package}_*.deb" >"$work/found"; then
		echo "test-sites: downloading $package (it is not installed)"
		(
			cd "$cache/debs"
			apt-get download -q "$package=$version" || apt-get download -q "$package" ||
				{ as_root apt-get update -q && apt-get download -q "$package"; }
		) </dev/null >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; die "$package could not be downloaded"; }
		compgen -G "$cache/debs/${package}_*.deb" >"$work/found"
	fi
	local deb have
	deb=$(head -n 1 "$work/found")
	if [ ! -e "$cache/root/$package/.complete" ]; then
		rm -rf "$cache/root/$package"
		mkdir -p "$cache/root/$package"
		dpkg-deb -x "$deb" "$cache/root/$package"
		: >"$cache/root/$package/.complete"
	fi
	have=$(dpkg-deb -f "$deb" Version)
	if [ "$have" != "$version" ]; then
		echo "SKIPPED: test-sites: $name: the truth is of $package $version, this is $have"
		echo "$name" >>"$work/other"
	fi
}

# configuration PORT is nginx's. The types are those of the truth, as they decide what is read for links.
configuration() {
	[ "$(id -u)" != 0 ] || echo "user $(id -un) $(id -gn);" # its workers have to read a private folder
	cat <<-END
		worker_processes 1;
		daemon off;
		pid $work/nginx.pid;
		error_log $work/error.log crit;
		events { worker_connections 1024; }
		http {
			types {
				text/html html htm shtml; application/xhtml+xml xhtml;
				text/css css; text/plain txt; text/xml xml; application/javascript js; application/json json;
				image/png png; image/gif gif; image/jpeg jpg jpeg; image/svg+xml svg svgz; image/x-icon ico;
			}
			default_type application/octet-stream;
			index index.html index.htm index.en.html;
			access_log off;
			keepalive_requests 100000;
			client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
			uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
	END
	each server "$1"
	echo '}'
}
server() { echo "server { listen $address:$1; root \"$cache/root/$package/$root\"; }"; }

# start_servers takes ports that are free, and sets whole (nginx) and sliced (the proxy before it).
start_servers() {
	local pairs
	for whole in $(shuf -i 20000-30000 -n 5); do
		configuration "$whole" >"$work/nginx.conf"
		! start nginx "$work/nginx.pid" nginx -p "$work" -e "$work/error.log" -c "$work/nginx.conf" || break
	done
	[ -n "${pids[nginx]:-}" ] || { cat "$work/nginx.err" >&2; die "nginx did not start"; }
	for sliced in $(shuf -i 20000-30000 -n 5); do
		mapfile -t pairs < <(each pair)
		! start slicer "$work/slicer.out" "$work/slicer" "${pairs[@]}" || break
	done
	[ -n "${pids[slicer]:-}" ] || { cat "$work/slicer.err" >&2; die "the slicer did not start"; }
}
pair() { printf '%s\n' "$address:$sliced" "$address:$whole"; }

# check PORT RECORDS
check() { python3 "$truth/check_site.py" "$truth/$name.pages.tsv.gz" "$2" "http://$address:$1"; }

# one_crawl PORT OPTION…: a crawl, and whether it is true. What crawl says of itself is left in $work/said.
one_crawl() {
	local port=$1 began=${EPOCHREALTIME/./}
	shift
	rm -f "$work/records"
	timeout -k 5 $crawl_limit bin/crawl run -r "http://$address:$port/$page" "$@" -v --progress none -o "$work/records" \
		--robots ignore --delay 0 --fail-on none </dev/null >"$work/said" 2>&1 ||
		{ cat "$work/said" >&2; die "$name: crawl $*: it ended with $?"; }
	check "$port" "$work/records" >"$work/verdict" || { cat "$work/verdict" >&2; die "$name: crawl $*: this is not the site"; }
	printf 'test-sites: %-8s %6d URLs agree, %5d ms: %s\n' "$name" "$(wc -l <"$work/records")" $(((${EPOCHREALTIME/./} - began) / 1000)) "$*"
}

# events is how many times a connection was ready, of the crawl before.
events() { sed -nE 's/.* loop: ([0-9]+) iterations, ([0-9.]+) events per poll.*/\1 \2/p' "$work/said" | awk '{ print int($1 * $2) }'; }

one_site() {
	local few many
	! grep -qx "$name" "$work/other" 2>/dev/null || return 0
	one_crawl "$whole" --mode loop
	few=$(events)
	one_crawl "$whole" --mode goroutine
	one_crawl "$whole" --mode loop -c 1
	one_crawl "$sliced" --mode loop -c 4 # few, so that each piece is read before the next comes
	many=$(events)
	echo "test-sites: $name: $many events of pages in pieces, $few of whole ones"
	[ "$many" -gt $((few * more_events)) ] || die "$name: the pages did not come in pieces"
	# A check that cannot fail shows nothing: without its last record the same crawl must not pass.
	sed -i '$d' "$work/records"
	! check "$sliced" "$work/records" >/dev/null || die "the check passes crawls that are not complete"
}

folder() { echo "$cache/root/$package"; }

# go_test NAME FOLDERS: a test of internal/link on the pages there.
go_test() {
	echo "test-sites: $1 of internal/link on these pages"
	CRAWL_SITES=$2 timeout -k 10 $server_limit go test -count 1 -timeout 10m -run "^$1\$" -v ./internal/link >"$work/tests" 2>&1 ||
		{ cat "$work/tests"; die "$1 failed"; }
	grep -E '^ *(--- |ok|scan_sites_test)' "$work/tests"
	! grep -q -- '--- SKIP' "$work/tests" || die "$1 was skipped, though its pages are there"
}

[ -e "$truth/check_site.py" ] || { echo "SKIPPED: test-sites: the truth: there is no $truth/check_site.py"; exit 0; }
for tool in apt-get dpkg-deb timeout; do
	command -v $tool >/dev/null || { echo "SKIPPED: test-sites: $tool is missing: this needs Debian"; exit 0; }
done
[ -x bin/crawl ] || die "bin/crawl is missing: make build"
command -v nginx >/dev/null || debian_install test-sites "$work/apt.log" nginx-light || die "nginx-light could not be installed"
command -v python3 >/dev/null || debian_install test-sites "$work/apt.log" python3 || die "python3 could not be installed"
cache=${CRAWL_SITES_CACHE:-$work}
mkdir -p "$cache/debs" "$cache/root"
cache=$(cd "$cache" && pwd)
go build -o "$work/slicer" .ci/slicer.go
each unpack
start_servers
each one_site

# The 14,000 pages of openjdk, all by one generator, are left to the crawls: read by three parsers they take a minute more.
small=$(each folder | grep -v openjdk | paste -sd :)
go_test TestSites "$small"
[ -e "$work/other" ] || go_test TestSiteTruth "$cache/root"
echo "test-sites: everything agrees"
