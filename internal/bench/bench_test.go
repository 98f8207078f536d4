package bench

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// Only what a check needs is measured: the reference for a baseline, a mode for a ratio to it.
func TestModesMeasured(t *testing.T) {
	for _, c := range []struct {
		thresholds   string
		keep, judged bool
		want         []string
	}{
		{"", false, false, []string{"loop"}},
		{"p95<1s", false, false, []string{"loop"}},
		{"p95<1s,cpu<2x:goroutine,cpu<2x:nethttp,rate>1x:goroutine", false, false, []string{"loop", "goroutine", "nethttp"}},
		{"cpu<2x:sync", true, false, []string{"loop", "nethttp", "sync"}},
		{"cpu<2x:nethttp", false, true, []string{"loop", "nethttp"}},
	} {
		o := options(t, 15, c.thresholds)
		if o.Keep = c.keep; c.judged {
			o.Baseline = baseline(t, 15, 10)
		}
		var got compare.Plan
		report, err := Run(t.Context(), func(_ context.Context, p compare.Plan) (*compare.Result, error) {
			got = p
			return fixture(15, map[string]float64{"loop": 10, "goroutine": 20, "nethttp": 30, "sync": 15}), nil
		}, o)
		if err != nil || !slices.Equal(got.Modes, c.want) || !slices.Equal(got.Concurrency, []int{100}) || got.Rounds != 15 {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
		wantReference := ""
		if slices.Contains(c.want, "nethttp") {
			wantReference = "nethttp"
		}
		if report.Measured.Plan.Reference != wantReference {
			t.Errorf("%+v: reference %q", c, report.Measured.Plan.Reference)
		}
	}
}

// What could not be judged in the end is refused before an hour is spent on measuring it.
func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(o *Options){
		`4 rounds can never tell that a threshold does not hold: at alpha 0.05 it takes 5`: func(o *Options) { o.Plan.Rounds = 4 },
		`threshold "cpu<1x:loop": a ratio of loop to itself`:                               func(o *Options) { o.Thresholds = thresholds(t, "cpu<1x:loop") },
		`loop is the mode and the reference`:                                               func(o *Options) { o.Reference = modes.Loop },
		`mode "fast": choose from sync`:                                                    func(o *Options) { o.Mode = "fast" },
		`mode "": choose from sync`:                                                        func(o *Options) { o.Reference = "" },
		`no figure "speed": choose from cpu_per_fetch`:                                     func(o *Options) { o.Limits.Figures = []string{"speed"} },
		`errors are mostly 0`:                                                              func(o *Options) { o.Limits.Figures = []string{"cpu", "errors"} },
		`the baseline has no lag_p99`:                                                      func(o *Options) { o.Limits.Figures = []string{"lag_p99"} },
		`a limit of 100 % can never fail for rate`:                                         func(o *Options) { o.Limits.Figures, o.Limits.MaxRegression = []string{"rate"}, 1 },
		`errors are mostly 0, which nothing has a ratio to`:                                func(o *Options) { o.Thresholds = thresholds(t, "errors<2x:goroutine") },
		`goroutine has no lag_p99`:                                                         func(o *Options) { o.Thresholds = thresholds(t, "lag_p99<2x:goroutine") },
		`nethttp has no system_calls`:                                                      func(o *Options) { o.Thresholds = thresholds(t, "system_calls<2x:nethttp") },
		`sync has no lag_max`:                                                              func(o *Options) { o.Baseline, o.Mode, o.Thresholds = nil, modes.Sync, thresholds(t, "lag_max<1s") },
		`the baseline has no ratio of system_calls to nethttp`: func(o *Options) {
			o.Limits.Figures, o.Limits.Currency = []string{"system_calls"}, Ratio
			s := &o.Baseline.Figures[slices.IndexFunc(o.Baseline.Figures, func(s Samples) bool { return s.Figure == "system_calls" })]
			s.Ratios = nil // as of a reference that does not count them
		},
		`5 rounds against 3 of the baseline can never tell a change from chance`: func(o *Options) {
			o.Plan.Rounds, o.Baseline = 5, baseline(t, 3, 10)
		},
		`the baseline is of other work: the concurrency is 50, and was 100; the size of pages is "9000", and was none`: func(o *Options) {
			o.Concurrency, o.Plan.Size = 50, "9000"
		},
		`the mode is "goroutine", and was "loop"`:         func(o *Options) { o.Mode = modes.Goroutine },
		`the reference is "sync", and was "nethttp"`:      func(o *Options) { o.Reference = modes.Sync },
		`the rate is 100, and was none`:                   func(o *Options) { o.Plan.Rate = 100 },
		`the list is "urls.txt", and was none`:            func(o *Options) { o.Plan.List = "urls.txt" },
		`the latency of the origin is "1s", and was none`: func(o *Options) { o.Plan.Latency = "1s" },
		`the number of fetches is 500, and was 1000`:      func(o *Options) { o.Plan.Fetches, o.Baseline.Plan.Fetches = 500, 1000 },
	} {
		o := options(t, 15, "p95<1s")
		o.Baseline = baseline(t, 15, 10)
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(&o)
		_, err := Run(t.Context(), func(context.Context, compare.Plan) (*compare.Result, error) {
			t.Errorf("%s: it was measured", want)
			return nil, errors.New("not to be reached")
		}, o)
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	o := options(t, 15, "")
	o.Baseline = baseline(t, 15, 10)
	o.Plan.Latency, o.Plan.Size, o.Plan.Fetches = "none", "", 500 // the same work, said otherwise; the number only here
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
}

// When the time is over, the rounds until then are judged, if they are enough.
func TestMaxTime(t *testing.T) {
	for rounds, want := range map[int]Outcome{8: Held, 4: Unmeasured} {
		o := options(t, 15, "p95<1s")
		o.MaxTime = time.Millisecond
		report, err := Run(t.Context(), func(ctx context.Context, _ compare.Plan) (*compare.Result, error) {
			<-ctx.Done()
			r := fixture(rounds, map[string]float64{modes.Loop: 10})
			r.Rounds = 15
			return r, ctx.Err()
		}, o)
		if err != nil || report.Verdict != want || !strings.Contains(strings.Join(report.Notes, "\n"), "stopped after 1ms, before all 15 rounds were done") {
			t.Errorf("%d rounds: %+v, %v", rounds, report, err)
		}
	}
	o := options(t, 15, "p95<1s")
	o.MaxTime = time.Millisecond
	if _, err := Run(t.Context(), func(ctx context.Context, _ compare.Plan) (*compare.Result, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, o); err == nil || !strings.Contains(err.Error(), "nothing was measured within 1ms") {
		t.Errorf("%v", err)
	}
	// An end from outside is no reason to judge.
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Run(ctx, func(ctx context.Context, _ compare.Plan) (*compare.Result, error) {
		cancel()
		return fixture(15, map[string]float64{modes.Loop: 10}), ctx.Err()
	}, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A baseline is read as it was written.
func TestBaselineRoundTrip(t *testing.T) {
	want := baseline(t, 15, 10)
	var file bytes.Buffer
	if err := want.Write(&file); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	got, err := ReadBaseline(&file)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: read %+v\nwant %+v\nfrom %s", err, got, want, text)
	}
	if n := strings.Count(text, "\n"); n > 70 {
		t.Errorf("%d lines: a diff of two cannot be read:\n%s", n, text)
	}
	s, ok := want.samples("cpu_per_fetch")
	if !ok || len(s.Values) != 15 || len(s.Ratios) != 15 || s.Ratios[0] < 0.33 || s.Ratios[0] > 0.34 {
		t.Errorf("%+v", s)
	}
}

func TestReadBaselineRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "not a baseline: EOF",
		"{":                            "not a baseline: unexpected EOF",
		"[]":                           "not a baseline: json",
		"{}":                           "not a baseline: it has no figures",
		`{"version":1}`:                "not a baseline: it has no figures",
		`{"version":99,"figures":[]}`:  "version 99 of the format: this program knows 1; make the baseline anew",
		`{"version":1,"figures":[{}]}`: `not a baseline: its mode is ""`,
	} {
		if _, err := ReadBaseline(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// Another machine is said, and so is another list.
func TestOtherMachineIsNoted(t *testing.T) {
	o := options(t, 15, "")
	o.Baseline = baseline(t, 15, 10)
	o.Baseline.Machine.CPU, o.Baseline.Machine.CPUs, o.Baseline.URLs = "Another CPU", 64, 5
	notes := strings.Join(run(t, fixture(15, map[string]float64{modes.Loop: 10, modes.NetHTTP: 30}), o).Notes, "\n")
	for _, want := range []string{
		`the baseline is of another machine: CPU "A CPU of 2 GHz", and was "Another CPU"; number of CPUs "2", and was "64"`,
		"the list has 1000 different URLs, that of the baseline had 5",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes %q, want %q", notes, want)
		}
	}
}

// What is uncertain passes, unless the options are strict.
func TestStrict(t *testing.T) {
	r := fixture(10, map[string]float64{modes.Loop: 10})
	for i := range r.Runs {
		if r.Runs[i].Round > 4 {
			r.Runs[i].Latency.P95 = 2e6
		}
	}
	for _, strict := range []bool{false, true} {
		o := options(t, 10, "p95<1s")
		o.Strict = strict
		want, sentence := Uncertain, "held, 1 of 1 checks uncertain"
		if strict {
			want, sentence = Failed, "failed: 1 of 1 checks uncertain, and --strict was given"
		}
		if report := run(t, r, o); report.Verdict != want || report.Fails() != strict || report.Sentence() != sentence {
			t.Errorf("strict %v: %s, fails %v, %q", strict, report.Verdict, report.Fails(), report.Sentence())
		}
	}
	// Beside what could not be measured it fails all the same, and says why.
	o := options(t, 10, "p95<1s,at_server>1")
	o.Strict = true
	if report := run(t, r, o); outcomes(report) != "p95<1s uncertain, at_server>1 unmeasured" || report.Verdict != Failed || report.Sentence() != "failed: 1 of 2 checks uncertain, and --strict was given" {
		t.Errorf("%s: %s, %q", outcomes(report), report.Verdict, report.Sentence())
	}
	o.Strict = false
	if report := run(t, r, o); report.Verdict != Unmeasured || report.Sentence() != "unmeasured: 1 of 2 checks" {
		t.Errorf("%s, %q", report.Verdict, report.Sentence())
	}
}

// Without a check it is enough to have measured something.
func TestNoChecks(t *testing.T) {
	r := fixture(10, map[string]float64{modes.Loop: 10})
	if report := run(t, r, options(t, 10, "")); report.Verdict != Held || report.Fails() {
		t.Errorf("%+v", report)
	}
	for i := range r.Runs {
		r.Runs[i].Problem, r.Runs[i].Failed = "10000 of 10000 fetches failed", map[string]int{"connect.refused": 10_000}
	}
	if report := run(t, r, options(t, 10, "")); report.Verdict != Unmeasured || report.Fails() {
		t.Errorf("%+v", report)
	}
	for i := range r.Runs {
		r.Runs[i].Problem, r.Runs[i].Failed = "the child died", nil
	}
	if report := run(t, r, options(t, 10, "")); report.Verdict != Failed || outcomes(report) != "loop verified failed" {
		t.Errorf("%+v", report)
	}
}
