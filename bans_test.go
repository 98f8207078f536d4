package crawl_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// ban says what the non-test files of some packages may not use. A use is written as
//
//	import net/http     an import
//	time.Now            a name of an imported package, whatever the file calls that package
//	go statement        starting a goroutine
//	channel             a channel type, a send, a receive, a select, or close
//
// and a "*" at the end of a pattern stands for any rest.
type ban struct {
	rule   string
	in     []string // folders, exactly: not those below
	what   []string
	except []string // of what
}

// The calls that ask the machine for the time or make it wait.
var clockUses = []string{
	"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After*", "time.Tick", "time.NewTimer", "time.NewTicker",
	"context.WithTimeout*", "context.WithDeadline*",
}

// The calls of package net that open something, or ask the resolver of the system.
var networkUses = []string{"net.Dial*", "net.Listen*", "net.Lookup*", "net.Resolve*", "net.DefaultResolver", "net.FileConn", "net.FileListener", "net.FilePacketConn"}

var bans = []ban{
	{
		rule: "the loop has one thread, and nothing on it blocks",
		in:   []string{"internal/eventloop"},
		what: slices.Concat(networkUses, []string{
			"go statement", "channel", "import sync", "import sync/atomic",
			"time.Sleep", "time.After*", "time.Tick", "time.NewTimer", "time.NewTicker",
			"context.WithTimeout*", "context.WithDeadline*", "context.AfterFunc",
		}),
	},
	{
		rule: "a pure package takes bytes and returns values: no network, no files, no clock, no logging",
		in:   []string{"internal/http1", "internal/coding", "internal/cookies", "internal/link", "internal/item", "internal/sitemap", "internal/robots", "internal/warc"},
		what: slices.Concat(clockUses, []string{
			"import net", "import net/*", "import os", "import os/*", "import syscall", "import log", "import log/*", "go statement",
		}),
		except: []string{"import net/url", "import net/netip"},
	},
	{
		rule: "the engine gives the clock and the network, or the simulation would not be one",
		in:   []string{"internal/dns", "internal/fetch", "internal/crawler"},
		what: slices.Concat(clockUses, networkUses),
	},
	{
		rule: "time is an argument",
		in:   []string{"internal/frontier"},
		what: slices.Concat(clockUses, networkUses),
	},
}

// exception lets one file, or one function or declaration of it, do what a ban forbids.
type exception struct {
	where string // "internal/x/file.go", or "internal/x/file.go:Type.Method"
	what  []string
	why   string
}

// exceptions to the bans. One that is no longer needed fails the test.
var exceptions = []exception{
	{
		where: "internal/eventloop/executor.go",
		what:  []string{"go statement", "import sync"},
		why:   "its workers are the goroutines where blocking work goes; a mutex guards their queue",
	},
	{
		where: "internal/eventloop/executor.go:executor.close",
		what:  []string{"channel", "time.After"},
		why:   "after its last step, the loop waits a second at most for work that has begun",
	},
	{
		where: "internal/eventloop/signals.go",
		what:  []string{"go statement", "channel"},
		why:   "os/signal delivers on a channel only; one goroutine turns that into CallSoonThreadsafe",
	},
	{
		where: "internal/eventloop/wakeup.go",
		what:  []string{"import sync", "import sync/atomic"},
		why:   "the queue of CallSoonThreadsafe, the one door through which other threads come in",
	},
	{
		where: "internal/eventloop/watchdog.go",
		what:  []string{"go statement", "channel", "import sync/atomic", "time.NewTicker"},
		why:   "it watches the loop from outside, since a loop that hangs cannot watch itself",
	},
	{
		where: "internal/fetch/resolver.go:systemLookup",
		what:  []string{"net.DefaultResolver"},
		why:   "the system's resolver, which Engine.Blocking calls off the loop",
	},
	{
		where: "internal/fetch/resolver.go:resolver.begin",
		what:  []string{"context.WithTimeout"},
		why:   "bounds that lookup, in the same call of Engine.Blocking, off the loop",
	},
}

// use is one use that a ban may forbid.
type use struct {
	what string
	in   string // the function ("Loop.Run") or declaration it stands in, "" for an import
	pos  token.Pos
}

// uses returns everything in a file that a ban can name, in the order of the source.
func uses(f sourceFile) []use {
	var found []use
	names := map[string]string{} // what the file calls a package → its path
	for _, spec := range f.ast.Imports {
		p := importPath(spec)
		found = append(found, use{"import " + p, "", spec.Pos()})
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			found = append(found, use{"dot import", "", spec.Pos()})
		}
		names[name] = p
	}
	for _, decl := range f.ast.Decls {
		for _, part := range parts(decl) {
			ast.Inspect(part.node, func(n ast.Node) bool {
				if what := useOf(n, names); what != "" {
					found = append(found, use{what, part.name, n.Pos()})
				}
				return true
			})
		}
	}
	return found
}

// part is a piece of a file that an exception can name.
type part struct {
	name string
	node ast.Node
}

