//go:build unix

package fetch

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "120": 2 * time.Minute, "007": 7 * time.Second,
		"99999999999999999999999": maxRetryAfter, "-1": 0, "+1": 0, "1.5": 0, "1 ": 0, "soon": 0, "１": 0,
		"Sun, 22 Nov 2026 12:00:30 GMT":  30 * time.Second,
		"Sunday, 22-Nov-26 12:00:30 GMT": 30 * time.Second,
		"Sun Nov 22 12:00:30 2026":       30 * time.Second,
		"Tue Dec  1 12:00:00 2026":       9 * 24 * time.Hour,
		"Sun, 22 Nov 2026 11:59:30 GMT":  0,
		"Sun, 22 Nov 2026 12:00:30 CET":  0,
		"Sun, 22 Nov 2026 12:00:30":      0,
		"Fri, 31 Dec 9999 23:59:59 GMT":  maxRetryAfter,
		"Sunday, 06-Nov-94 08:49:37 GMT": 0,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// TestParseDate: the standard library reads the same dates; and years of two digits are at most 50 years ahead.
func TestParseDate(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun Nov 16 08:49:37 1994",
		"Sun, 6 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT", "", "Sun, 06 Nov 1994 25:49:37 GMT", "1994-11-06T08:49:37Z",
	} {
		want, err := http.ParseTime(text)
		got, ok := parseDate(text, now)
		if ok != (err == nil) || ok && !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v, %v", text, got, ok, want, err)
		}
	}
	for year, want := range map[int]int{94: 1994, 26: 2026, 27: 2027, 76: 2076, 77: 1977, 0: 2000, 69: 2069, 68: 2068} {
		if got, ok := parseDate(fmt.Sprintf("Sunday, 06-Nov-%02d 08:49:37 GMT", year), now); !ok || got.Year() != want {
			t.Errorf("%02d: %v, want %d", year, got, want)
		}
	}
}

// TestRetryAfter: with which status it counts.
func TestRetryAfter(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := newSite(t, map[string]string{})
		with(t, k.engine(t), following, func(c client) error {
			for status, want := range map[int]time.Duration{200: 0, 301: 7 * time.Second, 404: 0, 429: 7 * time.Second, 500: 0, 503: 7 * time.Second} {
				s.page("/a", fmt.Sprintf("HTTP/1.1 %d x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", status))
				if v := c.get(s.base + "/a"); v.RetryAfter() != want || v.err != nil {
					t.Errorf("%d: %v, want %v: %v", status, v.RetryAfter(), want, v.err)
				}
			}
			s.page("/a", "HTTP/1.1 302 x\r\nRetry-After: 7\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
			if v := c.get(s.base + "/a"); v.RetryAfter() != 0 || v.Status != 200 {
				t.Errorf("of a redirect that was followed there is left %v", v.RetryAfter())
			}
			return nil
		})
	})
}
