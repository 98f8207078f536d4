package cookies

import (
	"fmt"
	"testing"
)

// benchJar has three cookies of each of 10,000 sites.
func benchJar() *Jar {
	j := New()
	for i := range 10_000 {
		host := fmt.Sprintf("www.site%d.com", i)
		j.Set(true, host, "/", "session=0123456789abcdef0123456789abcdef; Secure; HttpOnly", now())
		j.Set(true, host, "/", "lang=en; Max-Age=86400", now())
		j.Set(true, host, "/", fmt.Sprintf("visitor=42; Domain=site%d.com; Path=/", i), now())
	}
	return j
}

// BenchmarkAppendHeader: what a jar costs a request, for a host with cookies, one without, and one deep down.
func BenchmarkAppendHeader(b *testing.B) {
	j, at := benchJar(), now()
	for _, host := range []string{"www.site5000.com", "www.example.org", "a.b.c.d.site5000.com", "10.0.0.1"} {
		b.Run(host, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = j.AppendHeader(dst[:0], true, host, "/a/page?q", at)
			}
		})
	}
}

// BenchmarkSet: the same cookie again, as servers do with every page.
func BenchmarkSet(b *testing.B) {
	j, at := benchJar(), now()
	b.ReportAllocs()
	for b.Loop() {
		j.Set(true, "www.site5000.com", "/a/page?q", "session=0123456789abcdef0123456789abcdef; Path=/; Secure; HttpOnly; Expires=Wed, 09 Jun 2100 10:18:14 GMT", at)
	}
}
