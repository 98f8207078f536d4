//go:build linux

package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fixture is a full set of rows in which every target is just reached.
func fixture() *results {
	r := &results{machine: machine{Kind: "machine", CPU: "a CPU", Rounds: 5, URLs: 100000}}
	add := func(work, peer string, us, mb float64) {
		for round := range 6 {
			const n = 100000
			drift := 1 + float64(round)/10 // both slow down alike: the pairs cancel it
			r.runs = append(r.runs, run{
				Kind: "run", Work: work, Title: "t", Peer: peer, Round: round, Conc: 100, Fetches: n,
				sample: sample{Wall: 2, User: us * drift * n / 1e6 / 4, System: us * drift * n / 1e6 * 3 / 4, PeakKB: int64(mb * 1e6 / 1024), PeakFrom: "rusage"},
				Server: counts{Requests: n, Conns: 100},
			})
		}
	}
	for _, c := range []string{"100", "1000", "10000"} {
		add("a"+c, wrk, 10, 5)
		add("a"+c, loopMode, 14.9, map[string]float64{"100": 9, "1000": 15, "10000": 59}[c])
		add("a"+c, goroutineMode, 20, 100)
		add("a"+c, netHTTP, 30, 300)
	}
	for _, c := range []string{"100", "1000"} {
		add("b"+c, wrk, 40, 5)
		add("b"+c, loopMode, 51.9, 9)
	}
	add("c1000", loopMode, 60, 15)
	add("c10000", loopMode, 60, 59)
	add("list10k", loopMode, 15, 9)
	add("list1m", loopMode, 15, 23.5)
	for round := range 6 {
		r.firsts = append(r.firsts, first{Kind: "first", Peer: loopMode, Round: round, Lines: 1000000, Seconds: 0.099})
	}
	r.calls = []calls{
		{Kind: "strace", Work: "a100", Peer: loopMode, Calls: map[string]float64{"read": 1.01, "write": 1.02, "epoll_wait": 0.5, "futex": 0.01, "nanosleep": 0.7}},
		{Kind: "strace", Work: "b100", Peer: loopMode, Calls: map[string]float64{"read": 1, "write": 1, "socket": 1, "connect": 1, "epoll_ctl": 1, "close": 1, "getsockopt": 1, "epoll_wait": 0.9, "nanosleep": 0.7}},
	}
	r.demos = []demo{{Kind: "demo", Round: 1, sample: sample{Wall: 2.4}, OK: 10000, Of: 10000, InFlight: 9900, Crawl: 2.1, Output: "10,000 of 10,000 OK"}}
	return r
}

// held returns the answers of the targets whose description, closed by "$", contains what.
func held(r *results, what string) (out []string) {
	for _, t := range r.targets() {
		if strings.Contains(t.what+"$", what) {
			out = append(out, t.held)
		}
	}
	return out
}

func TestTargetsHeld(t *testing.T) {
	r := fixture()
	ts := r.targets()
	if len(ts) != 20 {
		t.Errorf("%d targets, want 20", len(ts))
	}
	for _, x := range ts {
		if x.held != yes {
			t.Errorf("%s: reached %s, limit %s, held: %s", x.what, x.reached, x.limit, x.held)
		}
	}
	for _, x := range (&results{}).targets() {
		if x.held != notMeasured || x.reached != "–" {
			t.Errorf("without rows: %s: reached %s, held: %s", x.what, x.reached, x.held)
		}
	}
}

