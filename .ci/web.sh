#!/usr/bin/env bash
# web.sh: runs the tests named TestWeb of internal/fetch against servers that others wrote: go-httpbin (plain and TLS),
# nginx (HTTP/1.1 over TLS), and toxiproxy between us and them. The standard client asks the same, and has to agree.
#
# It builds go-httpbin and toxiproxy from the Go module proxy into a temporary folder, and installs nginx-light when
# there is no nginx. All of them listen on free ports of loopback, and end with the script, or by themselves after
# a quarter of an hour. Needs openssl, curl and timeout.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
. .ci/debian.sh

httpbin=github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin@v2.26.0
toxiproxy=github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0
limit=900 # seconds for everything

die() { echo "test-web: $*" >&2; exit 1; }

work=$(mktemp -d)
started=()
finish() {
	for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
	for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME URL COMMAND…: in the background; until URL answers, ten seconds at most.
start() {
	local name=$1 url=$2 pid
	shift 2
	timeout -k 5 $limit "$@" </dev/null >"$work/$name.log" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		kill -0 $pid 2>/dev/null || break
		if curl -fsk --noproxy '*' --max-time 2 -o "$work/ready" "$url"; then
			started+=("$pid")
			return 0
		fi
		sleep 0.1
	done
	kill -TERM $pid 2>/dev/null || true
	return 1
}

# start_anywhere NAME PATH SCHEME COMMAND…: with PORT in the command replaced by one that is free; sets port.
start_anywhere() {
	local name=$1 path=$2 scheme=$3
	shift 3
	for port in $(shuf -i 20000-30000 -n 5); do
		[ "$name" != nginx ] || configuration "$port" >"$work/nginx.conf"
		! start "$name" "$scheme://127.0.0.1:$port$path" "${@//PORT/$port}" || return 0
	done
	cat "$work/$name.log" >&2
	die "$name did not start"
}

# certificate makes one for 127.0.0.1 and localhost, and the authority that signed it.
certificate() {
	cd "$work"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
		-subj "/CN=test authority" -addext basicConstraints=critical,CA:TRUE
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out request.pem -subj "/CN=127.0.0.1"
	printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n' >extensions
	openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out cert.pem
}

# configuration PORT is nginx's.
configuration() {
	[ "$(id -u)" != 0 ] || echo "user $(id -un) $(id -gn);" # its workers have to read a private folder
	cat <<-END
		worker_processes 1;
		daemon off;
		pid $work/nginx.pid;
		error_log $work/error.log crit;
		events { worker_connections 1024; }
		http {
			types { text/html html; text/plain txt; application/octet-stream bin; }
			default_type application/octet-stream;
			access_log off;
			client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
			uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
			server {
				listen 127.0.0.1:$1 ssl;
				ssl_certificate $work/cert.pem;
				ssl_certificate_key $work/key.pem;
				root $work/site;
				location = /moved { return 301 /page.html; }
				location = /found { return 302 https://127.0.0.1:$1/folder; }
				location = /refused { return 403; }
				location = /gone { return 410 "gone\n"; }
				location = /nothing { return 204; }
				location /zipped/ { alias $work/site/; gzip on; gzip_min_length 1; gzip_types *; gzip_http_version 1.0; }
				location /slow/ { alias $work/site/; limit_rate 200k; }
			}
		}
	END
}

site() {
	mkdir -p "$work/site/folder"
	for i in $(seq 200); do echo "<p>line $i of a page, which says what it says</p>"; done >"$work/site/page.html"
	cp "$work/site/page.html" "$work/site/folder/index.html"
	: >"$work/site/empty.txt"
	head -c 300000 /dev/urandom >"$work/site/large.bin"
	ln -s "$work/site/page.html" "$work/site/index.html"
}

for tool in openssl curl timeout; do
	command -v $tool >/dev/null || { echo "SKIPPED: test-web: $tool is missing"; exit 0; }
done
command -v nginx >/dev/null || debian_install test-web "$work/apt.log" nginx-light || die "nginx-light could not be installed"
echo "test-web: building go-httpbin and toxiproxy"
GOBIN=$work go install $httpbin
GOBIN=$work go install $toxiproxy
(certificate) >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log" >&2; die "no certificate"; }
site

start_anywhere httpbin /get http "$work/go-httpbin" -host 127.0.0.1 -port PORT -log-level ERROR
export CRAWL_WEB_HTTPBIN=http://127.0.0.1:$port
start_anywhere httpbin-tls /get https "$work/go-httpbin" -host 127.0.0.1 -port PORT -log-level ERROR \
	-https-cert-file "$work/cert.pem" -https-key-file "$work/key.pem"
export CRAWL_WEB_HTTPBIN_TLS=https://127.0.0.1:$port
start_anywhere nginx /page.html https nginx -p "$work" -e "$work/error.log" -c "$work/nginx.conf"
export CRAWL_WEB_NGINX=https://127.0.0.1:$port
start_anywhere toxiproxy /version http "$work/server" -host 127.0.0.1 -port PORT
export CRAWL_WEB_TOXIPROXY=http://127.0.0.1:$port
export CRAWL_WEB_AUTHORITY=$work/ca.pem

timeout -k 10 $limit go test -count 1 -timeout 10m -run '^TestWeb' -v ./internal/fetch >"$work/tests" 2>&1 ||
	{ cat "$work/tests"; die "the tests failed"; }
grep -E '^(--- |    --- (FAIL|SKIP)|ok|SKIPPED)' "$work/tests"
! grep -q -- '--- SKIP' "$work/tests" || die "a test was skipped, though its server is there"
echo "test-web: everything agrees"
