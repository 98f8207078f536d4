package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"crawl/internal/compare"
)

// unit is a unit that users write, and what it is in units of a figure.
type unit struct {
	name  string
	times float64
}

// unitsOf are what a value of the figure may be written in; an example is the first.
func unitsOf(f compare.Figure) []unit {
	bytes := func(base float64) []unit {
		return []unit{
			{"MB", 1e6 / base},
			{"KB", 1e3 / base},
			{"kB", 1e3 / base},
			{"GB", 1e9 / base},
			{"B", 1 / base},
			{"MiB", (1 << 20) / base},
			{"KiB", (1 << 10) / base},
			{"GiB", (1 << 30) / base},
		}
	}
	switch f.Unit {
	case "µs":
		return []unit{{"ms", 1e3}, {"us", 1}, {"µs", 1}, {"μs", 1}, {"ns", 1e-3}, {"s", 1e6}} // both letters that look like µ
	case "1/s":
		return []unit{{"/s", 1}, {"", 1}, {"/m", 1. / 60}}
	case "MB":
		return bytes(1e6)
	case "KB":
		return bytes(1e3)
	}
	if isShare(f) {
		return []unit{{"%", 0.01}, {"", 1}}
	}
	return []unit{{"", 1}}
}

// isShare says whether values of the figure are from 0 to 1.
func isShare(f compare.Figure) bool { return f.Name == "errors" }

// parseValue reads a value with its unit and returns it in the figure's.
func parseValue(s string, f compare.Figure) (float64, error) {
	end := len(s)
	for end > 0 && !('0' <= s[end-1] && s[end-1] <= '9' || s[end-1] == '.') {
		end--
	}
	var names []string
	for _, u := range unitsOf(f) {
		if u.name == strings.TrimSpace(s[end:]) && end > 0 {
			n, err := parseNumber(s[:end])
			if err == nil && isShare(f) && u.name == "" && n >= 1 {
				return 0, fmt.Errorf("%q is all of them, or more: write %s%%", s, strings.TrimSpace(s))
			}
			return n * u.times, err
		}
		if u.name == "" {
			u.name = "none"
		}
		names = append(names, u.name)
	}
	if end == 0 {
		return 0, fmt.Errorf("%q is not a value: it begins with a number", s)
	}
	return 0, fmt.Errorf("%q is not a value of %s: its unit is one of %s", s, f.Name, strings.Join(names, ", "))
}

// parseNumber reads a number that is finite and not negative.
func parseNumber(s string) (float64, error) {
	s = strings.TrimSpace(s)
	n, err := strconv.ParseFloat(s, 64)
	if strings.Trim(s, "0123456789.eE+-") != "" || err != nil || math.IsInf(n, 0) || !(n >= 0) { // NaN is neither
		return 0, fmt.Errorf("%q is not a number, as 1.5", s)
	}
	return n, nil
}

// valueText writes a value of a figure as a person reads it, three digits long.
func valueText(f compare.Figure, v float64) string {
	switch {
	case isShare(f):
		return digits(v*100) + " %"
	case f.Unit == "µs" && v >= 999.5e3:
		return digits(v/1e6) + " s"
	case f.Unit == "µs" && v >= 999.5:
		return digits(v/1e3) + " ms"
	case f.Unit == "1/s":
		return digits(v) + "/s"
	case f.Unit == "":
		return digits(v)
	}
	return digits(v) + " " + f.Unit
}

// digits writes a number with three digits that count, and never in powers of ten.
func digits(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	s := strconv.FormatFloat(v, 'f', min(max(0, decimals), 9), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// percentText writes a share.
func percentText(v float64) string { return digits(v*100) + " %" }

// changeText writes a change, with its sign.
func changeText(v float64) string { return fmt.Sprintf("%+.1f %%", v*100) }
