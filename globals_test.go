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

// table is a package variable that is never written after it is made. Its package never assigns to it,
// which the test checks; what a caller does with it through a pointer or a map it was given, only a
// reader sees.
type table struct {
	path string // file
	name string
	why  string // why it is a variable at all
}

// tables are the package variables that are neither errors, expressions, nor embedded files.
var tables = []table{
	{"internal/eventloop/poller_epoll_linux.go", "pollerNames", "names of the mechanisms, best first"},
	{"internal/eventloop/poller_other.go", "pollerNames", "names of the mechanisms, best first"},
	{"internal/link/plain.go", "unmoved", "a lookup for each byte of each URL; making it each time costs more"},
	{"internal/link/scan_data.go", "classes", "a lookup for each byte of each tag; making it each time costs more"},
	{"internal/link/scan_kind.go", "lengths", "a lookup for each tag; making it each time costs more"},
	{"internal/link/scan_kind.go", "attributeLengths", "a lookup for each attribute; making it each time costs more"},
}

// forbiddenNames say nothing about what is inside; what has no home stays beside its only caller.
var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "model", "models", "type", "types"}

// isOurCode says whether a file is held to the rules on variables and init functions.
func isOurCode(f sourceFile) bool {
	return !f.isTest() && (strings.HasPrefix(f.path, "internal/") || strings.HasPrefix(f.path, "cmd/"))
}

// globalFindings returns one sentence per package variable that may change, per init function, per
// write to a table, and per table that is gone.
func globalFindings(files []sourceFile, tables []table) []string {
	var findings []string
	used := make([]bool, len(tables))
	for _, f := range files {
		if !isOurCode(f) {
			continue
		}
		for _, name := range packageVariables(f.ast) {
			i := slices.IndexFunc(tables, func(tb table) bool { return tb.path == f.path && tb.name == name.Name })
			if i < 0 {
				findings = append(findings, fmt.Sprintf("%s: package variable %s: state belongs in a struct; a table that is never written goes into the list in globals_test.go with its reason", f.at(name.Pos()), name.Name))
				continue
			}
			used[i] = true
		}
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				findings = append(findings, fmt.Sprintf("%s: init function: what has to happen first is called by name", f.at(fn.Pos())))
			}
		}
		findings = append(findings, tableWrites(f, tables)...)
	}
	for i, tb := range tables {
		if !used[i] {
			findings = append(findings, fmt.Sprintf("%s: there is no package variable %s any more: take it from the list in globals_test.go", tb.path, tb.name))
		}
	}
	return findings
}

