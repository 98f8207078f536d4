package crawl_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The tests of this package hold the architecture of the whole tree: deps_test.go who may import whom,
// bans_test.go what a package may not use, globals_test.go variables, init functions and names. They
// read the source and not the build, so every rule holds for the files of every platform.

// sourceFile is one parsed Go file of this module.
type sourceFile struct {
	path string // from the root, with slashes: "internal/http1/head.go"
	ast  *ast.File
	fset *token.FileSet
}

// dir is the package directory from the root; "." is the root itself.
func (f sourceFile) dir() string { return path.Dir(f.path) }

func (f sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// at names a place as compilers do, so that editors find it.
func (f sourceFile) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(pos).Line)
}

// importPath is the unquoted path of an import.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser lets no such thing through
	}
	return p
}

// parseFile parses source, or the file at its path when source is nil.
func parseFile(t *testing.T, name string, source any) sourceFile {
	t.Helper()
	f := sourceFile{path: name, fset: token.NewFileSet()}
	var err error
	f.ast, err = parser.ParseFile(f.fset, filepath.FromSlash(name), source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// parseTree parses every Go file of the module that the go command would look at: hidden folders, testdata and other
// modules are not among them.
func parseTree(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(name, "go.mod"))
			if name != "." && (err == nil || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(base, ".go") && !strings.HasPrefix(base, ".") && !strings.HasPrefix(base, "_") {
			files = append(files, parseFile(t, filepath.ToSlash(name), nil))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wantFindings checks that each finding contains its fragment, in order, and that there are no others.
func wantFindings(t *testing.T, got, fragments []string) {
	t.Helper()
	if len(got) != len(fragments) {
		t.Fatalf("%d findings, want %d:\ngot  %s\nwant %s", len(got), len(fragments),
			strings.Join(got, "\n     "), strings.Join(fragments, "\n     "))
	}
	for i := range got {
		if !strings.Contains(got[i], fragments[i]) {
			t.Errorf("finding %d: %q does not contain %q", i, got[i], fragments[i])
		}
	}
}

// report fails the test once per finding.
func report(t *testing.T, findings []string) {
	t.Helper()
	for _, f := range findings {
		t.Error(f)
	}
}
