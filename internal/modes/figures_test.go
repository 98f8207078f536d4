package modes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"crawl/internal/origin"
)

// TestInFlight: a mode has as many fetches in flight as it says, seen from the server, and never more. The gate opens
// for all of them at once or not at all.
func TestInFlight(t *testing.T) {
	s := web(t, origin.Config{})
	onEach(t, func(t *testing.T, mode string) {
		for _, c := range []int{1, 7, 50} {
			if c > most(mode) {
				continue
			}
			s.Reset()
			r, _ := run(t, Spec{Mode: mode, Concurrency: c, Fetches: 4 * c, List: listOf(t, s, fmt.Sprintf("/f/gate/%d?name=%s", c, mode))})
			if st := s.Stats(); len(r.Failed) != 0 || r.Reached != c || st.MaxInFlight != int64(c) {
				t.Errorf("%d in flight: reached %d, %d at the server, failed: %v, %q", c, r.Reached, st.MaxInFlight, r.Failed, r.Error)
			}
			if got := slices.Max(r.InFlight.Counts); got > c || got < 1 {
				t.Errorf("%d in flight: the timeline has %d", c, got)
			}
		}
	})
}

// TestRate: no fetch begins before it is due, and what a slow answer delays is in the latency of those that had to
// wait for it: with one in flight, answers after 30 ms and a fetch each 10 ms, the last is late by 20 ms for each
// before it.
func TestRate(t *testing.T) {
	const n, delay, each = 10, 30 * time.Millisecond, 10 * time.Millisecond
	s := web(t, origin.Config{})
	onEach(t, func(t *testing.T, mode string) {
		r, _ := run(t, Spec{Mode: mode, Concurrency: 1, Fetches: n, Rate: float64(time.Second / each), List: listOf(t, s, "/f/delay/30ms")})
		if least := (n*delay - (n-1)*each).Microseconds(); r.Latency.Max < least || r.Latency.P50 < delay.Microseconds() {
			t.Errorf("latency %+v, want the most to be at least %d µs", r.Latency, least)
		}
		c := min(n, most(mode))
		r, _ = run(t, Spec{Mode: mode, Concurrency: c, Fetches: n, Rate: float64(time.Second / each), List: listOf(t, s, "/f/size/10")})
		for _, p := range r.Sample {
			if due := time.Duration(p.Fetch) * each; p.Begin < due.Microseconds() {
				t.Errorf("fetch %d began at %d µs, %v are due", p.Fetch, p.Begin, due)
			}
		}
		if r.Wall < ((n - 1) * each).Seconds() {
			t.Errorf("the whole took %v s", r.Wall)
		}
	})
}

// TestFigures: what a result tells is there, and is not against reason.
func TestFigures(t *testing.T) {
	s := web(t, origin.Config{})
	name := listOf(t, s, "/f/delay/2ms?size=3000", "/f/close")
	onEach(t, func(t *testing.T, mode string) {
		r, _ := run(t, Spec{Mode: mode, Concurrency: 5, Fetches: 200, List: name})
		l := r.Latency
		if !slices.IsSorted([]int64{1, l.P50, l.P90, l.P99, l.P999}) || l.P999 > l.Max+l.Max/1000+1 {
			t.Errorf("latency is %+v", l)
		}
		h, err := hdrhistogram.Decode([]byte(l.Histogram))
		if err != nil || h.TotalCount() != 200 || h.ValueAtQuantile(90) != l.P90 {
			t.Errorf("the histogram has %d values, error %v", h.TotalCount(), err)
		}
		if len(r.Sample) != sampleSize || !slices.IsSortedFunc(r.Sample, func(a, b Phases) int { return int(a.Begin - b.Begin) }) {
			t.Errorf("a sample of %d fetches", len(r.Sample))
		}
		new, wall := 0, int64(r.Wall*1e6)
		for _, p := range r.Sample {
			if p.Connected > 0 {
				new++
			}
			if p.Connected != 0 && (p.Connected < p.Begin || p.Connected > p.FirstByte) || p.FirstByte < p.Begin || p.FirstByte > p.End || p.End > wall+1 {
				t.Errorf("phases %+v of %d µs", p, wall)
			}
		}
		if mode != NetHTTP && new == 0 {
			t.Error("no fetch of the sample has made a connection")
		}
		if len(r.InFlight.Counts) != timelineSteps || r.InFlight.Step*timelineSteps < r.Wall*0.999 {
			t.Errorf("a timeline of %d × %v s, of %v s", len(r.InFlight.Counts), r.InFlight.Step, r.Wall)
		}
		if r.User+r.System <= 0 {
			t.Error("it took no CPU time")
		}
		if onLoop := mode == Loop || mode == Callbacks; onLoop != (r.SystemCalls > 0) || onLoop != (r.LagMax > 0) {
			t.Errorf("%d system calls, lag %v s", r.SystemCalls, r.LagMax)
		}
		if runtime.GOOS != "linux" {
			return
		}
		if r.PeakMemory < 1<<20 || r.BaseMemory < 1<<20 || r.PeakMemory < r.BaseMemory-1<<20 || r.Shared <= 0 {
			t.Errorf("memory: base %d, peak %d, shared %d", r.BaseMemory, r.PeakMemory, r.Shared)
		}
		if r.Threads < 2 || mode == Threads && r.Threads < 6 || mode == Processes && r.Threads < 10 {
			t.Errorf("%d threads", r.Threads)
		}
		if r.Voluntary+r.Involuntary <= 0 {
			t.Error("no context switches")
		}
	})
}

