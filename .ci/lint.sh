#!/usr/bin/env bash
# lint.sh: formatting and static checks of the whole tree. Runs all of them, names those that failed,
# and exits 1 if any did. The tools are pinned in tools.mod and built on first use.
set -u
cd "$(dirname "$0")/.." || exit 1

vulndb=https://vuln.go.dev
failed=()

tool() { go tool -modfile=tools.mod "$@"; }

# check NAME COMMAND…
check() {
	local name=$1
	shift
	echo "lint: $name"
	"$@" || failed+=("$name")
}

format() {
	local files
	files=$(tool gofumpt -l .) || return 1
	[ -z "$files" ] && return
	printf '%s\n' "$files" | sed 's/^/not formatted, run make fmt: /'
	return 1
}

reachable() {
	curl -sfI -m 10 -o /dev/null "$1" 2>/dev/null || wget -q --spider -T 10 -t 1 "$1" 2>/dev/null
}

# The database is asked about each module, so without a network there is nothing to check against.
vulnerabilities() {
	if ! command -v govulncheck >/dev/null; then
		echo "SKIPPED: govulncheck: it is not on the PATH, and tools.mod says why it is not pinned there"
	elif ! reachable "$vulndb/index/modules.json.gz"; then
		echo "SKIPPED: govulncheck: its database $vulndb cannot be reached from here"
	else
		govulncheck ./...
	fi
}

check gofumpt format
check 'go vet' go vet ./...
check staticcheck tool staticcheck -checks inherit,ST1000 ./... # ST1000: every package has its comment
check golangci-lint tool golangci-lint run ./...
check govulncheck vulnerabilities

[ ${#failed[@]} = 0 ] && exit 0
printf 'lint: FAILED: %s\n' "${failed[@]}" >&2
exit 1
