package frontier

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

// at is an instant of a test's time.
func at(d time.Duration) Instant { return Instant(d) + 1 }

func wantInterval(t *testing.T, p *Pace, tempo *Tempo, want time.Duration) {
	t.Helper()
	if got := p.Interval(tempo); got != want {
		t.Errorf("interval %v, want %v", got, want)
	}
}

// good is an ordinary answer after a latency that says nothing new.
func good() Visit { return Visit{Asked: true} }

func TestPaceNothing(t *testing.T) {
	var p Pace
	var tempo Tempo
	if got := p.Next(&tempo); got != 0 {
		t.Errorf("a host that was never asked may be asked at %d", got)
	}
	p.Start(&tempo, at(5*time.Second))
	if got := p.Next(&tempo); got != at(5*time.Second) {
		t.Errorf("without a delay the next is at %d", got)
	}
	for n, want := range map[int]bool{0: true, 1: true, 1 << 30: true} {
		if got := p.Allows(n); got != want {
			t.Errorf("with %d in flight: %v", n, got)
		}
	}
	p.PerHost = 2
	for n, want := range map[int]bool{0: true, 1: true, 2: false, 3: false} {
		if got := p.Allows(n); got != want {
			t.Errorf("of 2 with %d in flight: %v", n, got)
		}
	}
}

// TestPaceLongest: the longest of all that is asked for counts, and each alone.
func TestPaceLongest(t *testing.T) {
	for _, c := range []struct {
		name    string
		pace    Pace
		crawl   time.Duration
		latency time.Duration
		want    time.Duration
	}{
		{"fixed", Pace{Delay: 300 * ms}, 0, 0, 300 * ms},
		{"Crawl-delay", Pace{}, 1500 * ms, 0, 1500 * ms},
		{"Crawl-delay below fixed", Pace{Delay: 2 * time.Second}, time.Second, 0, 2 * time.Second},
		{"Crawl-delay above fixed", Pace{Delay: time.Second}, 2 * time.Second, 0, 2 * time.Second},
		{"Crawl-delay of a day", Pace{}, 24 * time.Hour, 0, 5 * time.Minute},
		{"Crawl-delay of a day, bound", Pace{MaxWait: time.Hour}, 24 * time.Hour, 0, time.Hour},
		{"Crawl-delay of a moment", Pace{}, 1, 0, ms},
		{"Crawl-delay in the past", Pace{}, -time.Second, 0, 0},
		{"latency without a factor", Pace{}, 0, time.Second, 0},
		{"adaptive", Pace{Factor: 5}, 0, 80 * ms, 400 * ms},
		{"adaptive, four at once", Pace{Factor: 0.25}, 0, 80 * ms, 20 * ms},
		{"adaptive below fixed", Pace{Factor: 5, Delay: time.Second}, 0, 80 * ms, time.Second},
		{"adaptive, bound", Pace{Factor: 5}, 0, time.Minute, 30 * time.Second},
		{"adaptive, own bound", Pace{Factor: 5, MaxDelay: time.Second}, 0, time.Minute, time.Second},
		{"adaptive below Crawl-delay above its bound", Pace{Factor: 5}, time.Minute, time.Minute, time.Minute},
		{"fixed above all bounds", Pace{Delay: time.Hour}, time.Minute, time.Minute, time.Hour},
		{"for ever", Pace{Delay: math.MaxInt64}, 0, 0, 100 * 365 * 24 * time.Hour},
		{"a factor beyond all", Pace{Factor: math.Inf(1)}, 0, ms, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tempo Tempo
			c.pace.SetCrawlDelay(&tempo, c.crawl)
			c.pace.Start(&tempo, at(time.Hour))
			c.pace.End(&tempo, Visit{Asked: true, Latency: c.latency}, at(2*time.Hour))
			wantInterval(t, &c.pace, &tempo, c.want)
			if got, want := c.pace.Next(&tempo), at(time.Hour+c.want); got != want {
				t.Errorf("next at %d, want %d: from start to start", got, want)
			}
		})
	}
}

func TestPaceTakeBack(t *testing.T) {
	p, tempo := Pace{Delay: time.Second}, Tempo{}
	p.TakeBack(&tempo, p.Start(&tempo, at(0)))
	if got := p.Next(&tempo); got != 0 {
		t.Errorf("never asked after all, it may be asked at %d", got)
	}
	p.Start(&tempo, at(0))
	p.TakeBack(&tempo, p.Start(&tempo, at(time.Second)))
	if got := p.Next(&tempo); got != at(time.Second) {
		t.Errorf("next at %d, want a second after the first", got)
	}
}

