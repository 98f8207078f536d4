package robots

import (
	"fmt"
	"strings"
	"testing"
)

// typical is a file as many sites have it: a few groups, a dozen lines for all, a sitemap.
func typical() []byte {
	var b strings.Builder
	b.WriteString("# robots.txt of https://www.example.com/\n\nUser-agent: *\nCrawl-delay: 1\n")
	for _, path := range []string{
		"/wp-admin/", "/cgi-bin/", "/search", "/cart", "/checkout/", "/account/login", "/*?sort=", "/*&sessionid=", "/*.pdf$",
		"/tmp/", "/print/", "/api/v1/internal/",
	} {
		b.WriteString("Disallow: " + path + "\n")
	}
	b.WriteString("Allow: /wp-admin/admin-ajax.php\n\n")
	for _, agent := range []string{"GPTBot", "CCBot", "AhrefsBot", "SemrushBot"} {
		b.WriteString("User-agent: " + agent + "\nDisallow: /\n\n")
	}
	b.WriteString("Sitemap: https://www.example.com/sitemap_index.xml\n")
	return []byte(b.String())
}

// large has 5,000 rules.
func large() []byte {
	b := []byte("User-agent: *\n")
	for i := range 5000 {
		b = fmt.Appendf(b, "Disallow: /section-%d/topic-%d/\n", i%70, i)
	}
	return b
}

// crowded are files of 500 KiB with as much to do in them as there can be.
func crowded() map[string][]byte {
	fill := func(begin string, line func(i int) string) []byte {
		b := append(make([]byte, 0, Limit), begin...)
		for i := 0; ; i++ {
			l := line(i)
			if len(b)+len(l) > Limit {
				return b
			}
			b = append(b, l...)
		}
	}
	const all = "User-agent:*\n"
	wide := []byte("\xff\xfe")
	for i := 0; len(wide) < Limit-64; i++ {
		for _, c := range fmt.Appendf(nil, "Allow:/%x\n", i) {
			wide = append(wide, c, 0)
		}
	}
	return map[string][]byte{
		"UTF-16":    wide,
		"two words": fill(all, func(i int) string { return fmt.Sprintf("allow /%x\n", i) }),
		"rules":     fill(all, func(i int) string { return fmt.Sprintf("Allow:/%x\n", uint32(i)*2654435761>>12) }),
		"same rule": fill(all, func(int) string { return "Allow:/\n" }),
		"lengths":   fill(all, func(i int) string { return "Disallow:/" + strings.Repeat("a", i*7919%97) + "\n" }),
		"escapes":   fill(all, func(i int) string { return fmt.Sprintf("Disallow:/\xe9%x\n", i) }),
		"blank":     fill("", func(int) string { return "\n" }),
		"blank CR":  fill("", func(int) string { return "\r" }),
		"colons":    fill("", func(int) string { return ":\n" }),
		"unknown":   fill("", func(int) string { return "aaaa:\n" }),
		"empty":     fill(all, func(int) string { return "Allow:\n" }),
		"words":     fill("", func(int) string { return "a b\n" }),
		"spaces":    fill("", func(int) string { return "\u00a0:\u00a0\n" }),
		"agents":    fill("", func(int) string { return "User-agent:b\n" }),
		"sitemaps":  fill("", func(int) string { return "Sitemap:/\n" }),
		"one line":  fill("", func(int) string { return "a " }),
	}
}

// BenchmarkParse: kept-B is what a crawl holds of the file for as long as it knows the host.
func BenchmarkParse(b *testing.B) {
	bodies := map[string][]byte{"typical": typical(), "large": large()}
	for name, body := range crowded() {
		bodies["hostile, "+name] = body
	}
	for name, body := range bodies {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var f File
			for b.Loop() {
				f = Parse(body, "crawl")
			}
			b.ReportMetric(float64(f.Rules.Size()), "kept-B")
		})
	}
}

// BenchmarkAllowed: what each URL of a crawl costs.
func BenchmarkAllowed(b *testing.B) {
	of := func(name string, body []byte, target string) {
		rules := Parse(body, "crawl").Rules
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rules.Allowed(target)
			}
		})
	}
	of("none", nil, "/a/page.html?id=1")
	of("typical", typical(), "/blog/2026/11/some-page-of-a-blog.html?id=1")
	of("typical, escaped", typical(), "/blog/2026/11/%c3%a9t%C3%A9.html?id=1")
	of("large", large(), "/section-12/some-page.html")
	for name, h := range hostile() {
		of("hostile, "+name, h.body, h.target)
	}
}
