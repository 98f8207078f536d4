package origin

import (
	"errors"
	"math"
	"testing"
	"time"
)

// moments returns mean and standard deviation of a law in milliseconds, from n quantiles.
func moments(l Latency, n int) (mean, deviation float64) {
	var sum, squares float64
	for k := range n {
		x := float64(l.At((float64(k)+0.5)/float64(n))) / 1e6
		sum += x
		squares += x * x
	}
	mean = sum / float64(n)
	return mean, math.Sqrt(squares/float64(n) - mean*mean)
}

func TestLatencyLaws(t *testing.T) {
	ms := time.Millisecond
	sigma := 0.5
	logMean := 100 * math.Exp(sigma*sigma/2)
	for _, tc := range []struct {
		law                     Latency
		mean, deviation, median float64 // ms, from the textbook
	}{
		{Latency{}, 0, 0, 0},
		{Fixed(100 * ms), 100, 0, 100},
		{Uniform(50*ms, 150*ms), 100, 100 / math.Sqrt(12), 100},
		{Exponential(100 * ms), 100, 100, 100 * math.Ln2},
		{LogNormal(100*ms, sigma), logMean, logMean * math.Sqrt(math.Exp(sigma*sigma)-1), 100},
		{LogNormal(100*ms, 0), 100, 0, 100},
	} {
		mean, deviation := moments(tc.law, 200_000)
		median := float64(tc.law.At(0.5)) / 1e6
		for what, x := range map[string][2]float64{"mean": {mean, tc.mean}, "deviation": {deviation, tc.deviation}, "median": {median, tc.median}} {
			if math.Abs(x[0]-x[1]) > 0.002*tc.mean+1e-9 {
				t.Errorf("%v: %s %.3f ms, want %.3f", tc.law, what, x[0], x[1])
			}
		}
		last := time.Duration(-1)
		for _, u := range []float64{0, 1e-300, 0.1, 0.5, 0.9, 1 - 1e-9, 1 - 1.0/(1<<53)} {
			d := tc.law.At(u)
			if d < last || d < 0 || d > maxLatency {
				t.Errorf("%v at %v is %v, after %v", tc.law, u, d, last)
			}
			last = d
		}
	}
	want(t, "a long tail is cut", LogNormal(time.Second, 50).At(1-1e-12), maxLatency)
	want(t, "a negative delay", Fixed(-time.Second).At(0.5), 0)
}

// The delays of a web are drawn from the law: their empirical distribution is the law's
// (Kolmogorov-Smirnov, 1 % level; the draw is fixed, so this cannot fail by chance later).
func TestDelaysFollowTheLaw(t *testing.T) {
	const n = 20_000
	mean := 100 * time.Millisecond
	w := newWeb(t, Config{Addresses: 4, Pages: n / 4, Latency: Exponential(mean)})
	counts := make([]int, 1000) // by millisecond
	for i := range n {
		counts[min(len(counts)-1, int(w.Delay(w.URL(i))/time.Millisecond))]++
	}
	below, worst := 0, 0.0
	for k, c := range counts[:len(counts)-1] {
		below += c
		law := 1 - math.Exp(-float64(k+1)*float64(time.Millisecond)/float64(mean))
		worst = max(worst, math.Abs(float64(below)/n-law))
	}
	if limit := 1.63 / math.Sqrt(n); worst > limit {
		t.Errorf("the delays are off the law by %.4f, want at most %.4f", worst, limit)
	}
	if w.Delay(w.URL(0)) == w.Delay(w.URL(0)+"?other") {
		t.Error("the query does not count for the delay")
	}
	want(t, "delay of a fault", w.Delay("http://127.0.1.1:8080/f/size/5"), 0)
}

func TestDrawsAreUniform(t *testing.T) {
	const n, bins = 100_000, 100
	counts := make([]int, bins)
	for i := range uint64(n) {
		u := unit(draw(3, forSize, i%10, i/10, 0))
		if u < 0 || u >= 1 {
			t.Fatalf("draw %d is %v", i, u)
		}
		counts[int(u*bins)]++
	}
	chi := 0.0
	for _, c := range counts {
		d := float64(c) - n/bins
		chi += d * d / (n / bins)
	}
	if chi > 148.2 { // the 99.9 % quantile with 99 degrees of freedom
		t.Errorf("chi-squared is %.1f", chi)
	}
}

func TestLatencyText(t *testing.T) {
	ms := time.Millisecond
	for text, law := range map[string]Latency{
		"none": {}, "1s": Fixed(time.Second), "uniform:50ms,150ms": Uniform(50*ms, 150*ms),
		"exp:100ms": Exponential(100 * ms), "lognormal:100ms,0.5": LogNormal(100*ms, 0.5),
	} {
		got, err := ParseLatency(text)
		if err != nil || got != law {
			t.Errorf("ParseLatency(%q) = %v, %v", text, got, err)
		}
		want(t, "text", law.String(), text)
	}
	if l, err := ParseLatency(""); err != nil || l != (Latency{}) {
		t.Errorf("an empty text: %v, %v", l, err)
	}
	for _, text := range []string{
		"1", "-1s", "fast", "uniform:1s", "uniform:2s,1s", "exp:", "exp:1s,2s", "lognormal:1s", "lognormal:1s,-1",
		"lognormal:1s,x", "lognormal:1s,NaN", "lognormal:1s,Inf", "gauss:1s,1s", ":1s", "none:1s",
	} {
		if l, err := ParseLatency(text); !errors.Is(err, ErrConfig) {
			t.Errorf("ParseLatency(%q) = %v, %v", text, l, err)
		}
	}
}
