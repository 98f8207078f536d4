#!/usr/bin/env bash
# large.sh [MILLIONS [ROUNDS]]: what large crawls take. Needs GNU time. The works, each with a line for what it took:
#
#   queued   crawl run -r until so many URLs are found (default 10 million), of which hardly any was fetched: pages of 2,000
#            links on 8 hosts
#   list     crawl run -i of a list of so many lines, each fetched, with no records kept
#   hosts    crawl run -r of 1,000 hosts with 100 pages each, 100 ms between two requests to a host, ROUNDS times (default 5):
#            a host takes 10.0 s for its robots.txt and its pages, and so does the crawl if none waits for another
#
# Peak memory is that of the whole process; it is the same on a busy machine, and times are not.
set -euo pipefail
millions=${1:-10} rounds=${2:-5}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
origin=
finish() {
	stop
	rm -rf "$work"
}
stop() {
	[ -z "$origin" ] || { kill "$origin"; wait "$origin" 2>/dev/null || true; }
	origin=
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# serve FLAG… starts the origin, and sets url.
serve() {
	rm -f "$work/url"
	"$work/crawl" origin "$@" >"$work/url" 2>"$work/origin.log" &
	origin=$!
	until [ -s "$work/url" ]; do
		kill -0 "$origin" 2>/dev/null || { origin=; echo "large.sh: the origin did not start" >&2; exit 1; }
		sleep 0.1
	done
	url=$(<"$work/url")
}

# crawl WORK CODE FLAG… prints what it took, if it ended as it should.
crawl() {
	local name=$1 want=$2 code=0
	shift 2
	/usr/bin/time -q -f '%M %U %S %e' -o "$work/time" "$work/crawl" run "$@" -o /dev/null 2>"$work/said" || code=$?
	[ $code = "$want" ] || { cat "$work/said" >&2; echo "large.sh: $name ended with $code, not $want" >&2; exit 1; }
	awk -v name="$name" -v ledger="$(sed -n 's/^crawl: ledger: //p' "$work/said")" '{
		split(ledger, word, " ")
		printf "%s: peak %.0f MB, %.1f bytes a URL; CPU %.1f s, %.2f s in all; %s\n", name, $1 * 1024 / 1e6, $1 * 1024 / word[1], $2 + $3, $4, ledger
	}' "$work/time"
}

CGO_ENABLED=0 go build -o "$work/crawl" ./cmd/crawl
serve --addresses 8 --pages 50000000 --links 2000 --size 200000
crawl queued 5 -r --delay 0 --scope any --robots ignore --max-urls $((millions * 1000000 / 2000)) -c 100 "$url"
stop
serve --addresses 64 --pages 1000000 --list "$work/urls.txt" --urls $((millions * 1000000))
crawl list 0 -i "$work/urls.txt" -c 1000
stop
serve --addresses 1000 --pages 100 --links 8 --size 2000 --list "$work/hosts.txt" --urls 1000
for _ in $(seq "$rounds"); do crawl hosts 0 -r --delay 100ms -i "$work/hosts.txt" -c 1000; done
