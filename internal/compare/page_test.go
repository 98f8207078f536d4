package compare

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/HdrHistogram/hdrhistogram-go"

	"crawl/internal/modes"
)

var update = flag.Bool("update", false, "write the golden files")

// character is what makes one mode's made-up runs differ from another's.
type character struct {
	mode         string
	user, system float64 // µs of a fetch
	grows        float64 // of both, with each tenfold concurrency
	perFetch     float64 // KB
	most         int     // the cap
	threads      func(c int) int
	calls        float64
	lag          bool
}

func characters() []character {
	one := func(int) int { return 5 }
	each := func(c int) int { return c + 5 }
	return []character{
		{modes.Sync, 3.9, 12.2, 0, 10, 1, one, 0, false},
		{modes.Processes, 4.2, 14.9, .12, 5200, 256, each, 0, false},
		{modes.Threads, 6.1, 19.8, .16, 24.5, 4096, each, 0, false},
		{modes.Callbacks, 3.1, 8.4, .13, 0.9, 1 << 20, one, 2.02, true},
		{modes.Loop, 3.6, 8.7, .14, 3.4, 1 << 20, one, 2.03, true},
		{modes.Goroutine, 5.0, 11.6, .15, 14.8, 1 << 20, one, 0, false},
		{modes.NetHTTP, 21, 19.4, .22, 49, 1 << 20, one, 0, false},
	}
}

// made is a result as a comparison might have it: made up, and the same each time. latency is that of the origin
// in µs, 0 for a fast one.
func made(latency float64) *Result {
	rng := rand.New(rand.NewPCG(7, 11))
	r := &Result{
		Version: FormatVersion, Program: "crawl 0.1.0 (commit 0123abc)", Rounds: 3, Took: 812.4,
		Command: []string{"crawl", "compare", "--rounds", "3", "-c", "1,10,100,1000,10000"},
		Started: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
		Machine: Machine{
			OS: "linux", Kernel: "6.12.43", Arch: "amd64", CPU: "AMD EPYC 7B13", CPUs: 2, Memory: 8_200_000_000,
			Descriptors: 1_048_576, Go: "go1.26.0", OriginCPU: 0, ClientCPU: 1, Virtualised: true,
		},
		Work:  Work{URLs: 1000, Size: 2048, Title: "2 KB pages of a fast origin"},
		Notes: []string{"The origin took up to 64 % of its CPU, so no mode had to wait for it."},
	}
	if latency > 0 {
		r.Work.Title, r.Work.Latency = "2 KB pages of an origin that takes 100 ms", "100ms"
		r.Command = append(r.Command, "--latency", "100ms")
	}
	for _, c := range []int{1, 10, 100, 1000, 10_000} {
		for round := range r.Rounds + 1 {
			for _, ch := range characters() {
				r.Runs = append(r.Runs, madeRun(rng, &ch, c, round, latency))
			}
		}
		r.Traces = append(r.Traces, Trace{Mode: modes.Goroutine, Concurrency: c, By: "strace", PerFetch: 3.4})
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		switch {
		case run.Mode == modes.NetHTTP && run.Concurrency == 10_000 && run.Round == 2:
			run.Problem = "17 of 100,000 bodies differ from what the origin says"
		case run.Mode == modes.Goroutine && run.Concurrency == 100 && run.Round == 3:
			run.Noisy, run.Foreign = true, 0.31
		case run.Mode == modes.Threads && run.Concurrency == 10_000:
			run.Problem = "fork/exec: resource temporarily unavailable"
		}
	}
	return r
}

