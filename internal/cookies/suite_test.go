package cookies

import (
	"testing"

	"crawl/internal/suites"
)

// vector is a case of the suite that stands beside the repository; its README explains the fields.
type vector struct {
	ID        string   `json:"id"`
	SetURL    string   `json:"set_url"`
	SetCookie []string `json:"set_cookie"`
	GetURL    string   `json:"get_url"`
	Cookie    string   `json:"cookie"`
}

// TestSuite: all cases of the working group that wrote RFC 6265.
func TestSuite(t *testing.T) {
	for _, v := range suites.Read[vector](t, "cookies.jsonl", 113) {
		t.Run(v.ID, func(t *testing.T) {
			j := New()
			for _, field := range v.SetCookie {
				j.set(t, v.SetURL, latin1(t, field))
			}
			j.want(t, v.GetURL, latin1(t, v.Cookie))
		})
	}
}

// latin1 makes bytes of the suite's characters.
func latin1(t *testing.T, s string) string {
	t.Helper()
	var b []byte
	for _, r := range s {
		if r > 0xff {
			t.Fatalf("%q is not in Latin-1", s)
		}
		b = append(b, byte(r))
	}
	return string(b)
}