// TestTargetsBroken spoils the fixture so that exactly one target breaks each time.
func TestTargetsBroken(t *testing.T) {
	scale := func(r *results, work, peer string, f func(*run)) {
		for i := range r.runs {
			if r.runs[i].Work == work && r.runs[i].Peer == peer {
				f(&r.runs[i])
			}
		}
	}
	dearer := func(x *run) { x.User *= 1.06; x.System *= 1.06 }
	cheaper := func(x *run) { x.User /= 1.06; x.System /= 1.06 }
	for _, c := range []struct {
		name, target string
		spoil        func(*results)
	}{
		{"wrk cheaper", "loop : wrk, keep-alive, c=1000$", func(r *results) { scale(r, "a1000", wrk, cheaper) }},
		{"net/http cheaper", "loop : nethttp, keep-alive, c=10000$", func(r *results) { scale(r, "a10000", netHTTP, cheaper) }},
		{"goroutines as cheap", "loop : goroutine, keep-alive, c=100$", func(r *results) {
			scale(r, "a100", goroutineMode, func(x *run) { x.User, x.System = x.User*14.9/20, x.System*14.9/20 })
		}},
		{"dear connections", "loop : wrk, new connections, c=1000$", func(r *results) { scale(r, "b1000", loopMode, dearer) }},
		{"memory", "10,000 in flight, all waiting", func(r *results) {
			scale(r, "c1000", loopMode, func(x *run) { x.PeakKB += 10000 })
			scale(r, "c10000", loopMode, func(x *run) { x.PeakKB += 10000 })
		}},
		{"growth", "further connection, 1,000 to 10,000, loop, keep-alive", func(r *results) {
			scale(r, "a1000", loopMode, func(x *run) { x.PeakKB -= 2000 })
		}},
		{"list", "list of 1000000 lines less list", func(r *results) { scale(r, "list1m", loopMode, func(x *run) { x.PeakKB += 1000 }) }},
		{"late", "first request", func(r *results) {
			for i := range r.firsts {
				r.firsts[i].Seconds = 0.101
			}
		}},
		{"no request once", "first request", func(r *results) { r.firsts[3].Problem = "no request" }},
		{"a second read", "warm connection", func(r *results) { r.calls[0].Calls["recvfrom"] = 1 }},
		{"an epoll_ctl each", "warm connection", func(r *results) { r.calls[0].Calls["epoll_ctl"] = 1 }},
		{"two calls more", "new connection, loop", func(r *results) { r.calls[1].Calls["setsockopt"] = 2 }},
		{"demo failed once", "demo", func(r *results) { r.demos[0].OK = 9999 }},
		{"demo slow", "demo", func(r *results) { r.demos[0].Crawl = 2.3 }},
		{"demo mute", "demo", func(r *results) { r.demos[0].Crawl = 0 }},
		{"demo exit", "demo", func(r *results) { r.demos[0].Exit = 3 }},
		{"one run not verified", "list of 1000000 lines less list", func(r *results) {
			scale(r, "list1m", loopMode, func(x *run) {
				if x.Round == 2 {
					x.Problem = "no record of x"
				}
			})
		}},
	} {
		r := fixture()
		c.spoil(r)
		if h := held(r, c.target); len(h) != 1 || !strings.HasPrefix(h[0], no) {
			t.Errorf("%s: target %q held: %q, want no", c.name, c.target, h)
		}
		others := 0
		for _, x := range r.targets() {
			if x.held == yes {
				others++
			}
		}
		if others != 19 {
			t.Errorf("%s: %d other targets hold, want 19", c.name, others)
		}
	}
}

// TestUnverifiedHasNoFigure checks that what was not verified is not printed.
func TestUnverifiedHasNoFigure(t *testing.T) {
	r := fixture()
	for i := range r.runs {
		if r.runs[i].Work == "a100" && r.runs[i].Peer == loopMode {
			r.runs[i].Problem = "record 5: status 500"
			r.runs[i].User = 123.456
		}
	}
	page := r.report()
	if !strings.Contains(page, "| loop | not verified |") || !strings.Contains(page, "loop, round 1, not verified: record 5: status 500") {
		t.Errorf("the report does not say that loop was not verified:\n%s", page)
	}
	if n := strings.Count(page, "no: 5 of 5 runs of loop not verified"); n != 3 {
		t.Errorf("%d targets are void for that, want 3", n)
	}
	if strings.Contains(page, "1234") {
		t.Error("a figure of a run that was not verified is in the report")
	}
}

// TestSeriesNoise checks which runs count: quiet ones alone where there are enough, never the warm-up.
func TestSeriesNoise(t *testing.T) {
	for noisy, want := range map[int]int{0: 5, 1: 4, 2: 3, 3: 5, 5: 5} {
		r := fixture()
		for i := range r.runs {
			r.runs[i].Noisy = r.runs[i].Round <= noisy && r.runs[i].Round > 0
		}
		s := r.series("a100", wrk)
		if len(s.runs) != want || s.noisy != noisy || s.all != 5 {
			t.Errorf("%d of 5 noisy: %d count, %d called noisy, %d in all", noisy, len(s.runs), s.noisy, s.all)
		}
		if slices.ContainsFunc(s.runs, func(x run) bool { return x.Round == 0 }) {
			t.Error("the warm-up counts")
		}
	}
}

// TestTooNoisy checks when further rounds are wanted: with fewer than half quiet, failures aside.
func TestTooNoisy(t *testing.T) {
	for noisy, want := range map[int]bool{0: false, 2: false, 3: true, 5: true} {
		r := fixture()
		for i := range r.runs {
			r.runs[i].Noisy = r.runs[i].Peer == wrk && r.runs[i].Round <= noisy
		}
		h := &harness{results: r, rounds: 5}
		if got := h.tooNoisy("a100", []string{loopMode, wrk}); got != want {
			t.Errorf("%d of 5 rounds noisy: further rounds %v, want %v", noisy, got, want)
		}
		for i := range r.runs {
			r.runs[i].Problem = "failed"
		}
		if h.tooNoisy("a100", []string{loopMode, wrk}) {
			t.Error("runs that failed are repeated")
		}
	}
}

// TestNoiseIsSaid checks that a ratio made of noisy runs says so, and only that one.
func TestNoiseIsSaid(t *testing.T) {
	r := fixture()
	for i := range r.runs {
		r.runs[i].Noisy = r.runs[i].Work == "a100" && r.runs[i].Peer == wrk
	}
	for _, x := range r.targets() {
		if want := strings.HasSuffix(x.what, "loop : wrk, keep-alive, c=100"); strings.Contains(x.reached, "noisy") != want {
			t.Errorf("%s: %s", x.what, x.reached)
		}
	}
}

