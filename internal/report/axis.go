package report

import (
	"math"
	"strings"
)

// A Scale is how an axis spreads its values.
type Scale int

const (
	Linear Scale = iota // from 0
	Log                 // values of 0 and below are left out
	Tail                // shares from 0 to 1, the last ones spread out: 0.9, 0.99 and 0.999 at equal distances
)

// An Axis is what one direction of a chart means.
type Axis struct {
	Title string
	Unit  Unit
	Scale Scale
}

// tick is a marked place of an axis.
type tick struct {
	at    float64 // in the picture
	label string  // "" is a line only
}

// ruler is an axis with its ends in values and in the picture.
type ruler struct {
	axis     Axis
	low, end float64 // in values as the scale spreads them
	from, to float64 // in the picture
	ticks    []tick
}

// spread is v as the scale has it: equal distances of it are equal in the picture.
func (s Scale) spread(v float64) float64 {
	switch s {
	case Log:
		return math.Log10(v)
	case Tail:
		return -math.Log10(max(1e-9, 1-v))
	}
	return v
}

// shows says whether the scale has a place for v.
func (s Scale) shows(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (s != Log || v > 0)
}

// newRuler fits an axis to values and to a stretch of the picture, with as many labels as there is room for.
func newRuler(a Axis, values []float64, from, to float64, labels int) *ruler {
	r := &ruler{axis: a, from: from, to: to}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if a.Scale.shows(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		low, high = 1, 1
	}
	switch a.Scale {
	case Log:
		r.fitLog(low, high, labels)
	case Tail:
		r.fitTail(high)
	default:
		r.fitLinear(high, labels)
	}
	return r
}

// at is the place of v in the picture, kept within the ends.
func (r *ruler) at(v float64) float64 {
	if !r.axis.Scale.shows(v) {
		return r.from
	}
	x := (r.axis.Scale.spread(v) - r.low) / (r.end - r.low)
	return r.from + min(1, max(0, x))*(r.to-r.from)
}

func (r *ruler) mark(v float64, label string) {
	r.ticks = append(r.ticks, tick{r.at(v), label})
}

// fitLinear begins at 0 and ends at a round number, in steps of 1, 2 or 5 times a power of ten.
func (r *ruler) fitLinear(high float64, labels int) {
	if high <= 0 {
		high = 1
	}
	step := roundStep(high / float64(max(1, labels)))
	if r.axis.Unit == Count {
		step = max(1, step)
	}
	n := math.Ceil(high/step - 1e-9)
	r.low, r.end = 0, n*step
	for i := range int(n) + 1 {
		v := float64(i) * step
		r.mark(v, r.axis.Unit.short(v))
	}
}

// roundStep is the smallest of 1, 2 and 5 times a power of ten that is at least v.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range [...]float64{1, 2, 5, 10} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// fitLog ends at 1, 2 or 5 times powers of ten, and labels as many of those as there is room for.
func (r *ruler) fitLog(low, high float64, labels int) {
	end := roundStep(high)
	begin := -1.0
	for power := math.Pow(10, math.Floor(math.Log10(low))); begin < 0; power /= 10 {
		for _, m := range [...]float64{5, 2, 1} {
			if m*power <= low*(1+1e-9) {
				begin = m * power
				break
			}
		}
	}
	if end <= begin*1.5 {
		begin, end = begin/2, end*2
	}
	r.low, r.end = math.Log10(begin), math.Log10(end)
	decades := r.end - r.low
	every := int(math.Ceil(decades / float64(max(1, labels))))
	first := int(math.Ceil(r.low - 1e-9))
	for e := int(math.Floor(r.low)); e <= int(math.Floor(r.end+1e-9)); e++ {
		for _, m := range [...]float64{1, 2, 5} {
			v := m * math.Pow(10, float64(e))
			if v < begin*(1-1e-9) || v > end*(1+1e-9) {
				continue
			}
			switch {
			case m == 1 && (e-first)%every == 0, 3*decades <= float64(labels)+0.5:
				r.mark(v, r.axis.Unit.short(v))
			case m == 1:
				r.mark(v, "")
			}
		}
	}
}

// fitTail labels p50, p90, p99 and so on, as far as there are values.
func (r *ruler) fitTail(high float64) {
	r.low, r.end = 0, max(1, Tail.spread(high))
	r.mark(0.5, "p50")
	nines := "9"
	for e := 1.0; e <= r.end; e++ {
		label := "p90"
		if e > 1 {
			nines += "9"
			label = strings.TrimSuffix("p"+nines[:2]+"."+nines[2:], ".")
		}
		r.mark(1-math.Pow(10, -e), label)
	}
}