// packageVariables returns the names of the package variables of a file that are not constant by
// their kind: error sentinels, compiled expressions, embedded files and checks of an interface are.
func packageVariables(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, s := range group.Specs {
			spec := s.(*ast.ValueSpec)
			if isEmbedded(group.Doc) || isEmbedded(spec.Doc) {
				continue
			}
			for i, name := range spec.Names {
				var value ast.Expr
				if len(spec.Values) == len(spec.Names) {
					value = spec.Values[i]
				}
				if name.Name != "_" && !isSentinel(name.Name, spec.Type, value) && !isCallOf(value, "regexp.MustCompile") {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// isSentinel says whether a variable is an error made once: by errors.New, by fmt.Errorf, or, where it
// is declared as an error, as a value of a type of our own.
func isSentinel(name string, declared, value ast.Expr) bool {
	if !strings.HasPrefix(name, "Err") && !strings.HasPrefix(name, "err") {
		return false
	}
	_, literal := value.(*ast.CompositeLit)
	id, ok := declared.(*ast.Ident)
	return isCallOf(value, "errors.New") || isCallOf(value, "fmt.Errorf") || literal && ok && id.Name == "error"
}

// isCallOf says whether e calls the function written as function, "package.Name".
func isCallOf(e ast.Expr, function string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name+"."+sel.Sel.Name == function
}

func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// tableWrites finds assignments whose target begins with the name of a table of the same package, also
// to its elements and fields. A local variable of the same name is caught too: rename it.
func tableWrites(f sourceFile, tables []table) []string {
	var findings []string
	check := func(target ast.Expr) {
		root := rootIdent(target)
		if root != nil && slices.ContainsFunc(tables, func(tb table) bool { return path.Dir(tb.path) == f.dir() && tb.name == root.Name }) {
			findings = append(findings, fmt.Sprintf("%s: %s is a table, never written", f.at(target.Pos()), root.Name))
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, target := range n.Lhs {
				check(target)
			}
		case *ast.IncDecStmt:
			check(n.X)
		case *ast.CallExpr:
			if fn, ok := n.Fun.(*ast.Ident); ok && (fn.Name == "delete" || fn.Name == "clear" || fn.Name == "copy") && len(n.Args) > 0 {
				check(n.Args[0])
			}
		}
		return true
	})
	return findings
}

// rootIdent is the variable that x, x.f, x[i], x[i:j], *x and (x) begin with, or nil.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// nameFindings returns one sentence per file or package with a name that says nothing. The platform
// and "_test" at the end of a file's name do not count as a name.
func nameFindings(files []sourceFile) []string {
	var findings []string
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f.path), ".go")
		for _, suffix := range []string{"_test", "_linux", "_unix", "_darwin", "_bsd", "_windows", "_other"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if slices.Contains(forbiddenNames, name) {
			findings = append(findings, fmt.Sprintf("%s: a file named %q says nothing: name it after the noun in it", f.path, name))
		}
		if pkg := strings.TrimSuffix(f.ast.Name.Name, "_test"); slices.Contains(forbiddenNames, pkg) {
			findings = append(findings, fmt.Sprintf("%s: a package named %q says nothing: name it after what it provides", f.path, pkg))
		}
	}
	return findings
}

// TestGlobals: no init functions and no mutable package variables in internal and cmd.
func TestGlobals(t *testing.T) {
	report(t, globalFindings(parseTree(t), tables))
}

// TestNames: no file and no package is named util, common or the like.
func TestNames(t *testing.T) {
	report(t, nameFindings(parseTree(t)))
}

// TestGlobalFindings is the test of the test.
func TestGlobalFindings(t *testing.T) {
	list := []table{{"internal/x/a.go", "letters", "a table"}}
	cases := []struct {
		name, path, source string
		want               []string
	}{
		{"sentinels", "internal/x/b.go", `var ( ErrA = errors.New("a"); errB = fmt.Errorf("b: %w", ErrA) )`, nil},
		{"sentinel of our own type", "internal/x/b.go", `var ErrLate error = lateError{}`, nil},
		{"expression", "internal/x/b.go", `var word = regexp.MustCompile("a+")`, nil},
		{"interface check", "internal/x/b.go", `var _ io.Reader = (*T)(nil)`, nil},
		{"embedded", "internal/x/b.go", "//go:embed page.html\nvar page string", nil},
		{"counter", "internal/x/b.go", `var n int`, []string{"internal/x/b.go:2: package variable n"}},
		{"error without a value", "internal/x/b.go", `var ErrLast error`, []string{"package variable ErrLast"}},
		{"sentinel's name, another value", "internal/x/b.go", `var errs = map[string]error{}`, []string{"package variable errs"}},
		{"two of a group", "cmd/y/b.go", `var ( a, b = 1, 2 )`, []string{"package variable a", "package variable b"}},
		{"init", "internal/x/b.go", `func init() {}`, []string{"init function"}},
		{"method named init", "internal/x/b.go", `func (t *T) init() {}`, nil},
		{"tests may", "internal/x/b_test.go", `var n int; func init() {}`, nil},
		{"elsewhere may", "bench/x/b.go", `var n int`, nil},
		{"listed table, read", "internal/x/b.go", `func f() int { return letters[1] }`, nil},
		{"table of another package", "internal/z/b.go", `func f() { letters[0] = 1 }`, nil},
		{"table assigned", "internal/x/b.go", `func f() { letters = nil }`, []string{"letters is a table, never written"}},
		{"element assigned", "internal/x/b.go", `func f() { letters[0].n++ }`, []string{"letters is a table, never written"}},
		{"table emptied", "internal/x/b.go", `func f() { clear(letters) }`, []string{"letters is a table, never written"}},
		{"same name, not listed", "internal/x/b.go", `var letters = "ab"`, []string{"package variable letters"}},
	}
	base := parseFile(t, "internal/x/a.go", "package x\nvar letters = []int{1}\n")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file := parseFile(t, c.path, "package p\n"+c.source+"\n")
			wantFindings(t, globalFindings([]sourceFile{base, file}, list), c.want)
		})
	}
	t.Run("table that is gone", func(t *testing.T) {
		wantFindings(t, globalFindings(nil, list), []string{"no package variable letters any more"})
	})
}

func TestNameFindings(t *testing.T) {
	for file, bad := range map[string]bool{
		"internal/x/util.go": true, "internal/x/helpers_test.go": true, "internal/x/types_linux.go": true,
		"internal/x/common_crawl.go": false, "internal/x/utility.go": false, "internal/x/head.go": false,
	} {
		if got := nameFindings([]sourceFile{parseFile(t, file, "package x")}); (len(got) > 0) != bad {
			t.Errorf("%s: findings %q, want any: %v", file, got, bad)
		}
	}
	for pkg, bad := range map[string]bool{"helpers": true, "common_test": true, "fetch": false} {
		if got := nameFindings([]sourceFile{parseFile(t, "internal/x/a.go", "package "+pkg)}); (len(got) > 0) != bad {
			t.Errorf("package %s: findings %q, want any: %v", pkg, got, bad)
		}
	}
}
