package link

import (
	"strings"
	"testing"
)

// BenchmarkParse: a canonical URL costs no allocation, one without its slash one; the others are the library's.
func BenchmarkParse(b *testing.B) {
	for name, s := range map[string]string{
		"plain":  "https://www.example.com/articles/2024/05/a-title-of-some-length?id=4711",
		"port":   "http://127.0.0.1:8080/p/4711",
		"bare":   "https://www.example.com",
		"escape": "https://www.example.com/articles/2024/05/a title of some length?id=4711",
		"idna":   "https://www.müller.example/articles/2024/05/a-title-of-some-length",
		"worst":  "http://h/ " + strings.Repeat("/", maxRewritten-10),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkResolve: a reference that stands behind a part of the page's URL costs the string that is made.
func BenchmarkResolve(b *testing.B) {
	u := mustParse(b, "https://www.example.com/articles/2024/05/index.html?id=4711")
	for name, ref := range map[string]string{
		"path": "/articles/2024/06/", "up": "../06/page?x=y", "page": "page.html", "fragment": "#top",
		"host": "//cdn.example.com/a.png", "absolute": "https://www.example.com/about", "escape": "/a title",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := u.Resolve(ref); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocations holds the benchmarks' first lines.
func TestAllocations(t *testing.T) {
	u := mustParse(t, "https://www.example.com/a/b?c")
	for s, want := range map[string]float64{"http://www.example.com/a/b.html?c=d#e": 0, "https://127.0.0.1:8080/": 0, "http://example.com": 1} {
		if got := testing.AllocsPerRun(100, func() { _, _ = Parse(s) }); got != want {
			t.Errorf("%q: %v allocations, want %v", s, got, want)
		}
	}
	for _, ref := range []string{"/a/b?c", "../x?y", "page.html", "#e", "?f"} {
		if got := testing.AllocsPerRun(100, func() { _, _ = u.Resolve(ref) }); got != 1 {
			t.Errorf("%q: %v allocations, want 1", ref, got)
		}
	}
}
