#!/usr/bin/env bash
# pair.sh OLD NEW [ROUNDS [OUT]]: two builds of crawl on the same work, in turn, and the ratios of what a fetch costs them.
#
# nginx on CPU 0 answers from memory, crawl is on CPU 1; rounds are interleaved, each beginning with the other build. Reported is the
# ratio NEW/OLD of CPU time (user + system of the whole process) and of peak memory: the median of the rounds' ratios, the smallest
# and the largest. Every run must have fetched everything. Raw rows go to OUT (default: none). Needs nginx, two CPUs and 12,000
# descriptors.
set -euo pipefail
old=$1 new=$2 rounds=${3:-7} out=${4:-/dev/null}
PATH=$PATH:/usr/sbin:/sbin
ulimit -n 12000

work=$(mktemp -d -p /dev/shm)
nginx=
finish() {
	[ -z "$nginx" ] || { kill "$nginx"; wait "$nginx" 2>/dev/null || true; }
	rm -rf "$work"
}
trap finish EXIT

# serve KEEPALIVE: on 127.0.0.1:$port and 63 addresses more.
serve() {
	[ -z "$nginx" ] || { kill "$nginx"; wait "$nginx" 2>/dev/null || true; }
	cat >"$work/nginx.conf" <<-END
		worker_processes 1;
		daemon off;
		pid $work/nginx.pid;
		error_log $work/error.log crit;
		events { worker_connections 12000; }
		http {
			access_log off;
			keepalive_timeout $1;
			keepalive_requests 1000000;
			client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
			uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
			server {
				listen $port backlog=4096;
				default_type text/html;
				location / { return 200 "$body"; }
			}
		}
	END
	taskset -c 0 nginx -p "$work" -e "$work/error.log" -c "$work/nginx.conf" </dev/null &
	nginx=$!
	until (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
}

# fetch NAME PROGRAM LIST C prints CPU µs of a fetch and peak KB.
fetch() {
	local seconds
	taskset -c 1 /usr/bin/time -f '%U %S %M' -o "$work/time" "$2" run -i "$3" -c "$4" --per-host 0 -q -o "$work/records" --retries 0
	seconds=$(grep -c '"class":"ok"' "$work/records")
	[ "$seconds" = "$(wc -l <"$3")" ] || { echo "$1: only $seconds are ok" >&2; exit 1; }
	awk -v n="$seconds" '{ printf "%.2f %d\n", ($1 + $2) * 1e6 / n, $3 }' "$work/time"
}

# compare WORK LIST C
compare() {
	local i first second row
	fetch warm "$new" "$2" "$3" >/dev/null
	for i in $(seq "$rounds"); do
		for first in old new; do
			[ $((i % 2)) = 1 ] || { if [ $first = old ]; then first=new; else first=old; fi; }
			row=$(fetch $first "${!first}" "$2" "$3")
			echo "$1 $i $first $row"
		done
	done | tee -a "$out" >"$work/rows"
	awk -v work="$1" '
		{ cpu[$3, $2] = $4; mem[$3, $2] = $5; n = $2 > n ? $2 : n }
		function median(a, n,   i, j, t) {
			for (i = 1; i < n; i++) for (j = n; j > i; j--) if (a[j] < a[j-1]) { t = a[j]; a[j] = a[j-1]; a[j-1] = t }
			return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
		}
		END {
			for (i = 1; i <= n; i++) {
				r[i] = cpu["new", i] / cpu["old", i]; m[i] = mem["new", i] / mem["old", i]
				a[i] = cpu["old", i]; b[i] = cpu["new", i]; c[i] = mem["old", i] / 1024; d[i] = mem["new", i] / 1024
			}
			cr = median(r, n); mr = median(m, n)
			printf "%-8s CPU %.3f (%.3f-%.3f): %.1f to %.1f µs a fetch; memory %.3f (%.3f-%.3f): %.1f to %.1f MiB\n", work, cr, r[1], r[n], median(a, n), median(b, n), mr, m[1], m[n], median(c, n), median(d, n)
		}' "$work/rows"
}

body=$(printf '0123456789abcdef%.0s' $(seq 128))
port=$(shuf -i 20000-30000 -n 1)
awk -v port="$port" 'BEGIN { for (i = 0; i < 100000; i++) print "http://127.0.0.1:" port "/page" }' >"$work/one"
awk -v port="$port" 'BEGIN { for (i = 0; i < 100000; i++) print "http://127.0.1." 1 + i % 64 ":" port "/page" }' >"$work/many"

serve 75s
compare a100 "$work/one" 100
compare a1000 "$work/one" 1000
compare a10000 "$work/one" 10000
serve 0
compare b1000 "$work/many" 1000
