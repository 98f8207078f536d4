#!/usr/bin/env bash
# crawl.sh [ROUNDS [C [OUT]]]: crawl run -r beside other programs that follow the links of the same site, and what a page
# costs each. Needs nginx, GNU time and two CPUs; of wget2, which Debian has, it says so if it is missing.
#
#   loop, goroutine   crawl, in either mode
#   htmlcrawl         what a Go programmer would write: bench/peers/htmlcrawl
#   wget2             links of the same elements only, nothing saved, a row of its statistics for each URL
#   colly             as its users write it: bench/peers/collycrawl, of a module of its own. With many pages in flight it takes
#                     gigabytes: it has 16 of address space at most
#
# The works: "small", 20,000 pages of 2 KB with 20 links each, and "openjdk", 10,248 URLs of which a few have megabytes,
# from the folder CRAWL_SITES_CACHE that make test-sites has filled. nginx on CPU 0 answers from memory, the client is
# on CPU 1, with C fetches in flight (default 32); rounds are interleaved, each beginning with another client. Of a whole
# process are reported: pages per second of CPU time (user + system), the same as time per page, and peak memory, each
# the median of the rounds; and the ratios to htmlcrawl of time and memory: the median of the rounds' ratios, the smallest
# and the largest. Every run must have fetched every page, once. Raw rows go to OUT (default: none):
# work round client CPU-µs-per-page peak-KB.
set -euo pipefail
rounds=${1:-7} c=${2:-32} out=${3:-/dev/null}
[ "$out" = /dev/null ] || out=$(realpath "$out")
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
limit=300 # seconds for one run
root=${CRAWL_SITES_CACHE:-/nowhere}/root/openjdk-17-doc/usr/share/doc/openjdk-17-jre-headless

work=$(mktemp -d -p /dev/shm)
nginx=
finish() {
	[ -z "$nginx" ] || { kill "$nginx"; wait "$nginx" 2>/dev/null || true; }
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# generate writes the small site: page i leads to 2i+1 and 2i+2, so that all are reached, and to 18 anywhere, which mostly
# are known already, as on real sites.
generate() {
	mkdir -p "$work/site"
	awk -v n="$1" -v dir="$work/site" 'BEGIN {
		for (i = 0; i < 40; i++) filler = filler "words that are read "
		x = 1
		for (i = 0; i < n; i++) {
			page = "<!DOCTYPE html>\n<html><head><title>Page " i "</title></head>\n<body>\n<ul>\n"
			for (k = 1; k <= 20; k++) {
				if (k <= 2) to = (2 * i + k) % n
				else { x = (x * 16807) % 2147483647; to = x % n }
				page = page "<li><a class=\"page\" href=\"" to ".html\">page " to "</a>\n"
			}
			file = dir "/" i ".html"
			printf "%s</ul>\n<p>%s</p>\n</body></html>\n", page, filler >file
			close(file)
		}
	}'
}

# serve takes ports that are free, and sets small and openjdk, the first pages.
serve() {
	local port=$1
	cat >"$work/nginx.conf" <<-END
		worker_processes 1;
		daemon off;
		pid $work/nginx.pid;
		error_log $work/error.log crit;
		events { worker_connections 12000; }
		http {
			types { text/html html; text/css css; text/plain txt; application/javascript js; }
			default_type application/octet-stream;
			access_log off;
			keepalive_requests 1000000;
			client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
			uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
			server { listen 127.0.0.1:$port; root $work/site; }
			server { listen 127.0.0.2:$port; root "$root"; index index.html; }
		}
	END
	[ "$(id -u)" != 0 ] || sed -i "1i user $(id -un) $(id -gn);" "$work/nginx.conf" # its worker has to read a private folder
	taskset -c 0 nginx -p "$work" -e "$work/error.log" -c "$work/nginx.conf" </dev/null &
	nginx=$!
	until [ -s "$work/nginx.pid" ]; do
		kill -0 "$nginx" 2>/dev/null || { nginx=; echo "crawl.sh: nginx did not start" >&2; exit 1; }
		sleep 0.1
	done
	small=http://127.0.0.1:$port/0.html openjdk=http://127.0.0.2:$port/api/index.html
}

