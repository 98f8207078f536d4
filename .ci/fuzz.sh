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

count=0
while read -r package target; do
	echo "fuzz: $package $target for $fuzztime"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$package" </dev/null
	count=$((count + 1))
done <<<"$targets"
echo "fuzz: $count targets, $fuzztime each, nothing found"
