package bench

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sampleReport is a report with every outcome in it, and with texts from outside that try to be more than text.
func sampleReport(t *testing.T) *Report {
	t.Helper()
	r := fixture(15, map[string]float64{modes.Loop: 12, modes.NetHTTP: 30, modes.Goroutine: 20})
	r.Machine.CPU += "\u009b"
	r.Work.Title = "5 URLs of <b>|`x`\x1b[31m"
	r.Notes = []string{"line one\n::error::not a command @octocat https://example.org/"}
	for i := range r.Runs {
		run := &r.Runs[i]
		run.PeakMemory = int64(7e6 + 1e4*float64(run.Round))
		if run.Mode == modes.Loop {
			run.Failed = map[string]int{"timeout.read": 10 * (run.Round % 2)}
			if run.Round == 3 {
				run.Problem = "body of \"<script>\" is \x1b[2J\u009b2J\x7fwrong | 100%"
			}
		}
	}
	o := options(t, 15, "p95<500ms,errors<0.05%,rate>5000/s,rate>1000000/s,cpu<0.4x:goroutine,lag_p99<1ms")
	o.Baseline = baseline(t, 15, 10)
	s := &o.Baseline.Figures[slices.IndexFunc(o.Baseline.Figures, func(s Samples) bool { return s.Figure == "peak_memory" })]
	for i := range s.Ratios {
		s.Ratios[i] *= 6
	}
	return run(t, r, o)
}

func golden(t *testing.T, name string, write func(io.Writer) error) []byte {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not what is written now:\n%s", file, got.Bytes())
	}
	return got.Bytes()
}

func TestFormats(t *testing.T) {
	r := sampleReport(t)
	for name, write := range map[string]func(io.Writer) error{
		"report.txt": r.WriteText, "report.md": r.WriteMarkdown, "report.json": r.WriteJSON, "report.bench": r.WriteGobench,
		"report.xml": r.WriteJUnit, "report.github": r.WriteAnnotations, "baseline.json": r.Measured.Write,
	} {
		text := golden(t, name, write)
		if i := bytes.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 }); i >= 0 {
			t.Errorf("%s: control character %q", name, text[i])
		}
	}
	want := "p95<500ms held, errors<0.05% uncertain, rate>5000/s held, rate>1000000/s failed, cpu<0.4x:goroutine failed, lag_p99<1ms unmeasured, cpu_per_fetch failed, peak_memory improved"
	if got := outcomes(r); got != want {
		t.Errorf("the sample has %s\nwant %s", got, want)
	}
}

// What came from outside stays within its line and its cell.
func TestFormatsEscape(t *testing.T) {
	r := sampleReport(t)
	var md, text, gh, bench bytes.Buffer
	if err := errors.Join(r.WriteMarkdown(&md), r.WriteText(&text), r.WriteAnnotations(&gh), r.WriteGobench(&bench)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<b>", "<script>", "@octocat", "https://", "`x`"} {
		if strings.Contains(md.String(), bad) {
			t.Errorf("Markdown has %q:\n%s", bad, &md)
		}
	}
	for line := range strings.Lines(text.String() + gh.String() + bench.String()) {
		if strings.HasPrefix(line, "::error::") {
			t.Errorf("a text became a command: %q", line)
		}
	}
	r.Checks = []Check{{Name: "a:b,c%", Outcome: Failed, Text: "100%\r\n::error::x"}}
	gh.Reset()
	if err := r.WriteAnnotations(&gh); err != nil {
		t.Fatal(err)
	}
	if want := "::error title=crawl bench%3A a%3Ab%2Cc%25::failed: 100%25%0D%0A::error::x\n"; gh.String() != want {
		t.Errorf("%q, want %q", gh.String(), want)
	}
}

// The JSON is read back as what it was, and its measurement as a baseline.
func TestJSONRoundTrip(t *testing.T) {
	r := sampleReport(t)
	var text bytes.Buffer
	if err := r.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(text.Bytes(), &got); err != nil || got.Verdict != Failed || len(got.Checks) != 8 || fmt.Sprint(got.Measured) != fmt.Sprint(r.Measured) {
		t.Errorf("%v: %+v", err, got)
	}
}