// TestPaceLatency: an eighth of each sample, but a quick failure is no quick host.
func TestPaceLatency(t *testing.T) {
	p, tempo := Pace{}, Tempo{}
	for i, c := range []struct {
		v    Visit
		want time.Duration
	}{
		{Visit{}, 0},
		{Visit{Failed: true, Latency: 800 * ms}, 800 * ms}, // better than nothing
		{Visit{Latency: 1600 * ms}, 900 * ms},
		{Visit{Latency: 100 * ms}, 800 * ms},
		{Visit{Failed: true, Latency: ms}, 800 * ms},
		{Visit{Throttled: true, Latency: ms}, 800 * ms},
		{Visit{Failed: true, Latency: 8800 * ms}, 1800 * ms},
		{Visit{Throttled: true, Latency: 9800 * ms}, 2800 * ms},
		{Visit{}, 2800 * ms},
		{Visit{Latency: -time.Second}, 2800 * ms},
	} {
		p.End(&tempo, c.v, at(time.Hour))
		if got := tempo.Latency(); got != c.want {
			t.Errorf("after sample %d: %v, want %v", i, got, c.want)
		}
	}
	var quick Tempo
	p.End(&quick, Visit{Latency: 1}, at(0))
	if quick.Latency() == 0 {
		t.Error("a latency of a nanosecond is taken for none")
	}
	var slow Tempo
	p.End(&slow, Visit{Latency: math.MaxInt64}, at(0))
	if got := slow.Latency(); got < time.Hour {
		t.Errorf("a latency for ever has become %v", got)
	}
}

// TestPaceSlowed: complaints double the interval, from a second at least, up to a bound; answers take off a tenth, and at last all.
func TestPaceSlowed(t *testing.T) {
	for _, c := range []struct {
		pace Pace
		want []time.Duration
	}{
		{Pace{}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{Pace{Delay: 400 * ms}, []time.Duration{time.Second, 2 * time.Second}},
		{Pace{Delay: 3 * time.Second}, []time.Duration{6 * time.Second, 12 * time.Second}},
		{Pace{MaxWait: 3 * time.Second}, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}},
		{Pace{Delay: time.Hour}, []time.Duration{time.Hour, time.Hour}},
		{Pace{Delay: math.MaxInt64}, []time.Duration{100 * 365 * 24 * time.Hour}},
	} {
		var tempo Tempo
		for i, want := range c.want {
			c.pace.End(&tempo, Visit{Throttled: true}, at(time.Duration(i)*time.Second))
			if got := c.pace.Interval(&tempo); got != want {
				t.Errorf("%+v: after %d complaints %v, want %v", c.pace, i+1, got, want)
			}
		}
	}

	p, tempo := Pace{Delay: 10 * ms}, Tempo{}
	p.End(&tempo, Visit{Throttled: true}, at(0))
	p.End(&tempo, good(), at(ms))
	wantInterval(t, &p, &tempo, 900*ms)
	p.End(&tempo, Visit{Failed: true}, at(ms)) // says nothing good
	wantInterval(t, &p, &tempo, 900*ms)
	p.End(&tempo, good(), at(ms))
	wantInterval(t, &p, &tempo, 810*ms)
	answers := 2
	for p.Interval(&tempo) > p.Delay {
		if answers++; answers > 30 {
			t.Fatalf("after %d answers it is still slowed down to %v", answers, p.Interval(&tempo))
		}
		p.End(&tempo, good(), at(ms))
	}
	wantInterval(t, &p, &tempo, 10*ms)
}

// TestPaceOneComplaint: what was on its way when a host was slowed down is part of the same complaint, and no praise either.
func TestPaceOneComplaint(t *testing.T) {
	var p Pace
	var tempo Tempo
	for i := range time.Duration(10) {
		p.End(&tempo, Visit{Throttled: true, Latency: time.Second + i*ms}, at(time.Minute+i*ms))
	}
	wantInterval(t, &p, &tempo, time.Second)
	p.End(&tempo, Visit{Latency: time.Second}, at(time.Minute+900*ms))
	wantInterval(t, &p, &tempo, time.Second)
	p.End(&tempo, Visit{Throttled: true, Latency: 100 * ms}, at(2*time.Minute))
	wantInterval(t, &p, &tempo, 2*time.Second)
	p.End(&tempo, Visit{Latency: 100 * ms}, at(3*time.Minute))
	wantInterval(t, &p, &tempo, 1800*ms)
}

func TestPaceFailures(t *testing.T) {
	var p Pace
	var tempo Tempo
	for range 1 << 17 {
		p.End(&tempo, Visit{Failed: true}, at(0))
	}
	if got := tempo.Failures(); got != 65_535 {
		t.Errorf("%d failures are counted, want 65,535", got)
	}
	p.End(&tempo, Visit{Throttled: true}, at(0)) // an answer, if not a welcome one
	if got := tempo.Failures(); got != 0 {
		t.Errorf("after an answer there are %d failures in a row", got)
	}
}

// TestPaceRetryAfter: it is kept to up to a bound, the latest counts, and a shorter one takes nothing back.
func TestPaceRetryAfter(t *testing.T) {
	p, tempo := Pace{Delay: time.Second}, Tempo{}
	p.Start(&tempo, at(0))
	for _, c := range []struct {
		now, after, want time.Duration
	}{
		{0, 0, time.Second},
		{0, 500 * ms, time.Second},
		{ms, 10 * time.Second, 10*time.Second + ms},
		{2 * ms, time.Second, 10*time.Second + ms},
		{time.Minute, 365 * 24 * time.Hour, 6 * time.Minute},
	} {
		p.End(&tempo, Visit{RetryAfter: c.after}, at(c.now))
		if got := p.Next(&tempo); got != at(c.want) {
			t.Errorf("after %v at %v: next at %v, want %v", c.after, c.now, time.Duration(got-1), c.want)
		}
	}
}