// TestBurden: what is added to each fetch is in the CPU time.
func TestBurden(t *testing.T) {
	const n, burden = 50, 2 * time.Millisecond
	s := web(t, origin.Config{})
	name := listOf(t, s, "/f/size/10")
	onEach(t, func(t *testing.T, mode string) {
		r, _ := run(t, Spec{Mode: mode, Concurrency: 5, Fetches: n, List: name, Burden: burden})
		if least := 0.5 * n * burden.Seconds(); r.User < least { // half, for the machine may be faster than when it was calibrated
			t.Errorf("%v s of user time, want at least %v", r.User, least)
		}
	})
}

// TestProfile: a CPU profile of the work is a file in the format of pprof, which is compressed.
func TestProfile(t *testing.T) {
	s := web(t, origin.Config{})
	onEach(t, func(t *testing.T, mode string) {
		file := filepath.Join(t.TempDir(), "cpu.pprof")
		run(t, Spec{Mode: mode, Concurrency: 2, Fetches: 10, List: listOf(t, s, "/f/size/10"), Profile: file})
		data, err := os.ReadFile(file)
		if err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			t.Errorf("%d bytes, error %v", len(data), err)
		}
	})
}

func TestTimeline(t *testing.T) {
	second := int64(time.Second)
	visits := []visit{{Begin: 0, End: 6 * second}, {Begin: 3 * second, End: 9 * second}, {Begin: 1, End: 12 * second}, {Begin: 0, End: -1}}
	got := timeline(visits, 12)
	if got.Step != 0.1 || len(got.Counts) != 120 {
		t.Fatalf("%d steps of %v", len(got.Counts), got.Step)
	}
	for at, want := range map[int]int{0: 1, 1: 2, 29: 2, 30: 3, 59: 3, 60: 2, 89: 2, 90: 1, 119: 1} {
		if got.Counts[at] != want {
			t.Errorf("at %v s %d are in flight, want %d", float64(at)/10, got.Counts[at], want)
		}
	}
}

// TestShares: the children of Processes make each fetch once, of the right line, whatever the numbers.
func TestShares(t *testing.T) {
	var urls []string
	for i := range 12 {
		urls = append(urls, fmt.Sprintf("http://127.0.0.1/%d", i))
	}
	for lines := 1; lines <= 12; lines++ {
		name := listOf(t, nil, urls[:lines]...)
		for _, n := range []int{1, 2, 3, 4, 5, 12} {
			const fetches = 31
			for k := range n {
				s := Spec{List: name, Fetches: (fetches - k + n - 1) / n, First: k, Step: n}
				l, err := readLines(s)
				if err != nil {
					t.Fatal(err)
				}
				for i := range s.Fetches {
					fetch := k + i*n
					if fetch >= fetches {
						t.Fatalf("fetch %d of %d", fetch, fetches)
					}
					if got, want := l.lines[i%len(l.lines)], urls[fetch%lines]; got != want || l.urls[i%len(l.urls)].Target() != want[len("http://127.0.0.1"):] {
						t.Errorf("%d lines, child %d of %d: fetch %d is %s, want %s", lines, k, n, fetch, got, want)
					}
				}
			}
		}
	}
}
