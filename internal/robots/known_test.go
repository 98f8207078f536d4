package robots

import (
	"testing"
	"time"
	"unsafe"
)

// epoch is when the tests begin; Known keeps seconds.
func epoch() time.Time { return time.Unix(1_800_000_000, 0) }

func TestStanding(t *testing.T) {
	for status, want := range map[int]Standing{
		200: Successful, 204: Successful, 206: Successful, 299: Successful,
		300: Unavailable, 301: Unavailable, 302: Unavailable, 304: Unavailable, 399: Unavailable,
		400: Unavailable, 401: Unavailable, 403: Unavailable, 404: Unavailable, 410: Unavailable, 451: Unavailable, 499: Unavailable,
		429: Unreachable, 500: Unreachable, 503: Unreachable, 599: Unreachable,
		0: Unreachable, 100: Unreachable, 199: Unreachable, 600: Unreachable, 999: Unreachable, -1: Unreachable,
	} {
		if got := (Answer{Status: status}).Standing(); got != want {
			t.Errorf("status %d is %v, want %v", status, got, want)
		}
	}
}

// step is a fetch that ends after some time, and what is known then.
type step struct {
	after    time.Duration
	answer   Answer
	standing Standing
	private  bool          // "/private" is allowed
	public   bool          // "/public" is allowed
	again    time.Duration // until it is to be asked for again
}

func TestKnown(t *testing.T) {
	const day = 24 * time.Hour
	rules := rulesOf("Disallow: /private")
	file := Answer{Status: 200, Rules: rules}
	cases := map[string][]step{
		"a file": {{0, file, Successful, false, true, day}},
		"its lifetime": {
			{0, Answer{Status: 200, Rules: rules, Lifetime: time.Hour}, Successful, false, true, time.Hour},
			{time.Hour, Answer{Status: 200, Lifetime: time.Second}, Successful, true, true, MinLifetime},
			{time.Hour, Answer{Status: 404, Lifetime: 3 * day}, Unavailable, true, true, day},
		},
		"none":                 {{0, Answer{Status: 404, Rules: rules}, Unavailable, true, true, day}},
		"none any more":        {{0, file, Successful, false, true, day}, {day, Answer{Status: 410}, Unavailable, true, true, day}},
		"too many redirects":   {{0, Answer{Status: 302}, Unavailable, true, true, day}},
		"as it was":            {{0, file, Successful, false, true, day}, {day, Answer{Status: 304, Lifetime: time.Hour}, Successful, false, true, time.Hour}},
		"as nothing was":       {{0, Answer{Status: 304}, Unavailable, true, true, day}},
		"as it was, once more": {{0, file, Successful, false, true, day}, {day, Answer{}, Unreachable, false, true, time.Minute}, {day, Answer{Status: 304}, Successful, false, true, day}},
		"unreachable": {
			{0, Answer{Status: 500, Rules: rules}, Unreachable, false, false, time.Minute},
			{time.Minute, Answer{}, Unreachable, false, false, 2 * time.Minute},
			{2 * time.Minute, Answer{Status: 429}, Unreachable, false, false, 4 * time.Minute},
			{4 * time.Minute, file, Successful, false, true, day},
			{day, Answer{Status: 404}, Unavailable, true, true, day},
			{day, Answer{Status: 503}, Unreachable, false, false, time.Minute},
		},
		"asked to wait": {
			{0, Answer{Status: 503, RetryAfter: time.Hour}, Unreachable, false, false, time.Hour},
			{time.Hour, Answer{Status: 503, RetryAfter: time.Second}, Unreachable, false, false, 2 * time.Minute},
			{time.Hour, Answer{Status: 429, RetryAfter: 100 * day}, Unreachable, false, false, day},
		},
		"unreachable for a month": {
			{0, Answer{}, Unreachable, false, false, time.Minute},
			{GiveUp - time.Second, Answer{}, Unreachable, false, false, 2 * time.Minute},
			{time.Second, Answer{}, Unreachable, true, true, 4 * time.Minute},
			{day, Answer{Status: 500}, Unreachable, true, true, 8 * time.Minute},
			{day, Answer{Status: 404}, Unavailable, true, true, day},
			{day, Answer{}, Unreachable, false, false, time.Minute},
		},
		"a file, then unreachable for two months": {
			{0, file, Successful, false, true, day},
			{day, Answer{Status: 500}, Unreachable, false, true, time.Minute},
			{2 * GiveUp, Answer{Status: 500}, Unreachable, false, true, 2 * time.Minute},
			{day, Answer{Status: 200}, Successful, true, true, day},
		},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			var k Known
			now := epoch()
			for i, s := range steps {
				now = now.Add(s.after)
				k = k.After(s.answer, now)
				private, _ := k.Rules.Allowed("/private")
				public, _ := k.Rules.Allowed("/public")
				if k.Standing() != s.standing || private != s.private || public != s.public {
					t.Errorf("step %d: %v, /private %v, /public %v, want %+v", i, k.Standing(), private, public, s)
				}
				if again := k.Due().Sub(now); again != s.again {
					t.Errorf("step %d: to be asked for again after %v, want %v", i, again, s.again)
				}
			}
		})
	}
}

// TestRetries: however often it fails, it is asked for once a day at least, and once a minute at most.
func TestRetries(t *testing.T) {
	var k Known
	now := epoch()
	for i := range 1000 {
		k = k.After(Answer{}, now)
		if wait := k.Due().Sub(now); wait < firstRetry || wait > DefaultLifetime || i > 12 && wait != DefaultLifetime {
			t.Fatalf("after failure %d it waits %v", i, wait)
		}
	}
}

func TestUnasked(t *testing.T) {
	var k Known
	if k.Standing() != Unasked || !k.Due().Before(epoch()) || k.Standing().String() != "unasked" {
		t.Errorf("%+v is %v and due at %v", k, k.Standing(), k.Due())
	}
}

func TestLifetime(t *testing.T) {
	for field, want := range map[string]time.Duration{
		"": DefaultLifetime, "max-age=3600": time.Hour, "public, Max-Age = 7200 ": 2 * time.Hour, `max-age="600"`: 10 * time.Minute,
		"max-age=0": MinLifetime, "no-cache": MinLifetime, "max-age=3600, no-store": MinLifetime, "max-age=31536000": DefaultLifetime,
		"max-age=-1": DefaultLifetime, "max-age=x": DefaultLifetime, "max-age": DefaultLifetime, "max-age=99999999999999999999": DefaultLifetime,
		"s-maxage=60": DefaultLifetime, "max-age=7200, max-age=3600": time.Hour, "private": DefaultLifetime,
	} {
		if got := Lifetime(field); got != want {
			t.Errorf("%q: %v, want %v", field, got, want)
		}
	}
}

// TestSizes: a crawl keeps one Known for each host, so what it takes is what its documentation says.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(Rules{}); n != 24 {
		t.Errorf("Rules take %d bytes", n)
	}
	if n := unsafe.Sizeof(Known{}); n != 24+24 {
		t.Errorf("Known takes %d bytes", n)
	}
	if n := Parse(typical(), "crawl").Rules.Size(); n > 250 {
		t.Errorf("the rules of a typical file take %d bytes", n)
	}
}
