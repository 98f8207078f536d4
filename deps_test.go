package crawl_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// modulePath is the module line of go.mod.
const modulePath = "crawl"

// row says which packages of ours one package may import, and the rule behind it. Names are folders
// without "internal/".
type row struct {
	name  string
	may   []string // the direct imports of non-test files
	any   bool     // may import everything of ours
	alone bool     // its tests may not use the test kit either
	why   string
}

// importTable is the policy of ARCHITECTURE.md as data: imports go one way. A package that is not here
// fails the test, so that its place is decided when it is made.
var importTable = []row{
	{name: "http1", why: "pure leaf: takes bytes or an io.Reader, returns values"},
	{name: "link", why: "pure leaf: takes bytes or strings, returns values"},
	{name: "robots", why: "pure leaf: takes bytes, returns values"},
	{name: "warc", why: "pure leaf: writes records to an io.Writer"},
	{name: "eventloop", why: "the loop knows nothing of what runs on it"},
	{name: "eventloop/looptest", may: []string{"eventloop"}, why: "a fake clock and poller for the loop, nothing else"},
	{name: "engine", may: []string{"eventloop"}, why: "one interface over the loop and over goroutines"},
	{name: "sim", may: []string{"eventloop"}, why: "the same loop with a virtual clock and network"},
	{name: "dns", may: []string{"engine"}, why: "runs on any engine and knows no HTTP"},
	{name: "cookies", why: "pure leaf: fields and time are arguments, what is to be sent is the value"},
	{name: "coding", why: "pure leaf: takes coded bytes stretch by stretch, returns decoded ones"},
	{name: "sitemap", may: []string{"link", "coding"}, why: "takes a document's bytes, returns its entries"},
	{name: "item", may: []string{"link"}, why: "takes a document's bytes, returns typed values; knows no crawl"},
	{name: "fetch", may: []string{"engine", "dns", "http1", "link", "cookies", "coding"}, why: "one fetch; knows no crawl"},
	{name: "frontier", may: []string{"link"}, why: "what to fetch next; knows neither network nor clock"},
	{name: "frontier/frontiertest", may: []string{"frontier", "link"}, why: "the suite that every store passes"},
	{name: "crawler", may: []string{"engine", "fetch", "frontier", "link", "robots", "sitemap"}, why: "the crawl and its records; knows no command line"},
	{name: "modes", may: []string{"engine", "eventloop", "fetch", "http1", "link"}, why: "the same work in each model of concurrency; judges nothing"},
	{name: "report", may: []string{"crawler"}, why: "tables, charts and pages of what it is given; reads the crawler's record, nothing behind it"},
	{name: "compare", may: []string{"modes", "origin", "report"}, why: "measures the modes from outside; knows nothing of how they work"},
	{name: "bench", may: []string{"compare", "modes", "report"}, why: "judges what compare has measured; measures nothing itself"},
	{name: "latency", why: "what things cost on this machine; knows no crawl, and nothing else of this program"},
	{name: "live", may: []string{"crawler", "fetch"}, why: "shows a crawl that runs; the crawl does not know of it"},
	{name: "suites", why: "reads what others wrote, for tests of any package"},
	{name: "origin", alone: true, why: "the oracle: it shares no code with what it judges, in tests neither"},
	{name: "cmd/crawl", any: true, why: "the only place that wires"},
	{name: "bench/regress", may: []string{"bench", "compare", "modes"}, why: "measures crawl bench from outside, and counts what it said"},
	{name: "bench/peers", may: []string{"origin"}, why: "measures programs from outside"},
	{name: "bench/peers/nethttp", alone: true, why: "a yardstick shares no code with what it measures"},
	{name: "bench/peers/htmlcrawl", alone: true, why: "a yardstick shares no code with what it measures"},
}

// testKit is what the tests of every package may import besides its row.
var testKit = []string{"engine", "eventloop", "eventloop/looptest", "frontier/frontiertest", "origin", "sim", "suites"}

// module is an external module and where it may be imported.
type module struct {
	path    string   // of the module; its packages begin with it
	in      []string // names as in importTable
	testsOf []string // the same, but only their test files
	why     string   // what it saves us from writing
}

