package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Unit is what a number counts, and so how it is written.
type Unit int

const (
	Count        Unit = iota // 12,345
	Microseconds             // 850 µs, 12.5 ms, 1.2 s
	Seconds                  // the same of a number of seconds
	Bytes                    // 1.5 kB, 12 MB; a kB is 1,000 bytes
	PerSecond                // 12.5k/s
	Percent                  // 12.5%
	Nanoseconds              // 83 ns, and on as Microseconds
)

// Text writes v in its unit with three digits that count; a Count without zeros at its end.
func (u Unit) Text(v float64) string {
	if u == Count {
		return trimmed(u.text(v))
	}
	return u.text(v)
}

// short writes v as Text does, without zeros at its end: for round numbers.
func (u Unit) short(v float64) string { return trimmed(u.text(v)) }

// trimmed takes the zeros at the end of a number away, and the point if it is the last.
func trimmed(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && r != ',' && r != '−' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(s)
	}
	number := s[:end]
	if strings.Contains(number, ".") {
		number = strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
	}
	return number + s[end:]
}

func (u Unit) text(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if v < 0 {
		return "−" + u.text(-v)
	}
	switch u {
	case Microseconds:
		return duration(v * 1e3)
	case Seconds:
		return duration(v * 1e9)
	case Nanoseconds:
		return duration(v)
	case Bytes:
		return scaled(v, []string{"B", "kB", "MB", "GB", "TB"}, " ")
	case PerSecond:
		return scaled(v, []string{"", "k", "M", "G"}, "") + "/s"
	case Percent:
		return Digits(v) + "%"
	}
	return Digits(v)
}

// duration writes a number of nanoseconds.
func duration(ns float64) string {
	switch {
	case ns == 0:
		return "0"
	case ns < 999.5:
		return Digits(ns) + " ns"
	case ns < 999.5e3:
		return Digits(ns/1e3) + " µs"
	case ns < 999.5e6:
		return Digits(ns/1e6) + " ms"
	case ns < 119.5e9:
		return Digits(ns/1e9) + " s"
	case ns < 7200e9:
		return Digits(ns/60e9) + " min"
	case ns < 48*3600e9:
		return Digits(ns/3600e9) + " h"
	}
	return Digits(ns/86400e9) + " d"
}

// scaled writes v in the unit in which it is below 1,000.
func scaled(v float64, units []string, gap string) string {
	i := 0
	for i < len(units)-1 && v >= 999.5 {
		v /= 1000
		i++
	}
	if units[i] == "" {
		gap = ""
	}
	return Digits(v) + gap + units[i]
}

// Digits writes a number that is not negative with three digits that count, or all those before the point, in
// groups of three. Less than a thousandth is said to be that.
func Digits(v float64) string {
	decimals := 0
	switch {
	case v == 0:
		return "0"
	case v < 0.0005:
		return "<0.001"
	case v < 0.9995:
		decimals = 3
	case v < 9.995:
		decimals = 2
	case v < 99.95:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		return s
	}
	return grouped(s)
}

// Grouped writes a whole number in groups of three.
func Grouped(n int64) string {
	if n < 0 {
		return "−" + grouped(strconv.FormatUint(uint64(-n), 10))
	}
	return grouped(strconv.FormatInt(n, 10))
}

func grouped(s string) string {
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Number is a number of things: "1 fetch", "2 fetches".
func Number(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", Grouped(n), many)
}