func TestRatio(t *testing.T) {
	r := fixture()
	q, ok := r.ratio("a100", loopMode, wrk)
	if !ok || fmt.Sprintf("%.4f %.4f %.4f %.4f", q.ofMedians, q.paired.med, q.paired.min, q.paired.max) != "1.4900 1.4900 1.4900 1.4900" {
		t.Errorf("ratio %+v", q)
	}
	if (ratio{ofMedians: 1.4, paired: stat{n: 5, med: 1.6}}).worst() != 1.6 || (ratio{ofMedians: 1.6, paired: stat{n: 5, med: 1.4}}).worst() != 1.6 {
		t.Error("the better of two ratios was taken")
	}
	if _, ok := r.ratio("b100", loopMode, netHTTP); ok {
		t.Error("a ratio to what was not measured")
	}
}

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want stat
	}{{nil, stat{}}, {[]float64{3}, stat{1, 3, 3, 3}}, {[]float64{9, 1, 5}, stat{3, 5, 1, 9}}, {[]float64{4, 1, 2, 9}, stat{4, 3, 1, 9}}} {
		if got := summarize(c.v); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.v, got, c.want)
		}
	}
}

// TestRowsRoundTrip writes all kinds of rows and reads them back: -table must print what the run printed.
func TestRowsRoundTrip(t *testing.T) {
	want := fixture()
	var file bytes.Buffer
	copied := &results{w: &file}
	for _, row := range rows(want) {
		if err := copied.add(row); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readResults(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(rows(got), rows(want)) || got.report() != want.report() {
		t.Error("rows changed on their way through the file")
	}
	for _, bad := range []string{"{\"kind\":\"other\"}\n", "x\n", "{\"kind\":\"run\",\"round\":\"x\"}\n"} {
		if _, err := readResults(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// rows lists all rows of r.
func rows(r *results) (out []any) {
	out = append(out, r.machine)
	for _, x := range r.runs {
		out = append(out, x)
	}
	for _, x := range r.calls {
		out = append(out, x)
	}
	for _, x := range r.firsts {
		out = append(out, x)
	}
	for _, x := range r.demos {
		out = append(out, x)
	}
	return out
}

func TestParseStrace(t *testing.T) {
	n, err := parseStrace(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.00    0.123456           6     20000        12 read
 39.00    0.100000           5     20010           write
  0.00    0.000000           0         1           close
------ ----------- ----------- --------- --------- ----------------
100.00    0.223456           5     40011        12 total
`)
	if want := map[string]int64{"read": 20000, "write": 20010, "close": 1}; err != nil || !reflect.DeepEqual(n, want) {
		t.Errorf("got %v, %v, want %v", n, err, want)
	}
	if _, err := parseStrace("strace: ptrace: Operation not permitted\n"); err == nil {
		t.Error("an empty table was accepted")
	}
}

func TestDemoParse(t *testing.T) {
	for out, want := range map[string]demo{
		"crawl: ledger: 10000 discovered = 10000 fetched + 0 failed + 0 skipped + 0 pending\n" +
			"crawl: outcome: 10000 × 200\n" +
			"crawl: the server counted: 10000 requests, 9998 in flight at once, 10000 connections, 20.5 MiB sent\n" +
			"crawl: 2h46m40s of waiting, in 1.92s\n": {OK: 10000, Of: 10000, InFlight: 9998, Crawl: 1.92},
		"crawl: ledger: 10000 discovered = 9999 fetched + 1 failed + 0 skipped + 0 pending\n" +
			"crawl: outcome: 9999 × 200, 1 × timeout.connect\n" +
			"crawl: the server counted: 9999 requests, 9901 in flight at once, 10000 connections, 20.5 MiB sent\n" +
			"crawl: 2h46m40s of waiting, in 987ms\n": {OK: 9999, Of: 10000, InFlight: 9901, Crawl: 0.987},
		"panic\n": {},
	} {
		got := demo{Output: out}
		got.parse()
		want.Output = out
		if got != want {
			t.Errorf("%q: %+v, want %+v", out, got, want)
		}
	}
	if d := (demo{sample: sample{Wall: 3}}); d.seconds() != 3 {
		t.Errorf("without a figure the wall time is %v, want that of the command, 3", d.seconds())
	}
}

func TestExpandWorks(t *testing.T) {
	for in, want := range map[string]string{
		"all": strings.Join(workNames[:], " "), "a": "a100 a1000 a10000", "list,b": "b100 b1000 list10k list1m",
		"demo,a100,a100": "a100 demo", "c": "c1000 c10000",
	} {
		got, err := expandWorks(in)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v, want %s", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "x", "a100,", "a1"} {
		if _, err := expandWorks(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
