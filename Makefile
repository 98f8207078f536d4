# One line per target in `make help`. The default target is build.

GO       ?= go
FUZZTIME ?= 10s
COUNT    ?= 10
BENCH    ?= .
tool      = $(GO) tool -modfile=tools.mod

# `make golden` is for the packages whose tests define -update.
golden = $$(grep -rlE --include='*_test.go' 'flag\.Bool(Var)?\(.*"update"' cmd internal | xargs -r -n 1 dirname | sort -u | sed 's,^,./,')

.PHONY: build test race fuzz lint fmt bench bench-peers bench-regress compare golden loc demo test-real test-web test-proxies test-dns test-sites test-browser clean help

build: ## compile bin/crawl, without cgo: a static program, and 1.3 MB of memory less
	CGO_ENABLED=0 $(GO) build -o bin/crawl ./cmd/crawl

test: ## every test: unit, integration, command line; then again under the race detector, whatever came of it
	@failed=0; echo "$(GO) test -timeout 10m ./..."; $(GO) test -timeout 10m ./... || failed=1; \
		$(MAKE) --no-print-directory race || failed=1; exit $$failed

race: ## the tests under the race detector (needs a C compiler)
	@if [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v $$($(GO) env CC | cut -d' ' -f1) >/dev/null; then \
		echo "$(GO) test -race -timeout 15m ./internal/... ./cmd/..."; $(GO) test -race -timeout 15m ./internal/... ./cmd/...; \
	else echo "SKIPPED: the race detector: it needs cgo and a C compiler, and there is none" >&2; fi

fuzz: ## every fuzz target in turn, FUZZTIME=10s each
	@.ci/fuzz.sh $(FUZZTIME)

lint: ## gofumpt, go vet, staticcheck, golangci-lint, govulncheck
	@.ci/lint.sh

fmt: ## rewrite the sources as gofumpt wants them
	$(tool) gofumpt -w .

bench: ## benchmarks as text for benchstat: COUNT=10 BENCH=. (compare two: go tool -modfile=tools.mod benchstat A B)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

bench-peers: ## crawl beside other clients, in one run
	$(GO) run ./bench/peers

bench-regress: ## regressions planted and found by crawl bench: twenty minutes, on a machine with nothing else to do
	$(GO) run ./bench/regress

compare: build ## the event loop beside goroutines, threads, processes and callbacks: no network needed
	bin/crawl compare

golden: ## rewrite the golden files; read the diff before you commit it
	@dirs="$(golden)"; if [ -n "$$dirs" ]; then $(GO) test $$dirs -update; else echo "no test has golden files"; fi

loc: ## lines per file and the longest functions
	@$(GO) run .ci/loc.go

demo: build ## see it at work: no network needed
	bin/crawl demo

test-real: build ## two real documentation sites under nginx, every byte checked (Debian, installs nginx-light)
	@.ci/real.sh

test-web: ## servers that others wrote, and the standard client as the judge (installs nginx-light; go-httpbin, toxiproxy as Go modules)
	@.ci/web.sh
test-proxies: build ## by tinyproxy, squid, microsocks and dante, every record checked (Debian, installs what is missing)
	@.ci/proxies.sh
test-dns: build ## names from dnsmasq and unbound, every record checked (Debian, installs both)
	@.ci/dns.sh
test-sites: build ## five real sites by their links, and what is found there (Debian, downloads 63 MB: CRAWL_SITES_CACHE=DIR keeps them)
	@.ci/sites.sh

test-browser: ## the pages in a real browser (Debian, installs chromium; node, playwright-core from npm)
	@BROWSER_SHOTS=$${BROWSER_SHOTS:-bin/shots} .ci/browser.sh

clean: ## remove what make built and measured
	rm -rf bin bench.txt cover.out
	find . -name '*.test' -type f -delete -o -name '*.pprof' -type f -delete

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
