package latency

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Lengths of time in seconds. A year is a Julian one, a month the twelfth part of it.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
	year   = 365.25 * day
	month  = year / 12
)

// Felt says how long a number of seconds is, as people do: 66 s is "1 min", 52,600,000 s are "1.7 years". It has two
// digits at most, minutes none behind the point. What is no time at all is "–".
func Felt(seconds float64) string {
	if !(seconds > 0) || math.IsInf(seconds, 0) {
		return absent
	}
	for i, u := range []struct {
		name   string
		length float64
		limit  float64 // from so many of it on, the next unit is used
		plural string
		whole  bool
	}{
		{"s", 1, 60, "", false},
		{"min", minute, 60, "", true},
		{"h", hour, 24, "", false},
		{"day", day, 30, "s", false},
		{"month", month, 12, "s", false},
		{"year", year, 1e6, "s", false},
	} {
		n := twoDigits(seconds / u.length)
		if u.whole {
			n = math.Round(seconds / u.length)
		}
		if n >= u.limit {
			continue
		}
		if i > 0 {
			n = max(1, n) // nearly, or the unit before would have done
		}
		if n == 1 {
			return "1 " + u.name
		}
		return grouped(n) + " " + u.name + u.plural
	}
	return grouped(twoDigits(seconds/(1e6*year))) + " million years"
}

// twoDigits rounds to two significant digits, and from 10 to 100 to whole numbers, which is the same.
func twoDigits(v float64) float64 {
	scale := math.Pow(10, math.Floor(math.Log10(v))-1)
	if scale >= 1 {
		return math.Round(v/scale) * scale
	}
	inverse := math.Round(1 / scale) // exact, so that 0.3 comes out as the nearest there is
	return math.Round(v*inverse) / inverse
}

// grouped writes a number with commas between its thousands.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	whole, rest, point := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + rest
	}
	return whole
}

// absent stands where there is no figure.
const absent = "–"

type timeUnit struct {
	name   string
	length float64 // ns
}

// unitOf is the unit in which a time, in ns, is told.
func unitOf(ns float64) timeUnit {
	for _, u := range []timeUnit{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}} {
		if rounded(ns/u.length) < 1000 {
			return u
		}
	}
	if rounded(ns/1e9) < 60 {
		return timeUnit{"s", 1e9}
	}
	return timeUnit{"min", minute * 1e9}
}

// rounded keeps three significant digits.
func rounded(v float64) float64 {
	if v == 0 {
		return 0
	}
	s := strconv.FormatFloat(v, 'e', 2, 64)
	r, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return v // it was written just now
	}
	return r
}

// Real is a time in ns with three digits and its unit: "0.38 ns", "1.5 µs", "5 min".
func Real(ns float64) string {
	u := unitOf(math.Abs(ns))
	v := ns / u.length
	if u.name != "ns" {
		v = math.Copysign(max(1, math.Abs(v)), v) // nearly, or the unit before would have done
	}
	return number(v) + " " + u.name
}

// span is a range of times, both ends in the unit of typical.
func span(low, high, typical float64) string {
	u := unitOf(math.Abs(typical))
	return fmt.Sprintf("%s–%s %s", number(low/u.length), number(high/u.length), u.name)
}

func number(v float64) string { return grouped(rounded(v)) }
