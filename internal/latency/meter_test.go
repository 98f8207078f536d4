package latency

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// fakeMachine is a clock that moves only when something is done: each operation takes what it is said to.
type fakeMachine struct {
	clock time.Duration
	asked []int // how often each run was to run
}

func (f *fakeMachine) meter(t *testing.T) *meter {
	return &meter{
		ctx: t.Context(), now: func() time.Duration { return f.clock },
		repetitions: 5, least: time.Millisecond, most: time.Second,
		machine: &Machine{Usable: 2, L1: 32 << 10, L2: 1 << 20, L3: 8 << 20}, options: Options{MaxMemory: 64 << 20},
	}
}

// takes is a run whose operations take d each, and a fixed time besides.
func (f *fakeMachine) takes(d, fixed time.Duration) run {
	return func(n int) error {
		f.asked = append(f.asked, n)
		f.clock += time.Duration(n)*d + fixed
		return nil
	}
}

// Each repetition is long enough, but not much longer, whatever an operation takes.
func TestCalibrate(t *testing.T) {
	for _, d := range []time.Duration{1, 7, 300, 12_345, 999_999, time.Millisecond, time.Second} {
		f := &fakeMachine{}
		m := f.meter(t)
		n, err := m.calibrate(f.takes(d, 0))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Duration(n) * d; took < m.least || took > max(m.least*5/4, d) && took > m.least+d {
			t.Errorf("%v: %d times, %v", d, n, took)
		}
		if len(f.asked) > 8 {
			t.Errorf("%v: it took %d attempts: %v", d, len(f.asked), f.asked)
		}
	}
}

// A first round that is slow, as the first of anything is, does not make repetitions too short.
func TestCalibrateAfterASlowStart(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	first := true
	n, err := m.calibrate(func(n int) error {
		if first {
			first = false
			f.clock += m.least / 2
			return nil
		}
		f.clock += time.Duration(n) * 10
		return nil
	})
	if err != nil || time.Duration(n)*10 < m.least {
		t.Errorf("%d times of 10 ns, %v", n, err)
	}
}

func TestCalibrateStandingClock(t *testing.T) {
	f := &fakeMachine{}
	if _, err := f.meter(t).figure(1, func(int) error { return nil }); !errors.Is(err, errClock) {
		t.Errorf("%v", err)
	}
}

func TestFigure(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	times := []time.Duration{900, 100, 500, 300, 700}
	i := -1 // the calibration
	figure, err := m.figure(10, func(n int) error {
		if n < 1000 {
			f.clock += time.Duration(n) * 1000
			return nil
		}
		if i++; i == 0 {
			f.clock += m.least
			return nil
		}
		f.clock += time.Duration(n) * times[i-1]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Figure{Median: 50, Min: 10, Max: 90, Repetitions: 5, Operations: figure.Operations}); figure != want {
		t.Errorf("%+v, want %+v", figure, want)
	}
	if figure.Operations < 10_000 || figure.Operations%10 != 0 {
		t.Errorf("%d operations in a repetition", figure.Operations)
	}
}

// What runs have in common is taken out, and what is calibrated is the shortest of them.
func TestCombined(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	figure, err := m.combined(1, guesses, f.takes(20, 0), f.takes(13, 0), f.takes(11, 0))
	if err != nil {
		t.Fatal(err)
	}
	if figure.Median != 16 || figure.Min != 16 || figure.Max != 16 { // 2 × (20 − 12)
		t.Errorf("%+v", figure)
	}
	tail := f.asked[len(f.asked)-3*m.repetitions:]
	if slices.Min(tail) != slices.Max(tail) || time.Duration(tail[0])*11 < m.least {
		t.Errorf("not the same number of each, or too few: %v", tail)
	}
	if _, err := m.combined(1, guesses, f.takes(10, 0), f.takes(13, 0), f.takes(11, 0)); !errors.Is(err, errNoise) {
		t.Errorf("less than nothing: %v", err)
	}
}

// Repetitions end when the time is up, but not before there are enough of them.
func TestMost(t *testing.T) {
	for _, c := range []struct {
		each time.Duration
		want int
	}{{10 * time.Second, enough}, {300 * time.Millisecond, 4}, {time.Millisecond, 5}} {
		f := &fakeMachine{}
		figure, err := f.meter(t).figure(1, f.takes(c.each, 0))
		if err != nil || figure.Repetitions != c.want {
			t.Errorf("%v each: %d repetitions, want %d; %v", c.each, figure.Repetitions, c.want, err)
		}
		f = &fakeMachine{}
		figure, err = f.meter(t).each(5, func() (time.Duration, bool, error) { f.clock += c.each; return c.each, true, nil })
		if err != nil || figure.Repetitions != c.want || figure.Median != float64(c.each) || figure.Operations != 1 {
			t.Errorf("%v each, singly: %+v, want %d repetitions; %v", c.each, figure, c.want, err)
		}
	}
}

// An operation that was not what was meant is no part of the figure.
func TestEachInvalid(t *testing.T) {
	f := &fakeMachine{}
	i := 0
	figure, err := f.meter(t).each(6, func() (time.Duration, bool, error) { i++; return time.Duration(i), i%2 == 0, nil })
	if want := (Figure{Median: 4, Min: 2, Max: 6, Repetitions: 3, Operations: 1}); err != nil || figure != want {
		t.Errorf("%+v, %v", figure, err)
	}
	if _, err = f.meter(t).each(6, func() (time.Duration, bool, error) { return 1, false, nil }); err == nil {
		t.Error("a figure of nothing")
	}
}

func TestErrorsEndAMeasurement(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	broken := errors.New("broken")
	for name, measure := range map[string]func() (Figure, error){
		"calibrating": func() (Figure, error) { return m.figure(1, func(int) error { return broken }) },
		"measuring": func() (Figure, error) {
			return m.figure(1, func(n int) error {
				if n > 1 {
					return broken
				}
				f.clock++
				return nil
			})
		},
		"singly": func() (Figure, error) {
			return m.each(3, func() (time.Duration, bool, error) { return 0, true, broken })
		},
	} {
		if _, err := measure(); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	ctx, cancel := context.WithCancel(t.Context())
	m.ctx = ctx
	runs := 0
	_, err := m.figure(1, func(n int) error {
		if f.clock += time.Duration(n) * time.Millisecond; runs == 3 {
			cancel()
		}
		runs++
		return nil
	})
	if !errors.Is(err, context.Canceled) || runs != 4 {
		t.Errorf("%v after %d runs", err, runs)
	}
	if _, err := m.each(3, func() (time.Duration, bool, error) { runs++; return 1, true, nil }); !errors.Is(err, context.Canceled) || runs != 4 {
		t.Errorf("%v after %d runs", err, runs)
	}
}

func TestSummarize(t *testing.T) {
	f, err := summarize([]float64{4, 1, 3, 100}, 7)
	if want := (Figure{Median: 3.5, Min: 1, Max: 100, Repetitions: 4, Operations: 7}); err != nil || f != want {
		t.Errorf("%+v, %v", f, err)
	}
	for _, bad := range [][]float64{nil, {0}, {-1, -2, 3}, {math.NaN()}, {math.Inf(1)}} {
		if f, err := summarize(bad, 1); err == nil || f != (Figure{}) {
			t.Errorf("%v: %+v", bad, f)
		}
	}
}
