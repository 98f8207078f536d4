#!/usr/bin/env bash
# portability.sh: builds and vets the whole tree, tests included, for every platform we claim. Only the
# compilers run: what runs on the platform itself is not shown. Names every target that failed.
set -u
cd "$(dirname "$0")/.." || exit 1

targets='linux/amd64 linux/arm64 darwin/arm64 darwin/amd64 freebsd/amd64 openbsd/amd64 netbsd/amd64 windows/amd64'
failed=()
for target in $targets; do
	echo "portability: $target"
	GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 \
		bash -c 'go build ./... && go vet ./...' || failed+=("$target")
done

[ ${#failed[@]} = 0 ] && exit 0
printf 'portability: FAILED: %s\n' "${failed[@]}" >&2
exit 1