# client NAME URL fetches the site at URL, and leaves in $work/records a line for each URL.
client() {
	local run=(taskset -c 1 timeout -k 5 $limit /usr/bin/time -q -f '%U %S %M' -o "$work/time") code=0
	rm -f "$work/records"
	case $1 in
	loop | goroutine)
		"${run[@]}" "$work/crawl" run -r "$2" --mode "$1" -c "$c" --robots ignore --delay 0 --retries 0 --fail-on none \
			-q -o "$work/records" || code=$?
		;;
	colly) prlimit --as=16000000000 "${run[@]}" "$work/collycrawl" -c "$c" -o "$work/records" "$2" || code=$? ;;
	htmlcrawl) "${run[@]}" "$work/htmlcrawl" -c "$c" -o "$work/records" "$2" >"$work/said" || code=$? ;;
	wget2)
		(cd "$work/empty" && "${run[@]}" wget2 -q --no-config -r -l 0 --no-robots --ignore-tags=img,link,script --delete-after \
			--tries 1 --max-threads "$c" --stats-site=csv:"$work/records" "$2") || code=$?
		[ $code != 8 ] || code=0 # some URL was an error, which is so
		;;
	esac
	[ $code = 0 ] || { echo "crawl.sh: $1 ended with $code" >&2; exit 1; }
}

# measure NAME URL PAGES prints CPU µs of a page and peak KB.
measure() {
	local got
	client "$1" "$2"
	case $1 in # its URLs have commas, and nothing tells them from those that separate columns
	wget2) got=$(sed -nE 's/^[0-9]+,[0-9]+,(http:.*),[1-9][0-9]{2}(,[0-9]+){8}$/\1/p' "$work/records") ;;
	*) got=$(sed -nE 's/^\{"url":"([^"]*)","status":[1-9].*/\1/p' "$work/records") ;;
	esac
	got=$(sort -u <<<"$got" | wc -l)
	[ "$got" = "$3" ] || { echo "crawl.sh: $1: $got URLs of $2, not $3" >&2; exit 1; }
	awk -v n="$3" '{ printf "%.2f %d\n", ($1 + $2) * 1e6 / n, $3 }' "$work/time"
}

# compare WORK URL PAGES
compare() {
	local i k row n=${#clients[@]}
	measure loop "$2" "$3" >/dev/null # so that everything is in memory
	for i in $(seq "$rounds"); do
		for k in $(seq "$n"); do
			client=${clients[(i + k) % n]}
			row=$(measure "$client" "$2" "$3")
			echo "$1 $i $client $row"
		done
	done | tee -a "$out" >"$work/rows"
	echo "$1: $3 pages, $c in flight, $rounds rounds"
	table <"$work/rows"
}

# table prints a line for each client.
table() {
	awk -v order="${clients[*]}" '
		{ cpu[$3, $2] = $4; mem[$3, $2] = $5; n = $2 > n ? $2 : n }
		function sorted(a, n,   i, j, t) {
			for (i = 1; i < n; i++) for (j = n; j > i; j--) if (a[j] < a[j-1]) { t = a[j]; a[j] = a[j-1]; a[j-1] = t }
			return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
		}
		END {
			printf "%-10s %12s %12s %10s   %-20s %s\n", "client", "pages/CPU s", "CPU µs/page", "peak MiB", "CPU to htmlcrawl", "memory to htmlcrawl"
			k = split(order, name, " ")
			for (j = 1; j <= k; j++) {
				for (i = 1; i <= n; i++) {
					a[i] = cpu[name[j], i]; b[i] = mem[name[j], i] / 1024
					r[i] = a[i] / cpu["htmlcrawl", i]; m[i] = b[i] * 1024 / mem["htmlcrawl", i]
				}
				x = sorted(a, n); y = sorted(b, n); p = sorted(r, n); q = sorted(m, n)
				printf "%-10s %12.0f %12.1f %10.1f   %.3f (%.3f-%.3f)  %.3f (%.3f-%.3f)\n", name[j], 1e6 / x, x, y, p, r[1], r[n], q, m[1], m[n]
			}
		}'
}

go build -o "$work/htmlcrawl" ./bench/peers/htmlcrawl
CGO_ENABLED=0 go build -o "$work/crawl" ./cmd/crawl
clients=(loop goroutine htmlcrawl)
if command -v wget2 >/dev/null; then clients+=(wget2); else echo "SKIPPED: crawl.sh: wget2 is missing: apt-get install wget2"; fi
if go build -C bench/peers/collycrawl -o "$work/collycrawl" .; then clients+=(colly); else echo "SKIPPED: crawl.sh: colly cannot be built"; fi
pages=20000
mkdir "$work/empty"
generate $pages
serve "$(shuf -i 20000-30000 -n 1)"
compare small "$small" $pages
if [ -d "$root" ]; then
	# How many there are depends on the package's version: what the first crawl finds, all have to find.
	client htmlcrawl "$openjdk"
	compare openjdk "$openjdk" "$(wc -l <"$work/records")"
else
	echo "SKIPPED: crawl.sh: openjdk: CRAWL_SITES_CACHE does not name a folder that make test-sites has filled"
fi
