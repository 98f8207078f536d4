#!/usr/bin/env bash
# fuzz.sh FUZZTIME: runs every fuzz target of every package in turn, each for FUZZTIME (10s, or 1000x).
# An input that fails is kept by go test under the package's testdata/fuzz: commit it with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."

fuzztime=${1:?usage: fuzz.sh FUZZTIME}

# go test prints the names of a package's targets and then the package: "ok crawl/internal/http1 0.01s".
listing=$(go test -list '^Fuzz' ./...)
targets=$(awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }' <<<"$listing")
if [ -z "$targets" ]; then
	echo "fuzz: NO FUZZ TARGETS in this tree" >&2
	exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# run PACKAGE TARGET. When the time is over while a worker is at work, go test may fail with "context deadline exceeded" and
# no input: that is its own, and the target is run once more.
run() {
	for attempt in 1 2; do
		! go test -run '^$' -fuzz "^$2\$" -fuzztime "$fuzztime" "$1" </dev/null 2>&1 | tee "$log" || return 0
		grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log" || return 1
		echo "fuzz: $1 $2: attempt $attempt ended in the middle of an input; no finding"
	done
	return 1
}

count=0
while read -r package target; do
	echo "fuzz: $package $target for $fuzztime"
	run "$package" "$target"
	count=$((count + 1))
done <<<"$targets"
echo "fuzz: $count targets, $fuzztime each, nothing found"