// The benchmark format is read by the package that benchstat reads it with: every run that counts, with all its
// figures, in units that are scaled as they should be.
func TestGobenchParses(t *testing.T) {
	r := sampleReport(t)
	var text bytes.Buffer
	if err := r.WriteGobench(&text); err != nil {
		t.Fatal(err)
	}
	in := benchfmt.NewReader(&text, "report")
	runs, units := map[string]int{}, map[string]string{}
	var first *benchfmt.Result
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.Result:
			runs[rec.Name.String()]++
			if first == nil {
				first = rec.Clone()
			}
		case *benchfmt.UnitMetadata:
			units[rec.Unit] = rec.Value
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"Fetch/mode=loop/c=100-1": 14, "Fetch/mode=nethttp/c=100-1": 15, "Fetch/mode=goroutine/c=100-1": 15}
	if fmt.Sprint(runs) != fmt.Sprint(want) {
		t.Errorf("runs %v, want %v", runs, want)
	}
	if first.Iters != 9_990 || first.GetConfig("goos") != "linux" || first.GetConfig("pkg") != "crawl" || first.GetConfig("cpu") != `A CPU of 2 GHz\x9b` {
		t.Errorf("%+v", first)
	}
	runOf := series(r.result, modes.Loop, 100, compare.Figure{})[0]
	for unit, want := range map[string]float64{
		"sec/op": runOf.Wall / 9_990, "cpu-sec/op": (runOf.User + runOf.System) / 9_990, "fetches/s": 9_990 / runOf.Wall,
		"peak-memory-B": float64(runOf.PeakMemory), "p95-sec": float64(runOf.Latency.P95) / 1e6, "system-calls": 30_000. / 9_990,
	} {
		if got, ok := first.Value(unit); !ok || got < want*0.999 || got > want*1.001 {
			t.Errorf("%s: %v, want %v", unit, got, want)
		}
	}
	for unit, want := range map[string]string{"fetches/s": "higher", "p95-sec": "lower", "cpu-sec/op": "lower"} {
		if units[unit] != want {
			t.Errorf("%s: better %q, want %q", unit, units[unit], want)
		}
	}
	seen := map[string]string{}
	for _, f := range compare.Figures() {
		unit, _ := benchUnit(f)
		if seen[unit] != "" || strings.ContainsAny(unit, " \t") {
			t.Errorf("%s and %s share the unit %q", seen[unit], f.Name, unit)
		}
		seen[unit] = f.Name
	}
}

// benchstat itself reads it.
func TestBenchstat(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds benchstat")
	}
	dir := t.TempDir()
	for name, us := range map[string]float64{"old": 10, "new": 12} {
		r := run(t, fixture(10, map[string]float64{modes.Loop: us}), options(t, 10, ""))
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			err = errors.Join(r.WriteGobench(f), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools.mod", "benchstat", filepath.Join(dir, "old"), filepath.Join(dir, "new"))
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.CombinedOutput()
	if err != nil && (bytes.Contains(out, []byte("dial tcp")) || bytes.Contains(out, []byte("module lookup disabled"))) {
		t.Skipf("benchstat cannot be fetched here: %s", out)
	}
	if err != nil || !bytes.Contains(out, []byte("+20.00% (p=0.000 n=10)")) || !bytes.Contains(out, []byte("cpu-sec/op")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// junitSchema is what the schema that Jenkins publishes (junit-10.xsd) allows: for each element its attributes, "!"
// before those that must be there, and its children.
var junitSchema = map[string]struct{ attributes, children string }{
	"testsuites": {"name time tests failures errors", "testsuite"},
	"testsuite":  {"!name !tests !failures !errors group time skipped timestamp hostname id package file log url", "properties testcase system-out system-err testsuite"},
	"properties": {"", "property"},
	"property":   {"!name !value", ""},
	"testcase":   {"!name time classname group", "skipped error failure system-out system-err"},
	"failure":    {"type message", ""},
	"error":      {"type message", ""},
	"system-out": {"", ""},
}

func TestJUnitSchema(t *testing.T) {
	r := sampleReport(t)
	var text bytes.Buffer
	if err := r.WriteJUnit(&text); err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(bytes.NewReader(text.Bytes()))
	var path []string
	count := map[string]int{}
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			name := x.Name.Local
			count[name]++
			rule, known := junitSchema[name]
			if !known || len(path) > 0 && !slices.Contains(strings.Fields(junitSchema[path[len(path)-1]].children), name) || len(path) == 0 && name != "testsuites" {
				t.Errorf("<%s> within %v", name, path)
			}
			var has []string
			for _, a := range x.Attr {
				has = append(has, a.Name.Local)
				if !slices.Contains(strings.Fields(strings.ReplaceAll(rule.attributes, "!", "")), a.Name.Local) {
					t.Errorf("<%s> has no attribute %s", name, a.Name.Local)
				}
			}
			for _, a := range strings.Fields(rule.attributes) {
				if must, ok := strings.CutPrefix(a, "!"); ok && !slices.Contains(has, must) {
					t.Errorf("<%s> needs the attribute %s", name, must)
				}
			}
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
	if count["testcase"] != 8 || count["failure"] != 3 || count["error"] != 1 {
		t.Errorf("%v", count)
	}
	var back junitSuites
	if err := xml.Unmarshal(text.Bytes(), &back); err != nil || back.Tests != 8 || back.Failures != 3 || back.Errors != 1 {
		t.Errorf("%v: %+v", err, back)
	}
}
