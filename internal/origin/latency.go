package origin

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Latency is a distribution of delays. The zero value is no delay.
type Latency struct {
	law   law
	a, b  time.Duration
	sigma float64
}

type law uint8

const (
	lawNone law = iota
	lawFixed
	lawUniform
	lawExponential
	lawLogNormal
)

// maxLatency bounds the two laws that have no bound of their own.
const maxLatency = time.Hour

// Fixed is a delay of d every time.
func Fixed(d time.Duration) Latency { return Latency{law: lawFixed, a: d} }

// Uniform is any delay from a up to b, all of them equally likely.
func Uniform(a, b time.Duration) Latency { return Latency{law: lawUniform, a: a, b: b} }

// Exponential has the mean given; it models independent arrivals.
func Exponential(mean time.Duration) Latency { return Latency{law: lawExponential, a: mean} }

// LogNormal has the median given, and sigma is the standard deviation of its logarithm. It models
// the long tail of real servers: with sigma 1, one answer of a hundred takes ten medians.
func LogNormal(median time.Duration, sigma float64) Latency {
	return Latency{law: lawLogNormal, a: median, sigma: sigma}
}

// At is the quantile function: the delay that a share u of all delays stay below, 0 ≤ u < 1. It
// never returns less than 0 or, for the laws without a bound, more than an hour.
func (l Latency) At(u float64) time.Duration {
	var d float64
	switch l.law {
	case lawFixed:
		return max(l.a, 0)
	case lawUniform:
		// The conversion forbids a fused multiply-add, so every machine gets the same.
		d = float64(l.a) + float64(u*float64(l.b-l.a))
	case lawExponential:
		d = -float64(l.a) * math.Log1p(-u)
	case lawLogNormal:
		u = max(u, 1.0/(1<<54)) // at 0 the logarithm is infinite
		d = float64(l.a) * math.Exp(l.sigma*math.Sqrt2*math.Erfinv(2*u-1))
	default:
		return 0
	}
	if d >= float64(maxLatency) && l.law != lawUniform {
		return maxLatency
	}
	return time.Duration(max(d, 0))
}

// ParseLatency reads what String writes: "none", a fixed delay such as "1s", "uniform:50ms,150ms",
// "exp:100ms" (the mean), "lognormal:100ms,0.5" (median and sigma).
func ParseLatency(s string) (Latency, error) {
	name, args, ok := strings.Cut(s, ":")
	first, second, two := strings.Cut(args, ",")
	wrong := func() (Latency, error) {
		return Latency{}, fmt.Errorf("latency %q: %w: want none, 1s, uniform:50ms,150ms, exp:100ms or lognormal:100ms,0.5", s, ErrConfig)
	}
	if !ok {
		if s == "" || s == "none" {
			return Latency{}, nil
		}
		first = s
	}
	a, err := time.ParseDuration(first)
	if err != nil || a < 0 {
		return wrong()
	}
	switch {
	case !ok:
		return Fixed(a), nil
	case name == "uniform" && two:
		if b, err := time.ParseDuration(second); err == nil && b >= a {
			return Uniform(a, b), nil
		}
	case name == "exp" && !two:
		return Exponential(a), nil
	case name == "lognormal" && two:
		if sigma, err := strconv.ParseFloat(second, 64); err == nil && sigma >= 0 && !math.IsInf(sigma, 0) {
			return LogNormal(a, sigma), nil
		}
	}
	return wrong()
}

// String is the form that ParseLatency reads.
func (l Latency) String() string {
	switch l.law {
	case lawFixed:
		return l.a.String()
	case lawUniform:
		return "uniform:" + l.a.String() + "," + l.b.String()
	case lawExponential:
		return "exp:" + l.a.String()
	case lawLogNormal:
		return "lognormal:" + l.a.String() + "," + strconv.FormatFloat(l.sigma, 'g', -1, 64)
	default:
		return "none"
	}
}
