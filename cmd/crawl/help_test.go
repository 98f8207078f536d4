package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// help is what a command says of itself.
func help(t *testing.T, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := mainCode(append(args, "--help"), strings.NewReader(""), &out, &errOut); code != exitOK || errOut.Len() > 0 {
		t.Fatalf("crawl %s --help: exit code %d, %s", strings.Join(args, " "), code, errOut.String())
	}
	return out.String()
}

// commands are the root and those below it, by name, with the flags that cobra adds.
func commands() map[string]*cobra.Command {
	root := newRoot(streams{})
	all := map[string]*cobra.Command{"": root}
	for _, cmd := range root.Commands() {
		all[cmd.Name()] = cmd
	}
	for _, cmd := range all {
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
	}
	return all
}

func TestHelpNamesEveryFlagOnce(t *testing.T) {
	all := commands()
	for _, name := range []string{"", "run", "origin", "demo", "help"} {
		if all[name] == nil {
			t.Fatalf("there is no command %q", name)
		}
	}
	for name, cmd := range all {
		var args []string
		if name != "" {
			args = []string{name}
		}
		text := help(t, args...)
		listed := regexp.MustCompile(`(?m)^ +(?:-(\w), )?--([\w-]+)`).FindAllStringSubmatch(text, -1)
		times := map[string]int{}
		for _, m := range listed {
			times[m[2]]++
			if f := cmd.Flags().Lookup(m[2]); f == nil || f.Shorthand != m[1] {
				t.Errorf("crawl %s --help: there is no flag -%s, --%s", name, m[1], m[2])
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			want := 1
			if f.Hidden {
				want = 0
			}
			if times[f.Name] != want {
				t.Errorf("crawl %s --help: --%s is there %d times, want %d", name, f.Name, times[f.Name], want)
			}
			if f.Usage == "" {
				t.Errorf("crawl %s --help: --%s has no explanation", name, f.Name)
			}
		})
	}
}

// What the examples show can be typed: their flags exist.
func TestHelpExamples(t *testing.T) {
	all := commands()
	for name, cmd := range all {
		for _, finding := range flagFindings(cmd.Long+"\n"+cmd.Example, all) {
			t.Errorf("crawl %s --help: %s", name, finding)
		}
	}
}

func TestHelpNamesEveryExitCode(t *testing.T) {
	var want []string
	for name, code := range exitCodes(t) {
		want = append(want, fmt.Sprint(code))
		if code < 0 || code > 255 {
			t.Errorf("%s = %d is no exit code", name, code)
		}
	}
	_, section, _ := strings.Cut(help(t), "Exit codes:\n")
	section, _, _ = strings.Cut(section, "\n\n")
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+)  \S`).FindAllStringSubmatch(section, -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) < 6 {
		t.Errorf("the help has %v, root.go has %v", got, want)
	}
}

// exitCodes are the constants of root.go whose names begin with "exit".
func exitCodes(t *testing.T) map[string]int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "root.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]int{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, s := range group.Specs {
			spec := s.(*ast.ValueSpec)
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && strings.HasPrefix(spec.Names[0].Name, "exit") {
				if codes[spec.Names[0].Name], err = strconv.Atoi(literal.Value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return codes
}

// What the documents tell users to type exists.
func TestDocumentsNameRealFlags(t *testing.T) {
	var names []string
	for _, place := range []string{"README.md", "docs"} {
		err := filepath.WalkDir(filepath.Join("..", "..", place), func(name string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".md") {
				names = append(names, name)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if len(names) == 0 {
		t.Skip("there are no documents yet: neither README.md nor docs/*.md")
	}
	all := commands()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range flagFindings(string(text), all) {
			t.Errorf("%s: %s", name, finding)
		}
	}
}

var (
	commandLine = regexp.MustCompile(`\bcrawl (\w+)((?: +[^\s|;&<>#` + "`" + `]+)*)`)
	lineFlag    = regexp.MustCompile(` (--[a-z][\w-]*|-[A-Za-z])`)
	inlineFlag  = regexp.MustCompile("`(--[a-z][\\w-]*|-[A-Za-z])\\b")
)

// flagFindings returns a sentence for each flag of a text that does not exist: in command lines of crawl, up to
// the end of the line or a pipe, and those that open a piece of inline code.
func flagFindings(text string, all map[string]*cobra.Command) (findings []string) {
	exists := func(cmd *cobra.Command, flag string) bool {
		if long, ok := strings.CutPrefix(flag, "--"); ok {
			return cmd.Flags().Lookup(long) != nil
		}
		return cmd.Flags().ShorthandLookup(flag[1:]) != nil
	}
	for i, line := range strings.Split(text, "\n") {
		for _, m := range commandLine.FindAllStringSubmatch(line, -1) {
			cmd := all[m[1]]
			if cmd == nil {
				continue // "crawl is", in a sentence
			}
			for _, f := range lineFlag.FindAllStringSubmatch(m[2], -1) {
				if !exists(cmd, f[1]) {
					findings = append(findings, fmt.Sprintf("line %d: crawl %s has no %s", i+1, m[1], f[1]))
				}
			}
		}
		for _, f := range inlineFlag.FindAllStringSubmatch(line, -1) {
			found := false
			for _, cmd := range all {
				found = found || exists(cmd, f[1])
			}
			if !found {
				findings = append(findings, fmt.Sprintf("line %d: no command has %s", i+1, f[1]))
			}
		}
	}
	return findings
}

// TestFlagFindings is the test of the test.
func TestFlagFindings(t *testing.T) {
	all := commands()
	for text, want := range map[string][]string{
		"crawl run -i urls.txt -o out --rate 100/s -qv":                          nil,
		"Run `crawl run -i urls.txt --fail-on any -q` and look.":                 nil,
		"crawl run -i a --swift":                                                 {"line 1: crawl run has no --swift"},
		"x\n    crawl demo --urls 5 -i b":                                        {"line 2: crawl demo has no -i"},
		"crawl origin --list u & crawl run -i u --list v":                        {"line 1: crawl run has no --list"},
		"crawl run -i u > r.jsonl; sort -k 2 r.jsonl | head -n 5 # not --ours":   nil,
		"crawl is fast --really":                                                 nil,
		"`--per-host` and `-c 5` go together, `--speed` does not, nor does `-Z`": {"line 1: no command has --speed", "line 1: no command has -Z"},
		"go test -race ./... --count=1":                                          nil,
	} {
		if got := flagFindings(text, all); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
