package fetch

import (
	"strings"
	"testing"

	"crawl/internal/http1"
	"crawl/internal/link"
)

// FuzzURLIsSent: what is a URL can be sent. The URL standard has four characters in hosts that RFC 3986 has not;
// http1 refuses a request with those.
func FuzzURLIsSent(f *testing.F) {
	for _, s := range []string{
		"http://example.com/a/b?c=d#e", "https://[::1]:8080/", "http://u:p@h/", "http://h/\x00\x1b\u009b é\"<>?\x7f'", "http://münchen.example",
		"http://a_b~!$&'()*+,;=/", "http://a\"`{}/", "http://h/a\r\nHost: b", "http://a\r\nb", "http://h:1\x00/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := link.Parse(s)
		if err != nil {
			return
		}
		if !http1.ValidTarget(u.Target()) {
			t.Errorf("%q has target %q, which cannot be sent", s, u.Target())
		}
		if odd := strings.ContainsAny(u.Host(), "\"`{}"); http1.ValidHost(u.Authority()) == odd {
			t.Errorf("%q has authority %q: can be sent: %v", s, u.Authority(), !odd)
		}
	})
}
