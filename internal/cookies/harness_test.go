package cookies

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// now is when the tests take place: chromium0017 of the suite expires in April 2027.
func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// set gives the jar a Set-Cookie field from a URL.
func (j *Jar) setAt(t testing.TB, rawURL, setCookie string, at time.Time) {
	t.Helper()
	u := parse(t, rawURL)
	j.Set(u.Scheme == "https", u.Hostname(), u.RequestURI(), setCookie, at)
	j.verify(t)
}

func (j *Jar) set(t testing.TB, rawURL string, fields ...string) {
	t.Helper()
	for _, field := range fields {
		j.setAt(t, rawURL, field, now())
	}
}

// header is the Cookie field of a request for a URL.
func (j *Jar) headerAt(t testing.TB, rawURL string, at time.Time) string {
	t.Helper()
	u := parse(t, rawURL)
	h := string(j.AppendHeader([]byte("before"), u.Scheme == "https", u.Hostname(), u.RequestURI(), at))
	j.verify(t)
	h, ok := strings.CutPrefix(h, "before")
	if !ok || len(h) > MaxHeader {
		t.Fatalf("the header for %s is %d bytes %.80q", rawURL, len(h), h)
	}
	return h
}

func (j *Jar) want(t testing.TB, rawURL, want string) {
	t.Helper()
	if got := j.headerAt(t, rawURL, now()); got != want {
		t.Errorf("%s is sent %q, want %q", rawURL, got, want)
	}
}

func parse(t testing.TB, rawURL string) *url.URL {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// verify holds of every jar at any time: the counts are right, the limits are kept, each site is once in the ring.
func (j *Jar) verify(t testing.TB) {
	t.Helper()
	n, bytes, ring := 0, 0, 0
	for key, s := range j.sites {
		hosts := map[string]int{}
		for i := range s.cookies {
			c := &s.cookies[i]
			n++
			bytes += c.size()
			hosts[c.domain]++
			if siteOf(c.domain) != key || c.check() != nil || i > 0 && s.cookies[i-1].precedes(c) >= 0 || hosts[c.domain] > MaxHost {
				t.Fatalf("cookie %d of site %q should not be there: %+v", i, key, c)
			}
		}
		if s.key != key || len(s.cookies) == 0 || len(s.cookies) > MaxSite {
			t.Fatalf("site %q has the key %q and %d cookies", key, s.key, len(s.cookies))
		}
	}
	for s := j.used.newer; s != &j.used; s = s.newer {
		if ring++; ring > len(j.sites) || j.sites[s.key] != s || s.newer.older != s {
			t.Fatalf("site %q is wrong in the ring, as number %d of %d", s.key, ring, len(j.sites))
		}
	}
	if n != j.n || bytes != j.bytes || ring != len(j.sites) || n > MaxCookies || bytes > MaxBytes {
		t.Fatalf("%d cookies of %d bytes, %d sites in the ring; counted as %d, %d, %d", n, bytes, ring, j.n, j.bytes, len(j.sites))
	}
}