// parts splits a declaration into what has a name: a function, a type, a variable.
func parts(decl ast.Decl) []part {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil && len(d.Recv.List) == 1 {
			if r := receiverIdent(d.Recv.List[0].Type); r != nil {
				name = r.Name + "." + name
			}
		}
		return []part{{name, d}}
	case *ast.GenDecl:
		var all []part
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				all = append(all, part{s.Name.Name, s})
			case *ast.ValueSpec:
				all = append(all, part{s.Names[0].Name, s})
			}
		}
		return all
	}
	return nil
}

// receiverIdent is T in the receivers T, *T, T[A] and *T[A, B].
func receiverIdent(e ast.Expr) *ast.Ident {
	switch x := e.(type) {
	case *ast.IndexListExpr:
		return receiverIdent(x.X)
	default:
		return rootIdent(e)
	}
}

// useOf names what one node uses, or returns "".
func useOf(n ast.Node, names map[string]string) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go statement"
	case *ast.ChanType, *ast.SendStmt, *ast.SelectStmt:
		return "channel"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "channel"
		}
	case *ast.CallExpr:
		if fn, ok := n.Fun.(*ast.Ident); ok && fn.Name == "close" {
			return "channel"
		}
	case *ast.SelectorExpr:
		// A local variable with the name of a package would be caught too: rename it.
		if x, ok := n.X.(*ast.Ident); ok && names[x.Name] != "" {
			return names[x.Name] + "." + n.Sel.Name
		}
	}
	return ""
}

// matches says whether the pattern, which may end in "*", names what.
func matches(pattern, what string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(what, prefix)
	}
	return pattern == what
}

// banFindings returns one sentence per use that a ban forbids and no exception allows, and per
// exception that allows nothing.
func banFindings(files []sourceFile, bans []ban, exceptions []exception) []string {
	var findings []string
	needed := map[string]bool{} // exception's where and what
	for _, f := range files {
		if f.isTest() {
			continue
		}
		for _, u := range uses(f) {
			rule := forbiddenBy(bans, f.dir(), u.what)
			if rule == "" {
				continue
			}
			allowed := false
			for _, e := range exceptions {
				if (e.where == f.path || e.where == f.path+":"+u.in) && slices.Contains(e.what, u.what) {
					needed[e.where+" "+u.what] = true
					allowed = true
				}
			}
			if !allowed {
				findings = append(findings, fmt.Sprintf("%s: %s in %s: %s; an exception goes into bans_test.go with its reason", f.at(u.pos), u.what, orFile(u.in), rule))
			}
		}
	}
	for _, e := range exceptions {
		for _, what := range e.what {
			if !needed[e.where+" "+what] {
				findings = append(findings, fmt.Sprintf("%s: the exception for %q is no longer needed: take it from bans_test.go", e.where, what))
			}
		}
	}
	return findings
}

// forbiddenBy returns the rule that forbids what in the folder, or "". A dot import would hide the
// uses, so it is forbidden wherever any ban holds.
func forbiddenBy(bans []ban, dir, what string) string {
	for _, b := range bans {
		if !slices.Contains(b.in, dir) || slices.Contains(b.except, what) {
			continue
		}
		if what == "dot import" || slices.ContainsFunc(b.what, func(p string) bool { return matches(p, what) }) {
			return b.rule
		}
	}
	return ""
}

func orFile(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}

// TestBans: the loop has one thread, pure packages are pure, and the clock comes from the engine.
func TestBans(t *testing.T) {
	for _, e := range exceptions {
		if e.why == "" {
			t.Errorf("%s: an exception without a reason", e.where)
		}
	}
	report(t, banFindings(parseTree(t), bans, exceptions))
}

