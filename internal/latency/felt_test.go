package latency

import (
	"math"
	"testing"
)

func TestFelt(t *testing.T) {
	for _, c := range []struct {
		seconds float64
		want    string
	}{
		{0, "–"},
		{-1, "–"},
		{math.NaN(), "–"},
		{math.Inf(1), "–"},
		{0.26, "0.26 s"},
		{0.0034, "0.0034 s"},
		{1, "1 s"},
		{1.3, "1.3 s"},
		{9.94, "9.9 s"},
		{9.96, "10 s"},
		{13.2, "13 s"},
		{59.4, "59 s"},
		{59.6, "1 min"},
		{89, "1 min"},
		{91, "2 min"},
		{263, "4 min"},
		{59.4 * 60, "59 min"},
		{59.6 * 60, "1 h"},
		{3947, "1.1 h"},
		{14.6 * 3600, "15 h"},
		{23.6 * 3600, "1 day"},
		{7.61 * 86400, "7.6 days"},
		{29.4 * 86400, "29 days"},
		{29.6 * 86400, "1 month"},
		{30.46 * 86400, "1 month"},
		{45 * 86400, "1.5 months"},
		{11.4 * 30.4375 * 86400, "11 months"},
		{11.6 * 30.4375 * 86400, "1 year"},
		{365.25 * 86400, "1 year"},
		{1.67 * 365.25 * 86400, "1.7 years"},
		{334 * 365.25 * 86400, "330 years"},
		{25_017 * 365.25 * 86400, "25,000 years"},
		{994_000 * 365.25 * 86400, "990,000 years"},
		{996_000 * 365.25 * 86400, "1 million years"},
		{2.52e6 * 365.25 * 86400, "2.5 million years"},
		{1.26e12 * 365.25 * 86400, "1,300,000 million years"},
	} {
		if got := Felt(c.seconds); got != c.want {
			t.Errorf("%v s: %q, want %q", c.seconds, got, c.want)
		}
	}
}

func TestReal(t *testing.T) {
	for _, c := range []struct {
		ns   float64
		want string
	}{
		{0, "0 ns"},
		{0.38, "0.38 ns"},
		{0.4567, "0.457 ns"},
		{7, "7 ns"},
		{999.4, "999 ns"},
		{999.6, "1 µs"},
		{1500, "1.5 µs"},
		{250e3, "250 µs"},
		{20e6, "20 ms"},
		{4e9, "4 s"},
		{59.94e9, "59.9 s"},
		{59.96e9, "1 min"},
		{300e9, "5 min"},
		{-12.34, "-12.3 ns"},
	} {
		if got := Real(c.ns); got != c.want {
			t.Errorf("%v ns: %q, want %q", c.ns, got, c.want)
		}
	}
}

// Both ends of a spread are in the unit of the median, so that they can be compared at a glance.
func TestSpan(t *testing.T) {
	for _, c := range []struct {
		low, high, typical float64
		want               string
	}{
		{0.37, 0.45, 0.38, "0.37–0.45 ns"},
		{900, 1234567, 1500, "0.9–1,230 µs"},
		{-3, 12.66, 7, "-3–12.7 ns"},
	} {
		if got := span(c.low, c.high, c.typical); got != c.want {
			t.Errorf("%v: %q, want %q", c, got, c.want)
		}
	}
}