func madeRun(rng *rand.Rand, ch *character, c, round int, latency float64) Run {
	reached := min(c, ch.most)
	noise := math.Exp(.025 * rng.NormFloat64())
	growth := 1 + ch.grows*math.Log10(float64(reached))
	user, system := ch.user*growth*noise, ch.system*growth*noise
	perSecond := min(1e6/(user+system), float64(reached)*1e6/(latency+user+system+25))
	fetches := int(max(50, perSecond*1.2))
	run := Run{Mode: ch.mode, Concurrency: c, Round: round, StartCPU: .011}
	run.Result = modes.Result{
		Reached: reached, Fetches: fetches, Connections: reached, Wall: float64(fetches) / perSecond,
		User: user * float64(fetches) / 1e6, System: system * float64(fetches) / 1e6,
		BaseMemory: 9_000_000, PeakMemory: 9_200_000 + int64(ch.perFetch*1000*float64(reached)*noise),
		Threads: ch.threads(reached), Voluntary: int64(float64(fetches) * .9 / float64(reached)), Involuntary: int64(fetches / 900),
		SystemCalls: int64(ch.calls * float64(fetches)), Collections: int(ch.user * float64(fetches) / 70_000), PauseMax: .00012 * noise,
	}
	if reached < c {
		run.Note = fmt.Sprintf("at its cap of %d", reached)
	}
	if ch.lag {
		run.LagP99, run.LagMax = 1e-6*float64(reached)*.9, 1e-6*float64(reached)*2.2
	}
	h := hdrhistogram.New(1, 60_000_000, 2) // two digits are enough here, and quicker
	center := latency + float64(reached)*1e6/perSecond*.02 + 1e6/perSecond*float64(reached)*.9*boolTo(latency == 0) + 18
	var at float64
	for i := range 4000 {
		took := center * math.Exp(.12*rng.NormFloat64()+.5*rng.ExpFloat64()*rng.ExpFloat64()*.2)
		_ = h.RecordValue(int64(took))
		if i%167 == 0 && round > 0 {
			at = float64(i) / 4000 * run.Wall * 1e6
			begin := int64(at)
			p := modes.Phases{Fetch: i, Begin: begin, FirstByte: begin + int64(took*.93), End: begin + int64(took)}
			if i < 500 {
				p.Connected = begin + int64(took*.22)
			}
			run.Sample = append(run.Sample, p)
		}
	}
	run.Latency = modes.Latency{
		P50: h.ValueAtPercentile(50), P90: h.ValueAtPercentile(90), P99: h.ValueAtPercentile(99),
		P999: h.ValueAtPercentile(99.9), Max: h.Max(),
	}
	if encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err == nil {
		run.Latency.Histogram = string(encoded)
	}
	run.InFlight.Step = run.Wall / 120
	for i := range 120 {
		n := float64(reached) * min(1, float64(i+1)/4, float64(120-i)/5)
		if reached > 8 && i > 4 && i < 112 {
			n -= rng.Float64() * .06 * n
		}
		run.InFlight.Counts = append(run.InFlight.Counts, int(math.Ceil(n)))
	}
	return run
}

func boolTo(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; after a change: go test ./internal/compare -update, and read the diff", file)
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := made(0).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "fast.txt", b.Bytes())
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(line) - 1; n > 160 && strings.Contains(line, "  ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := made(0).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "fast.md", b.Bytes())
}

// few keeps some of the modes and concurrencies, so that a golden page can be read.
func few(r *Result) *Result {
	r.Runs = slices.DeleteFunc(r.Runs, func(run Run) bool {
		return run.Concurrency != 1 && run.Concurrency != 100 || run.Mode != modes.Sync && run.Mode != modes.Loop && run.Mode != modes.Goroutine
	})
	return r
}

func pageOf(t *testing.T, results ...*Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, results...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage: CRAWL_PAGES=DIR leaves the whole page in DIR, to be looked at.
func TestPage(t *testing.T) {
	page := pageOf(t, made(0), made(100_000))
	if dir := os.Getenv("CRAWL_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "compare.html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "few.html", []byte(pageOf(t, few(made(0)))))
	for _, m := range regexp.MustCompile(`(?i)(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]*)`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && m[1] != "data:," {
			t.Errorf("the page refers to %q", m[1])
		}
	}
}

// picture is the SVG of the chart with that title.
func picture(t *testing.T, page, title string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "<figcaption><strong>"+title+"</strong>")
	if !ok {
		t.Fatalf("there is no chart %q", title)
	}
	_, rest, _ = strings.Cut(rest, `<svg class="picture"`)
	svg, _, _ := strings.Cut(rest, "</svg>")
	return svg
}

