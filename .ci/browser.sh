#!/usr/bin/env bash
# browser.sh: the pages of crawl (crawl report, crawl compare, the live page) in a real Chromium, headless:
# .ci/browser/*.test.mjs say what must hold, and checks.test.mjs that each of the checks can fail.
#
# It needs Debian's chromium, and node with npm, from 18 on; what is missing is installed with apt-get. playwright-core
# comes from npm, at the version and digest of package-lock.json; it brings no browser and runs nothing at installation.
# Pictures of the pages go to $BROWSER_SHOTS, or else to a temporary folder, which is named in the end.
#
#   bash .ci/browser.sh
set -euo pipefail
cd "$(dirname "$0")/.."
limit=240      # seconds for the tests; on two quiet cores they take less than 60
least_node=18

die() { echo "browser: $*" >&2; exit 1; }

work=$(mktemp -d)
tests=
finish() {
	[ -z "$tests" ] || kill -TERM "$tests" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

node_is_old() { [ "$(node -p 'process.versions.node.split(".")[0]')" -lt $least_node ]; }

missing=()
[ -x "${CHROMIUM:=/usr/bin/chromium}" ] || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
	command -v apt-get >/dev/null || die "there is no ${missing[*]}, and no apt-get to install it with"
	echo "browser: INSTALLING with apt-get: ${missing[*]}"
	{ as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive \
		timeout 600 apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$work/apt.log" 2>&1 ||
		{ tail -n 20 "$work/apt.log" >&2; die "${missing[*]} could not be installed"; }
fi
[ -x "$CHROMIUM" ] || die "there is no $CHROMIUM"
! node_is_old || die "node $(node --version) is too old: it takes $least_node"
echo "browser: $("$CHROMIUM" --version 2>/dev/null), node $(node --version)"

# What is installed is kept for the next time, if it is what the lock says.
(cd .ci/browser && { cmp -s package-lock.json node_modules/installed.lock ||
	{ timeout 120 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/installed.lock; }; }) ||
	die "npm could not install what .ci/browser/package-lock.json names"

CGO_ENABLED=0 go build -o "$work/crawl" ./cmd/crawl

shots=${BROWSER_SHOTS:-$(mktemp -d -t crawl-shots-XXXXXX)}
mkdir -p "$shots" "$work/tmp"
shots=$(cd "$shots" && pwd)

# In the background, so that a signal to this script ends it too. What it starts, it ends itself.
code=0
# Two at a time: one of them mostly waits.
CHROMIUM=$CHROMIUM CRAWL=$work/crawl BROWSER_SHOTS=$shots TMPDIR=$work/tmp NO_COLOR=1 \
	timeout -k 10 $limit node --test --test-concurrency=2 --test-reporter=spec .ci/browser/*.test.mjs &
tests=$!
wait $tests || code=$?
tests=
[ $code != 124 ] || echo "browser: the tests took more than $limit s"
echo "browser: $(find "$shots" -name '*.png' | wc -l) pictures in $shots"
exit $code
