package latency

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// quick are options for a test: little memory, and a program that ends at once, which is this one with no test to run.
func quick(t *testing.T) Options {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Quick: true, MaxMemory: 16 << 20, Disk: t.TempDir(), Process: []string{program, "-test.run=^$"}}
}

// Every row has what is cited, and a measurement, a computation or a reason.
func TestQuantities(t *testing.T) {
	cited := map[string]float64{
		"instruction": 0.38, "l1": 0.5, "mispredict": 5, "l2": 7, "mutex": 25, "memory": 100, "system_call": 1500, "thread": 1500,
		"gigabit_2k": 20e3, "sequential_1m": 250e3, "ping_datacentre": 0.5e6, "disk_1m": 1e6, "spinning_1m": 20e6, "ping_cities": 150e6,
		"vm_restart": 4e9, "server_restart": 300e9,
	}
	var names []string
	for _, q := range quantities() {
		if slices.Contains(names, q.name) || q.title == "" || utf8.RuneCountInString(q.title) > titleWidth {
			t.Errorf("%q: the name is there twice, or the title %q is missing or too long", q.name, q.title)
		}
		names = append(names, q.name)
		ways := 0
		for _, has := range []bool{q.measure != nil, q.computed > 0, q.reason != ""} {
			if has {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("%s: it has %d of measurement, computation and reason", q.name, ways)
		}
		if q.reference != cited[q.name] {
			t.Errorf("%s: reference %v ns, want %v", q.name, q.reference, cited[q.name])
		}
		delete(cited, q.name)
	}
	if len(cited) > 0 {
		t.Errorf("no rows for %v", cited)
	}
	if names[0] != instructionRow {
		t.Errorf("the first row is %q", names[0])
	}
}

// 2,048 bytes are two segments; with what is around them they are 2,228 bytes, 8 ns each.
func TestGigabit(t *testing.T) {
	for bytes, want := range map[int]float64{1448: (1448 + 90) * 8, 1449: (1449 + 180) * 8, 2048: 17_824} {
		if got := gigabit(bytes); got != want {
			t.Errorf("%d bytes: %v ns, want %v", bytes, got, want)
		}
	}
}

// Every row comes out with a figure that can be one, or with a reason. What does not depend on the machine has a figure.
func TestMeasure(t *testing.T) {
	var titles []string
	o := quick(t)
	o.Progress = func(title string, done, of int) {
		if done < 0 || done >= of {
			t.Errorf("%s is %d of %d", title, done, of)
		}
		titles = append(titles, title)
	}
	report, err := Measure(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	must := []string{instructionRow, "l1", "mutex", "coroutine", "goroutine", "channel", "loopback", "loopback_2k", "process"}
	if runtime.GOOS == "linux" {
		must = append(must, "system_call", "thread")
	}
	for i, q := range quantities() {
		row := report.Rows[i]
		if row.Name != q.name {
			t.Fatalf("row %d is %q, want %q", i, row.Name, q.name)
		}
		switch {
		case row.Here != nil:
			h := row.Here
			if row.Reason != "" || !(h.Median > 0) || math.IsInf(h.Median, 0) || h.Min > h.Median || h.Max < h.Median || h.Repetitions < enough || h.Operations < 1 || !(row.Felt > 0) {
				t.Errorf("%s: %+v %+v", row.Name, row, h)
			}
		case row.Computed > 0:
		case row.Reason == "":
			t.Errorf("%s: neither a figure nor a reason", row.Name)
		case slices.Contains(must, row.Name):
			t.Errorf("%s: no figure: %s", row.Name, row.Reason)
		}
		if (row.Reference > 0) != (row.RefFelt > 0) {
			t.Errorf("%s: %v ns feel like %v", row.Name, row.Reference, row.RefFelt)
		}
		if (q.measure != nil) != slices.Contains(titles, q.title) {
			t.Errorf("%s: progress %v", row.Name, titles)
		}
	}
	if report.Rows[0].Felt != 1 || report.Rows[0].RefFelt != 1 {
		t.Errorf("one instruction is %v s, %v s cited", report.Rows[0].Felt, report.Rows[0].RefFelt)
	}
	left, err := os.ReadDir(o.Disk)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestMeasureCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := quick(t)
	shown := 0
	o.Progress = func(string, int, int) {
		if shown++; shown == 3 {
			cancel()
		}
	}
	if report, err := Measure(ctx, o); report != nil || !errors.Is(err, context.Canceled) || shown != 3 {
		t.Errorf("%v, %v after %d", report, err, shown)
	}
}

// An error is the reason of its row and of no other.
func TestRowOfError(t *testing.T) {
	f := &fakeMachine{}
	report, err := f.meter(t).all([]quantity{
		{name: "a", title: "A", reference: 38, measure: plain(func(*meter) (Figure, error) { return Figure{}, errors.New("broken") })},
		{name: instructionRow, title: "B", measure: func(*meter) (reading, error) { return reading{Figure{Median: 2}, "noted"}, nil }},
		{name: "c", title: "C", computed: 7},
		{name: "d", title: "D", reason: "far away"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Name: "a", Title: "A", Reference: 38, RefFelt: 100, Reason: "broken"},
		{Name: instructionRow, Title: "B", Here: &Figure{Median: 2}, Felt: 1, Note: "noted"},
		{Name: "c", Title: "C", Computed: 7, Felt: 3.5},
		{Name: "d", Title: "D", Reason: "far away"},
	}
	got, wanted := asJSON(t, report.Rows), asJSON(t, want)
	if got != wanted {
		t.Errorf("%s\nwant %s", got, wanted)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCompareL3(t *testing.T) {
	for l3, want := range map[float64]bool{30: false, 74: false, 76: true, 120: true} {
		r := Report{Rows: []Row{{Name: "l3", Here: &Figure{Median: l3}}, {Name: "memory", Here: &Figure{Median: 100}}}}
		if r.compareL3(); strings.Contains(r.Rows[0].Note, "hardly faster than memory") != want {
			t.Errorf("%v ns: %q", l3, r.Rows[0].Note)
		}
	}
	r := Report{Rows: []Row{{Name: "l3", Here: &Figure{Median: 200}}, {Name: "memory", Reason: "none"}}}
	if r.compareL3(); r.Rows[0].Note != "" {
		t.Errorf("compared with nothing: %q", r.Rows[0].Note)
	}
}

// The memory that a measurement has taken is given back.
func TestAreaIsReleased(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	var held *area
	_, err := m.all([]quantity{{name: "a", measure: func(m *meter) (reading, error) {
		_, err := m.memoryArea()
		held = m.area
		return reading{}, err
	}}})
	if err != nil || held == nil || m.area != nil {
		t.Errorf("%v: it held %v, and holds %v", err, held != nil, m.area != nil)
	}
}

func TestProcessStart(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	if _, err := processStart(m); err == nil || err.Error() != "there is no program to start" {
		t.Errorf("%v", err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m.options.Process = []string{program, "-test.nonsense"}
	if _, err := processStart(m); err == nil || !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("a program that fails: %v", err)
	}
}

// Two goroutines that give way take turns; one that keeps its turn for long does not.
func TestAlternating(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if share := alternating(1000); share < 0.95 || share > 1 {
		t.Errorf("%v of all turns", share)
	}
}
