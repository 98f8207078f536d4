package compare

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"crawl/internal/modes"
)

func small(t *testing.T, name string) Plan {
	return Plan{
		Modes: []string{modes.Loop, modes.Goroutine}, Concurrency: []int{1, 8}, Rounds: 2, Fetches: 1000,
		Program: program(t, name), Progress: func(format string, args ...any) { t.Logf(format, args...) },
	}
}

// Every mode runs in every round at every concurrency, each checked and each with its figures.
func TestMeasure(t *testing.T) {
	r, err := Measure(context.Background(), small(t, "good"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Problem != "" {
			t.Errorf("%s at %d, round %d: %s", run.Mode, run.Concurrency, run.Round, run.Problem)
		}
		if run.Round > 0 {
			seen[run.Mode]++
		}
		if run.Fetches != 1000 || run.Wall <= 0 || run.User+run.System <= 0 || run.Reached != run.Concurrency {
			t.Errorf("%s at %d: %d fetches in %v s, %v s of CPU, %d at once", run.Mode, run.Concurrency, run.Fetches, run.Wall, run.User+run.System, run.Reached)
		}
	}
	if seen[modes.Loop] != 4 || seen[modes.Goroutine] != 4 {
		t.Errorf("runs that count: %v; want 4 of each mode", seen)
	}
	for _, f := range Figures() {
		if f.Name == "at_server" || f.Name == "lag_p99" || f.Name == "lag_max" || f.Name == "system_calls" || f.Name == "connection_memory" {
			continue // not of every mode or concurrency
		}
		if v := Values(r.Series(modes.Goroutine, 8), f); len(v) < 1 {
			t.Errorf("no values of %s", f.Name)
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back := new(Result)
	if err := json.Unmarshal(data, back); err != nil || len(back.Runs) != len(r.Runs) || back.Runs[3].Wall != r.Runs[3].Wall {
		t.Errorf("JSON does not come back as it went: %v", err)
	}
}

// Where answers are held back the server sees as many requests at once as there are fetches in flight: in both
// modes.
func TestMeasureSeenByTheServer(t *testing.T) {
	p := small(t, "good")
	p.Concurrency, p.Latency, p.Fetches, p.Rounds = []int{8}, "200ms", 16, 1
	r, err := Measure(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Problem != "" || run.AtServer != run.Concurrency {
			t.Errorf("%s at %d: the server saw %d at once: %s", run.Mode, run.Concurrency, run.AtServer, run.Problem)
		}
	}
}

// A child that does not do the work has no figures, whatever it says, and the reason is told.
func TestMeasureBelievesNobody(t *testing.T) {
	for name, want := range map[string]string{
		"mute":   "does not get ready",
		"dies":   "no; memory",
		"liar":   "have no response",
		"short":  "999 fetches of 1000",
		"forger": "the server counted 0 requests for 1000 fetches",
	} {
		t.Run(name, func(t *testing.T) {
			p := small(t, name)
			p.Concurrency, p.Modes, p.Rounds = []int{1}, []string{modes.Loop}, 1
			r, err := Measure(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Runs {
				if got := r.Runs[i].Problem; !strings.Contains(got, want) {
					t.Errorf("the problem is %q; want %q", got, want)
				}
			}
			if len(r.Series(modes.Loop, 1)) != 0 {
				t.Error("it has figures all the same")
			}
			if !strings.Contains(strings.Join(r.Notes, "\n"), "not verified") {
				t.Errorf("nothing is said of it: %q", r.Notes)
			}
		})
	}
}

// A body that differs from what the origin says is found, by its sum alone too.
func TestTruth(t *testing.T) {
	known := &truth{urls: []string{"a", "b"}, answers: []modes.Outcome{{Status: 200, Bytes: 5, Sum: 1}, {Status: 200, Bytes: 6, Sum: 2}}, state: []knowledge{told, told}}
	if err := known.check(2, modes.Outcome{Status: 200, Bytes: 5, Sum: 1}); err != nil {
		t.Error(err)
	}
	for _, got := range []modes.Outcome{{Status: 200, Bytes: 5, Sum: 9}, {Status: 200, Bytes: 4, Sum: 1}, {Status: 404, Bytes: 5, Sum: 1}, {}} {
		if known.check(2, got) == nil {
			t.Errorf("%+v is taken for the page", got)
		}
	}
	list := unknownTruth([]string{"a", "b"})
	for _, got := range []modes.Outcome{{}, {Status: 200, Sum: 1}, {Status: 200, Sum: 1}, {}} {
		if err := list.check(0, got); err != nil {
			t.Error(err)
		}
	}
	if list.varying() != 0 {
		t.Error("a page that is always the same varies")
	}
	if err := list.check(4, modes.Outcome{Status: 200, Sum: 2}); err != nil || list.varying() != 1 {
		t.Errorf("another body: %v, %d vary; want it noted", err, list.varying())
	}
	if list.check(6, modes.Outcome{Status: 503, Sum: 2}) == nil {
		t.Error("a page of 200 may become one of 503")
	}
}

// A list of the user's is fetched whole in each run, failures are figures, and pages that change are told of.
func TestMeasureList(t *testing.T) {
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/changes":
			_, _ = w.Write([]byte(strings.Repeat("x", int(count.Add(1)))))
		case "/gone":
			w.WriteHeader(http.StatusGone)
		default:
			_, _ = w.Write([]byte("steady"))
		}
	}))
	defer server.Close()
	list := filepath.Join(t.TempDir(), "list")
	text := "# a list\n" + server.URL + "/steady\n\n" + server.URL + "/gone\n" + server.URL + "/changes\nhttp://127.0.0.1:1/\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := small(t, "good")
	p.List, p.Fetches = list, 0
	r, err := Measure(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Problem != "" || run.Fetches != 4 || run.Failures() != 1 || run.Failed["connect.refused"] != 1 {
			t.Errorf("%s: %d fetches, failed %v: %s", run.Mode, run.Fetches, run.Failed, run.Problem)
		}
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "1 of 4 URLs had another body") {
		t.Errorf("notes: %q", r.Notes)
	}
}

