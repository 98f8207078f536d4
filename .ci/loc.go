//go:build ignore

// Command loc prints the lines of every Go file that is not a test, and the longest functions. A file
// past 400 lines and a function past 60 are marked: to think about, not to forbid.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	longFile       = 400 // lines; think about it
	tooLongFile    = 600 // lines; split it
	longFunction   = 60  // lines, from func to the closing brace
	functionsShown = 15  // besides those that are marked
)

// counted is a file or a function with its lines.
type counted struct {
	name  string
	lines int
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("loc: ")
	files, functions, err := count(".")
	if err != nil {
		log.Fatal(err)
	}
	total := 0
	fmt.Println("lines  file")
	for _, f := range files {
		total += f.lines
		fmt.Printf("%5d  %s%s\n", f.lines, f.name, fileMark(f.lines))
	}
	fmt.Printf("%5d  in %d files without tests\n", total, len(files))

	slices.SortStableFunc(functions, func(a, b counted) int { return cmp.Compare(b.lines, a.lines) })
	fmt.Println("\nlines  function")
	for i, f := range functions {
		switch {
		case f.lines > longFunction:
			fmt.Printf("%5d  %s  <-- over %d\n", f.lines, f.name, longFunction)
		case i < functionsShown:
			fmt.Printf("%5d  %s\n", f.lines, f.name)
		}
	}
	fmt.Printf("%5d  functions\n", len(functions))
}

func fileMark(lines int) string {
	switch {
	case lines > tooLongFile:
		return fmt.Sprintf("  <-- over %d, split", tooLongFile)
	case lines > longFile:
		return fmt.Sprintf("  <-- over %d", longFile)
	}
	return ""
}

// count returns the files below root in the order of their names, and their functions. Hidden folders
// and testdata are left out, as the go command does.
func count(root string) (files, functions []counted, err error) {
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != root && (base == "testdata" || base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, counted{name, bytes.Count(source, []byte("\n"))})
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				from, to := fset.Position(fn.Pos()), fset.Position(fn.End())
				functions = append(functions, counted{fmt.Sprintf("%s:%d %s", name, from.Line, fn.Name.Name), to.Line - from.Line + 1})
			}
		}
		return nil
	})
	return files, functions, err
}
