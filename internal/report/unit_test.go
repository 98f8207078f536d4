package report

import (
	"math"
	"slices"
	"testing"
	"unicode/utf8"
)

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		unit Unit
		v    float64
		want string
	}{
		{Count, 0, "0"},
		{Count, 5, "5"},
		{Count, 12.5, "12.5"},
		{Count, 1234567, "1,234,567"},
		{Count, 999.6, "1,000"},
		{Count, -3, "−3"},
		{Count, 0.0001, "<0.001"},
		{Microseconds, 0.083, "83.0 ns"},
		{Microseconds, 850, "850 µs"},
		{Microseconds, 999.6, "1.00 ms"},
		{Microseconds, 12_500, "12.5 ms"},
		{Microseconds, 1_234_000, "1.23 s"},
		{Seconds, 119, "119 s"},
		{Seconds, 600, "10.0 min"},
		{Seconds, 7200, "2.00 h"},
		{Seconds, 86400 * 30, "30.0 d"},
		{Bytes, 0, "0 B"},
		{Bytes, 999, "999 B"},
		{Bytes, 1500, "1.50 kB"},
		{Bytes, 12e6, "12.0 MB"},
		{Bytes, 3e15, "3,000 TB"},
		{PerSecond, 12_500, "12.5k/s"},
		{PerSecond, 0.5, "0.500/s"},
		{Percent, 12.5, "12.5%"},
		{Nanoseconds, 0.38, "0.380 ns"},
		{Count, math.NaN(), "–"},
		{Bytes, math.Inf(1), "–"},
	} {
		if got := c.unit.Text(c.v); got != c.want {
			t.Errorf("%v in unit %d is %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	for v, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "−1,234,567", math.MinInt64: "−9,223,372,036,854,775,808"} {
		if got := Grouped(v); got != want {
			t.Errorf("Grouped(%d) = %q, want %q", v, got, want)
		}
	}
}

func labels(r *ruler) (all []string) {
	for _, k := range r.ticks {
		if k.label != "" {
			all = append(all, k.label)
		}
	}
	return all
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name   string
		axis   Axis
		values []float64
		want   []string
	}{
		{"linear", Axis{Unit: Microseconds}, []float64{3, 77}, []string{"0", "20 µs", "40 µs", "60 µs", "80 µs"}},
		{"small counts are whole", Axis{}, []float64{1}, []string{"0", "1"}},
		{"nothing", Axis{}, nil, []string{"0", "1"}},
		{"all 0", Axis{}, []float64{0}, []string{"0", "1"}},
		{"five decades", Axis{Scale: Log}, []float64{1, 10_000}, []string{"1", "10", "100", "1,000", "10,000"}},
		{"one decade", Axis{Unit: PerSecond, Scale: Log}, []float64{12_000, 81_000}, []string{"10k/s", "20k/s", "50k/s", "100k/s"}},
		{"log leaves out what it cannot show", Axis{Scale: Log}, []float64{0, -1, math.NaN(), 100}, []string{"50", "100", "200"}},
		{"tail", Axis{Scale: Tail}, []float64{0, .5, .9995}, []string{"p50", "p90", "p99", "p99.9"}},
		{"twelve decades", Axis{Unit: Microseconds, Scale: Log}, []float64{1e-2, 1e9}, []string{"10 ns", "10 µs", "10 ms", "10 s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRuler(c.axis, c.values, 300, 20, 5)
			if got := labels(r); !slices.Equal(got, c.want) {
				t.Errorf("ticks %q, want %q", got, c.want)
			}
			for _, v := range c.values {
				if at := r.at(v); at > 300 || at < 20 {
					t.Errorf("%v is at %v", v, at)
				}
			}
		})
	}
}

// TestApart: names never overlap while there is room, keep their order, and stay within the bounds.
func TestApart(t *testing.T) {
	for _, c := range [][]float64{{}, {50}, {50, 50, 50}, {0, 1, 2, 3, 199, 200}, {200, 200, 200, 200}, {10, 30, 31, 32, 120}, {-5, 0, 500}} {
		at := slices.Clone(c)
		apart(at, 16, 20, 218)
		for i, v := range at {
			if v < 20-1e-6 || v > 218+1e-6 || i > 0 && v-at[i-1] < 16-1e-6 {
				t.Errorf("%v becomes %v", c, at)
				break
			}
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct{ in, want string }{{"", ""}, {"abcde", "abcde"}, {"abcdef", "abcd…"}, {"äöüßé", "äöüßé"}, {"äöüßéx", "äöüß…"}} {
		if got := shorten(c.in, 5); got != c.want || utf8.RuneCountInString(got) > 5 {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}
