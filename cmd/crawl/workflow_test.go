package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const workflow = "../../docs/ci/bench.yml"

// yamlFindings returns a sentence for each line of a workflow that YAML, or a reader, would trip over. It knows the part
// of YAML that such files need: mappings, lists and block scalars, indented by two.
func yamlFindings(text string) (findings []string, keys map[string]string) {
	keys = map[string]string{}
	entry := regexp.MustCompile(`^( *)((?:- )*)([A-Za-z][\w-]*):(?: (.*))?$`)
	type level struct {
		indent int
		path   string
	}
	var stack []level
	items := map[string]int{}
	block := -1 // the indentation of the key whose block scalar this is in
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		say := func(format string, args ...any) {
			findings = append(findings, fmt.Sprintf("line %d: ", i+1)+fmt.Sprintf(format, args...))
		}
		trimmed := strings.TrimLeft(line, " ")
		indent := len(line) - len(trimmed)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") && block < 0 {
			continue
		}
		if strings.Contains(line, "\t") || strings.TrimRight(line, " ") != line || indent%2 != 0 {
			say("tabs, blanks at the end, or an indentation that is odd")
		}
		if block >= 0 && indent > block {
			keys[stack[len(stack)-1].path] += trimmed + "\n"
			continue
		}
		block = -1
		m := entry.FindStringSubmatch(line)
		if m == nil {
			say("neither a key nor a list of keys: %q", line)
			continue
		}
		dash := len(m[2])
		for len(stack) > 0 && stack[len(stack)-1].indent >= indent+dash {
			stack = stack[:len(stack)-1]
		}
		parent := ""
		if len(stack) > 0 {
			parent = stack[len(stack)-1].path
			parent, _, _ = strings.Cut(parent, "\x00")
		}
		if dash > 0 {
			items[parent]++
		}
		path := parent + "/" + m[3]
		if n := items[parent]; n > 0 {
			path = fmt.Sprintf("%s[%d]/%s", parent, n-1, m[3])
		}
		if _, twice := keys[path]; twice {
			say("%s is there twice", path)
		}
		value := m[4]
		if value == "|" {
			block, value = indent+dash, ""
		} else if plain := strings.Trim(value, `"'`); plain == value && (strings.Contains(value, ": ") || strings.Contains(value, " #") || strings.HasPrefix(value, "*") || strings.HasPrefix(value, "&") || strings.HasPrefix(value, "%") || strings.HasPrefix(value, "@")) {
			say("%q has to be in quotes", value)
		}
		keys[path] = value
		stack = append(stack, level{indent + dash, path})
	}
	return findings, keys
}

// The workflow that users copy is YAML, has the steps that it needs, and calls crawl as it can be called.
func TestWorkflow(t *testing.T) {
	text, err := os.ReadFile(workflow)
	if err != nil {
		t.Fatal(err)
	}
	findings, keys := yamlFindings(string(text))
	for _, f := range append(findings, flagFindings(string(text), commands())...) {
		t.Errorf("%s: %s", workflow, f)
	}
	for key, want := range map[string]string{
		"/on/push/branches": "[main]", "/on/pull_request": "", "/permissions/contents": "read", "/jobs/bench/runs-on": "ubuntu-latest",
		"/jobs/bench/steps[1]/with/go-version-file": "go.mod", "/jobs/bench/steps[2]/run": "make build",
	} {
		if got, ok := keys[key]; !ok || got != want {
			t.Errorf("%s is %q (%v), want %q", key, got, ok, want)
		}
	}
	script := keys["/jobs/bench/steps[4]/run"]
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(script, -1) {
		if commands()["bench"].Flags().Lookup(flag[2:]) == nil {
			t.Errorf("crawl bench has no %s", flag)
		}
	}
	if !strings.Contains(script, "bin/crawl bench ") {
		t.Errorf("the step that measures is %q", script)
	}
	if out, err := exec.Command("bash", "-n", "-c", script).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	for key, value := range keys {
		if strings.HasSuffix(key, "/uses") && !regexp.MustCompile(`^actions/[\w/-]+@v\d+$`).MatchString(value) {
			t.Errorf("%s: %q has no version", key, value)
		}
	}
}

// A parser of YAML agrees, where there is one.
func TestWorkflowParses(t *testing.T) {
	if exec.Command("python3", "-c", "import yaml").Run() != nil {
		t.Skip("there is no python3 with PyYAML to read the workflow with")
	}
	name, err := filepath.Abs(workflow)
	if err != nil {
		t.Fatal(err)
	}
	const program = `import sys, yaml
w = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
steps = w["jobs"]["bench"]["steps"]
assert all(("run" in s) != ("uses" in s) for s in steps), steps
print(len(steps))`
	out, err := exec.Command("python3", "-c", program, name).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "7" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestYAMLFindings is the test of the test.
func TestYAMLFindings(t *testing.T) {
	for text, want := range map[string]string{
		"a:\n  b: c\n  d:\n    - e: f\n      g: |\n        any: thing: here\n    - e: h\n": "",
		"a:\n\tb: c\n":             "line 2: tabs",
		"a:\n   b: c\n":            "line 2: tabs",
		"a: b \n":                  "line 1: tabs",
		"a: b\na: c\n":             "line 2: /a is there twice",
		"a:\n  b: c\n  b: d\n":     "line 3: /a/b is there twice",
		"a:\n  just words\n":       "line 2: neither",
		"a: b: c\n":                `line 1: "b: c" has to be in quotes`,
		"a: \"b: c\"\n":            "",
		"a: %x\n":                  `line 1: "%x" has to be`,
		"a:\n  - b: c\n    b: d\n": "line 3: /a[0]/b is there twice",
		"a:b\n":                    "line 1: neither",
	} {
		findings, _ := yamlFindings(text)
		if got := strings.Join(findings, "\n"); want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