// externalModules are the direct dependencies, each with what justifies it.
var externalModules = []module{
	{
		path: "github.com/spf13/cobra", in: []string{"cmd/crawl"},
		why: "subcommands, flags, help and completion as users know them",
	},
	{
		path: "github.com/spf13/pflag", in: []string{"cmd/crawl"},
		why: "cobra's flags: its types appear where a command looks at its own flags",
	},
	{
		path: "github.com/schollz/progressbar/v3", in: []string{"cmd/crawl"},
		why: "the progress bar of a terminal",
	},
	{
		path: "golang.org/x/term", in: []string{"cmd/crawl"},
		why: "whether a stream is a terminal, and how wide",
	},
	{
		path: "golang.org/x/sys", in: []string{"eventloop", "engine", "modes", "compare", "latency", "cmd/crawl", "bench/peers"}, testsOf: []string{"eventloop/looptest", "fetch", "crawler"},
		why: "epoll, eventfd and socket calls that the standard library does not give",
	},
	{
		path: "golang.org/x/net", in: []string{"frontier", "dns", "cookies", "link", "item", "fetch", "cmd/crawl", "bench/peers/htmlcrawl"},
		why: "DNS messages, HTML as a tree, the encodings of the web, internationalized names, the public suffix list, SOCKS, and which proxy an environment means",
	},
	{
		path: "golang.org/x/text", in: []string{"link"},
		why: "the encodings of the Encoding standard, and their labels",
	},
	{
		path: "github.com/nlnwa/whatwg-url", in: []string{"link"},
		why: "URLs as browsers read them: the URL standard, of whose test data it passes nearly all",
	},
	{
		path: "github.com/klauspost/compress", in: []string{"coding"}, testsOf: []string{"fetch"},
		why: "gzip and deflate in less time than the standard library, and zstd, which that has not",
	},
	{
		path: "github.com/andybalholm/brotli", in: []string{"coding"}, testsOf: []string{"fetch"},
		why: "brotli, which the standard library has not",
	},
	{
		path: "github.com/andybalholm/cascadia", in: []string{"item"},
		why: "CSS selectors on the tree of x/net/html",
	},
	{
		path: "github.com/antchfx/htmlquery", in: []string{"item"},
		why: "the tree of x/net/html as XPath walks through it",
	},
	{
		path: "github.com/antchfx/xpath", in: []string{"item"},
		why: "XPath 1.0",
	},
	{
		path: "github.com/BurntSushi/toml", in: []string{"item"},
		why: "TOML, for schemas, with the place of what is wrong",
	},
	{
		path: "github.com/HdrHistogram/hdrhistogram-go", in: []string{"modes", "compare", "bench"},
		why: "latency percentiles exact to three digits at a bounded size, in a form that others read",
	},
	{
		path: "golang.org/x/perf", in: []string{"bench"},
		why: "the significance test of benchstat (benchmath), so that both say the same of the same figures",
	},
	{
		path: "github.com/VictoriaMetrics/metrics", in: []string{"live"},
		why: "the Prometheus exposition format; a tenth of what the reference client brings along, and no protobuf",
	},
	{
		path: "github.com/rogpeppe/go-internal", testsOf: []string{"cmd/crawl"},
		why: "testscript, the tests of the command line",
	},
}

// packageName is the name of a folder in importTable.
func packageName(dir string) string { return strings.TrimPrefix(dir, "internal/") }

// importFindings returns one sentence per import that the tables do not allow, and per package that
// has no row.
func importFindings(files []sourceFile, table []row, modules []module) []string {
	var findings []string
	var unknown []string // packages already reported
	for _, f := range files {
		name := packageName(f.dir())
		i := slices.IndexFunc(table, func(r row) bool { return r.name == name })
		if i < 0 && name != "." && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
			findings = append(findings, fmt.Sprintf("%s: package %s has no row in the import table: decide what it may import, here and in ARCHITECTURE.md", f.path, name))
		}
		for _, spec := range f.ast.Imports {
			p := importPath(spec)
			ours, isOurs := strings.CutPrefix(p, modulePath+"/")
			switch {
			case isOurs && i >= 0 && !mayImport(table[i], packageName(ours), f.isTest()):
				findings = append(findings, fmt.Sprintf("%s: %s may not import %s: %s (of ours it may import: %s)",
					f.at(spec.Pos()), name, ours, table[i].why, listOrNothing(table[i].may)))
			case !isOurs && isExternal(p):
				if why := externalRefusal(modules, p, name, f.isTest()); why != "" {
					findings = append(findings, fmt.Sprintf("%s: %s may not import %s: %s", f.at(spec.Pos()), name, p, why))
				}
			}
		}
	}
	return findings
}

// mayImport says whether a file of the row's package may import target. An external test imports the
// package it tests.
func mayImport(r row, target string, test bool) bool {
	if r.any || slices.Contains(r.may, target) {
		return true
	}
	return test && (target == r.name || !r.alone && slices.Contains(testKit, target))
}

// isExternal tells a module's package from the standard library's, as the go command does: by the dot
// in its first element.
func isExternal(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return strings.Contains(first, ".")
}

// externalRefusal says why the package name may not import p, or "" when it may.
func externalRefusal(modules []module, p, name string, test bool) string {
	for _, m := range modules {
		if p != m.path && !strings.HasPrefix(p, m.path+"/") {
			continue
		}
		if slices.Contains(m.in, name) || test && slices.Contains(m.testsOf, name) {
			return ""
		}
		return fmt.Sprintf("%s is for %s only (in tests also for %s)", m.path, listOrNothing(m.in), listOrNothing(m.testsOf))
	}
	return "its module is not in the list of external modules: a direct dependency needs a line that justifies it"
}

func listOrNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// TestImports holds the import graph to the tables above.
func TestImports(t *testing.T) {
	report(t, importFindings(parseTree(t), importTable, externalModules))
}