// TestBanFindings is the test of the test: what must be caught, and what must pass.
func TestBanFindings(t *testing.T) {
	const loop, pure = "internal/eventloop/a.go", "internal/http1/a.go"
	cases := []struct {
		name, path, source string
		want               []string
	}{
		{"go statement", loop, `func (l *Loop) Run() { go l.step() }`, []string{"internal/eventloop/a.go:2: go statement in Loop.Run: the loop has one thread"}},
		{"go in a closure", loop, `func f() { _ = func() { go f() } }`, []string{"go statement in f"}},
		{"sync", loop, `import "sync"; var mu sync.Mutex`, []string{"import sync in the file"}},
		{"sync under another name", loop, `import x "sync/atomic"; var n x.Int32`, []string{"import sync/atomic"}},
		{"channel field", loop, `type T struct { c chan int }`, []string{"channel in T"}},
		{"channel type", loop, `type T chan<- int`, []string{"channel in T"}},
		{"make", loop, `var c = make(chan int)`, []string{"channel in c"}},
		{"send", loop, `func f() { c <- 1 }`, []string{"channel in f"}},
		{"receive", loop, `func f() int { return <-c }`, []string{"channel in f"}},
		{"receive in a range over calls", loop, `func f() { for range <-c { } }`, []string{"channel in f"}},
		{"select", loop, `func f() { select {} }`, []string{"channel in f"}},
		{"close", loop, `func f() { close(c) }`, []string{"channel in f"}},
		{"close of a descriptor", loop, `import "golang.org/x/sys/unix"; func f() { unix.Close(1) }`, nil},
		{"dial", loop, `import "net"; func f() { net.DialTimeout("tcp", "", 0) }`, []string{"net.DialTimeout in f"}},
		{"dialer", loop, `import "net"; var d net.Dialer`, []string{"net.Dialer in d"}},
		{"listen", loop, `import "net"; func f() { net.Listen("tcp", "") }`, []string{"net.Listen in f"}},
		{"names of the system's resolver", loop, `import n "net"; func f() { n.LookupHost("") }`, []string{"net.LookupHost in f"}},
		{"addresses are values", loop, `import "net"; func f(a net.Addr) net.IP { return nil }`, nil},
		{"sleep", loop, `import "time"; func f() { time.Sleep(1) }`, []string{"time.Sleep in f"}},
		{"after", loop, `import clock "time"; func f() { clock.AfterFunc(1, f) }`, []string{"time.AfterFunc in f"}},
		{"timer passed as a value", loop, `import "time"; var f = time.NewTimer`, []string{"time.NewTimer in f"}},
		{"time limit by goroutine", loop, `import "context"; func f() { context.WithTimeout(nil, 0) }`, []string{"context.WithTimeout in f"}},
		{"durations are values", loop, `import "time"; const d = 5 * time.Second`, nil},
		{"dot import hides", loop, `import . "time"; func f() { Sleep(1) }`, []string{"dot import in the file"}},
		{"generic receiver", loop, `func (f *Future[T]) wait() { <-f.c }`, []string{"channel in Future.wait"}},
		{"receiver of two types", loop, `func (m M[K, V]) wait() { <-m.c }`, []string{"channel in M.wait"}},
		{"tests may", "internal/eventloop/a_test.go", `func f() { go f() }`, nil},
		{"packages below may", "internal/eventloop/looptest/a.go", `func f() { go f() }`, nil},
		{"pure: net", pure, `import "net"`, []string{"import net in the file: a pure package"}},
		{"pure: net/http", pure, `import "net/http"`, []string{"import net/http"}},
		{"pure: os", pure, `import "os"`, []string{"import os"}},
		{"pure: now", pure, `import "time"; func f() { time.Now() }`, []string{"time.Now in f"}},
		{"pure: log", pure, `import "log/slog"`, []string{"import log/slog"}},
		{"pure: values", pure, `import ("net/url"; "net/netip"; "time"; "io"); var d time.Duration`, nil},
		{"engine: now", "internal/fetch/a.go", `import "time"; func f() { time.Since(t) }`, []string{"time.Since in f: the engine gives"}},
		{"engine: dial", "internal/dns/a.go", `import "net"; func f() { net.Dial("", "") }`, []string{"net.Dial in f"}},
		{"frontier: now", "internal/frontier/a.go", `import "time"; func f() { time.Now() }`, []string{"time is an argument"}},
		{"others may", "internal/origin/a.go", `import ("net"; "time"); func f() { go net.Dial("", time.Now().String()) }`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file := parseFile(t, c.path, "package p\n"+c.source+"\n")
			wantFindings(t, banFindings([]sourceFile{file}, bans, nil), c.want)
		})
	}
}

// TestBanExceptions: an exception covers its file or its function and what it names, and must be needed.
func TestBanExceptions(t *testing.T) {
	const source = "package p\nimport \"sync\"\nfunc (l *Loop) a() { go b() }\nfunc b() { go b(); c <- 1 }\n"
	file := parseFile(t, "internal/eventloop/a.go", source)
	check := func(name string, list []exception, want ...string) {
		t.Run(name, func(t *testing.T) {
			wantFindings(t, banFindings([]sourceFile{file}, bans, list), want)
		})
	}
	const where = "internal/eventloop/a.go"
	check("none", nil, "import sync", "go statement in Loop.a", "go statement in b", "channel in b")
	check("file", []exception{{where, []string{"go statement", "import sync", "channel"}, "r"}})
	check("function", []exception{{where + ":Loop.a", []string{"go statement"}, "r"}}, "import sync", "go statement in b", "channel in b")
	check("only what it names", []exception{{where + ":b", []string{"channel"}, "r"}}, "import sync", "go statement in Loop.a", "go statement in b")
	check("an import is the file's", []exception{{where + ":b", []string{"import sync"}, "r"}}, "import sync", "go statement in Loop.a", "go statement in b", "channel in b", `"import sync" is no longer needed`)
	check("not needed", []exception{{where, []string{"go statement", "import sync", "channel", "time.Sleep"}, "r"}}, `"time.Sleep" is no longer needed`)
	check("another file's", []exception{{"internal/eventloop/z.go", []string{"channel"}, "r"}},
		"import sync", "go statement in Loop.a", "go statement in b", "channel in b", "internal/eventloop/z.go: the exception")
}