// What was measured until then is there when it is interrupted.
func TestMeasureInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := small(t, "good")
	p.Progress = func(format string, args ...any) { cancel() }
	r, err := Measure(ctx, p)
	if !errors.Is(err, context.Canceled) || r == nil || len(r.Runs) != 1 {
		t.Errorf("error %v, result %+v; want one run and the reason", err, r)
	}
}

func TestPlan(t *testing.T) {
	for name, p := range map[string]Plan{
		"mode":        {Modes: []string{"fibers"}},
		"twice":       {Modes: []string{modes.Loop, modes.Loop}},
		"concurrency": {Concurrency: []int{0}},
		"same":        {Concurrency: []int{5, 5}},
		"rounds":      {Rounds: -1},
		"latency":     {Latency: "soon"},
		"size":        {Size: "large"},
		"empty list":  {List: os.DevNull},
	} {
		if _, err := Measure(context.Background(), p); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: error %v; want ErrPlan", name, err)
		}
	}
}

// A run is long enough to mean something and short enough for who does one at a time.
func TestPlanFetches(t *testing.T) {
	second := Plan{}
	for _, c := range []struct {
		p                     Plan
		asked, reached, lines int
		delay                 string
		want                  int
	}{
		{second, 1, 1, 0, "0s", 40_000},
		{second, 10_000, 10_000, 0, "0s", 50_000},
		{second, 1, 1, 0, "1s", 3},
		{second, 10_000, 1, 0, "1s", 3},
		{second, 10_000, 10_000, 0, "1s", 30_000},
		{second, 100, 100, 0, "50ms", 1900},
		{second, 1, 1, 0, "1ms", 952},
		{second, 10_000, 10_000, 0, "50ms", 100_000},
		{second, 100, 100, 17, "0s", 17},
		{Plan{Fetches: 500}, 100, 100, 17, "0s", 500},
		{Plan{Fetches: 500}, 100, 1, 0, "1s", 5},
		{Plan{Rate: 50}, 10, 10, 0, "0s", 150},
	} {
		if got := c.p.fetches(c.asked, c.reached, duration(t, c.delay), c.lines); got != c.want {
			t.Errorf("%+v: %d fetches; want %d", c, got, c.want)
		}
	}
}

func TestTracers(t *testing.T) {
	strace, err := parseStrace(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.123456           6     20000        12 read
 40.00    0.082304           4     20010           write
------ ----------- ----------- --------- --------- ----------------
100.00    0.205760           5     40010        12 total
`)
	if err != nil || len(strace) != 2 || strace["read"] != 20000 || strace["write"] != 20010 {
		t.Errorf("strace: %v, %v", strace, err)
	}
	perf, err := parsePerf("# started on\n\n40123,,raw_syscalls:sys_enter,1203,100.00,,\n")
	if err != nil || perf["all"] != 40123 {
		t.Errorf("perf: %v, %v", perf, err)
	}
	if _, err := parsePerf("<not supported>,,raw_syscalls:sys_enter,0,100.00,,\n"); err == nil {
		t.Error("perf counted nothing, and that is taken for a count")
	}
}