// TestImportTable holds the table itself: one row a name, each with its rule, each edge to a row.
func TestImportTable(t *testing.T) {
	var names []string
	for _, r := range importTable {
		if slices.Contains(names, r.name) {
			t.Errorf("%s has two rows", r.name)
		}
		names = append(names, r.name)
		if r.why == "" {
			t.Errorf("%s has no rule", r.name)
		}
	}
	targets := slices.Clone(testKit)
	for _, r := range importTable {
		targets = append(targets, r.may...)
	}
	for _, m := range externalModules {
		targets = slices.Concat(targets, m.in, m.testsOf)
		if m.why == "" {
			t.Errorf("nothing justifies %s", m.path)
		}
	}
	for _, target := range targets {
		if !slices.Contains(names, target) {
			t.Errorf("%q has no row", target)
		}
	}
}

// TestDirectModules holds go.mod to the list: a direct requirement is justified above.
func TestDirectModules(t *testing.T) {
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range directRequirements(string(data)) {
		if !slices.ContainsFunc(externalModules, func(m module) bool { return m.path == path }) {
			t.Errorf("go.mod requires %s, which no line of the list of external modules justifies", path)
		}
	}
}

// directRequirements returns the module paths that a go.mod requires and does not mark as indirect.
func directRequirements(goMod string) []string {
	var paths []string
	block := false
	for line := range strings.Lines(goMod) {
		words := strings.Fields(line)
		single := len(words) > 0 && words[0] == "require"
		if single {
			words = words[1:]
		}
		switch {
		case single && len(words) > 0 && words[0] == "(":
			block = true
		case block && len(words) > 0 && words[0] == ")":
			block = false
		case (block || single) && len(words) >= 2 && !strings.HasPrefix(words[0], "//") && !strings.Contains(line, "// indirect"):
			paths = append(paths, words[0])
		}
	}
	return paths
}

// TestImportFindings is the test of the test: what it must catch, and what it must let pass.
func TestImportFindings(t *testing.T) {
	cases := []struct {
		name, path, source string
		want               []string
	}{
		{"allowed edges", "internal/fetch/a.go", `package fetch; import ("crawl/internal/dns"; "crawl/internal/http1"; "net/url")`, nil},
		{"edge upwards", "internal/http1/a.go", `package http1; import "crawl/internal/engine"`, []string{"internal/http1/a.go:1: http1 may not import internal/engine: pure leaf"}},
		{"edge to itself by name", "internal/fetch/a.go", `package fetch; import "crawl/internal/fetch"`, []string{"fetch may not import internal/fetch"}},
		{"nobody imports the command", "internal/report/a.go", `package report; import _ "crawl/cmd/crawl"`, []string{"report may not import cmd/crawl"}},
		{"the command wires", "cmd/crawl/a.go", `package main; import ("crawl/internal/origin"; "github.com/spf13/cobra")`, nil},
		{"package without a row", "internal/cache/a.go", `package cache; import "crawl/internal/http1"`, []string{"package cache has no row"}},
		{"test kit", "internal/http1/a_test.go", `package http1_test; import ("crawl/internal/http1"; "crawl/internal/origin")`, nil},
		{"not from the test kit", "internal/http1/a_test.go", `package http1; import "crawl/internal/crawler"`, []string{"http1 may not import internal/crawler"}},
		{"oracle in code", "internal/origin/a.go", `package origin; import "crawl/internal/http1"`, []string{"the oracle"}},
		{"oracle in tests", "internal/origin/a_test.go", `package origin_test; import ("crawl/internal/origin"; "crawl/internal/engine")`, []string{"origin may not import internal/engine"}},
		{"module elsewhere", "internal/crawler/a.go", `package crawler; import "github.com/spf13/cobra"`, []string{"github.com/spf13/cobra is for cmd/crawl only"}},
		{"module of tests in code", "cmd/crawl/a.go", `package main; import "github.com/rogpeppe/go-internal/testscript"`, []string{"is for nothing only (in tests also for cmd/crawl)"}},
		{"module of tests in tests", "cmd/crawl/a_test.go", `package main; import "github.com/rogpeppe/go-internal/testscript"`, nil},
		{"unknown module", "cmd/crawl/a.go", `package main; import "example.org/x"`, []string{"not in the list of external modules"}},
		{"module with the same beginning", "cmd/crawl/a.go", `package main; import "github.com/spf13/cobralike"`, []string{"not in the list of external modules"}},
		{"two findings in one file", "internal/warc/a.go", `package warc; import ("crawl/internal/link"; "golang.org/x/sys/unix")`, []string{"warc may not import internal/link", "golang.org/x/sys is for"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file := parseFile(t, c.path, c.source)
			wantFindings(t, importFindings([]sourceFile{file}, importTable, externalModules), c.want)
		})
	}
}

func TestDirectRequirements(t *testing.T) {
	got := directRequirements("module m\n\nrequire a.org/one v1.0.0\n\nrequire (\n\tb.org/two v1.0.0\n\tc.org/three v1.0.0 // indirect\n\t// a comment here\n)\n\nrequire d.org/four v1.0.0 // indirect\n")
	if want := []string{"a.org/one", "b.org/two"}; !slices.Equal(got, want) {
		t.Errorf("direct requirements %q, want %q", got, want)
	}
}