// TestMarks: each figure that there is has its mark, and what is not verified or at its cap is seen to be that.
func TestMarks(t *testing.T) {
	page := pageOf(t, made(0))
	for _, c := range []struct {
		title, mark string
		want        int
	}{
		// Seven modes at five concurrencies, threads at four, and a mark beside each of the seven names.
		{"Fetches per second", `class="mark shape`, 7*5 - 1 + 7},
		{"Fetches per second", `class="mark shape hollow"`, 4 + 2}, // sync from 10 on, processes from 1,000 on
		{"Peak memory", `class="mark shape`, 7*5 - 1 + 7},
		{"CPU time per fetch", `class="mark part p0"`, 7*5 - 1},
		{"CPU time per fetch", `class="mark part p1"`, 7*5 - 1},
		{"loop: fetches in flight", `class="mark area`, 1},
		{"loop: some fetches", `class="mark part p0"`, 3}, // those with a new connection
		{"loop: some fetches", `class="mark part p2"`, 24},
	} {
		if got := strings.Count(picture(t, page, c.title), c.mark); got != c.want {
			t.Errorf("%s: %d of %s, want %d", c.title, got, c.mark, c.want)
		}
	}
	for _, want := range []string{
		"not verified, 3 of 3 runs: fork/exec", "17 of 100,000 bodies differ", "at its cap of 256", "crawl compare --rounds 3 -c 1,10,100,1000,10000",
		"AMD EPYC 7B13", "a virtual machine", "up to 64 % of its CPU",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestMergeLatency: percentiles of runs together are those of all their values.
func TestMergeLatency(t *testing.T) {
	all := hdrhistogram.New(1, 60_000_000, 3)
	var runs []*Run
	for i := range 3 {
		one := hdrhistogram.New(1, int64(1_000_000*(i+1)), 3) // of different reach
		for v := range int64(1000) {
			_ = one.RecordValue(v * int64(i+1) * 300)
			_ = all.RecordValue(v * int64(i+1) * 300)
		}
		encoded, err := one.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, &Run{Result: modes.Result{Latency: modes.Latency{Histogram: string(encoded)}}})
	}
	h, err := mergeLatency(append(runs, &Run{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []float64{1, 50, 90, 99, 99.9, 100} {
		got, want := h.ValueAtPercentile(p), all.ValueAtPercentile(p)
		if math.Abs(float64(got-want)) > .002*float64(want) {
			t.Errorf("p%v is %d, want %d", p, got, want)
		}
	}
	if h.TotalCount() != 3000 {
		t.Errorf("%d values", h.TotalCount())
	}
	if h, err := mergeLatency([]*Run{{}}); h != nil || err != nil {
		t.Errorf("of nothing: %v, %v", h, err)
	}
}

// TestPoorResults: whatever is missing or broken, there is a page and a table, and they say what they can.
func TestPoorResults(t *testing.T) {
	unread := few(made(0))
	for i := range unread.Runs {
		unread.Runs[i].Latency.Histogram = "AAAA"
	}
	failed := few(made(0))
	for i := range failed.Runs {
		failed.Runs[i].Problem = "<b>\x1b[31mno"
	}
	alone := few(made(0))
	alone.Runs = slices.DeleteFunc(alone.Runs, func(run Run) bool { return run.Mode == modes.Loop })
	for name, c := range map[string]struct {
		result *Result
		want   string
	}{
		"empty":            {&Result{}, "There are no figures."},
		"no runs verified": {failed, `&lt;b&gt;\x1b[31mno`},
		"no loop":          {alone, "goroutine"},
		"no histogram":     {unread, "latency of sync at 1, round 1"},
		"unknown mode":     {&Result{Rounds: 1, Runs: []Run{{Mode: "fibers<", Concurrency: 3, Round: 1, Result: modes.Result{Fetches: 10, Wall: 1, User: 1}}}}, "fibers&lt;"},
	} {
		t.Run(name, func(t *testing.T) {
			page := pageOf(t, c.result)
			if !strings.Contains(page, c.want) || strings.Contains(page, "NaN") || strings.Contains(page, "\x1b") {
				t.Errorf("the page does not say %q, or more", c.want)
			}
			var text bytes.Buffer
			if err := errors.Join(c.result.WriteText(&text), c.result.WriteMarkdown(&text)); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text.String(), "\x1b") || strings.Contains(text.String(), "NaN") {
				t.Error(text.String())
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	if got, want := commandLine([]string{"crawl", "compare", "-i", "my list.txt", "it's", "", "-c", "1,10"}), `crawl compare -i 'my list.txt' 'it'\''s' '' -c 1,10`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRatioText(t *testing.T) {
	for v, want := range map[float64]string{0: "0", .00001: "<0.001", .0035: "0.004", .0999: "0.100", .1: "0.10", 1: "1.00", 12.345: "12.35"} {
		if got := ratioText(Stat{N: 1, Median: v}); got != want {
			t.Errorf("a ratio of %v is %s, want %s", v, got, want)
		}
	}
	if got := ratioText(Stat{}); got != none {
		t.Errorf("no ratio is %q", got)
	}
}
