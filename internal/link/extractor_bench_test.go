package link

import (
	"fmt"
	"strings"
	"testing"
)

// hundred is a page of a hundred links, of which each stands there three times, as navigation does.
func hundred() string {
	var b strings.Builder
	b.WriteString("<html lang=en><title>A page</title>")
	for range 3 {
		for i := range 25 {
			fmt.Fprintf(&b, `<p>Some text <a href="/articles/%d/index.html">a</a> <a href="../b%d.html#x">b</a> <a href="c%d?d=e&amp;f">c</a> <a href="https://www.example.org/%d">d</a>`, i, i, i, i)
		}
	}
	return b.String()
}

// BenchmarkEnd: what a page of a hundred links costs besides its scan.
func BenchmarkEnd(b *testing.B) {
	u := mustParse(b, "https://www.example.com/articles/2024/05/index.html?id=4711")
	x := NewExtractor(ExtractorOptions{})
	x.Begin(HTML, "utf-8")
	x.Write([]byte(hundred()))
	x.End(&u)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		x.written, x.page = "", Page{}
		x.conclude(&u)
		for range x.Links {
			n++
		}
	}
	if n != b.N*100 {
		b.Fatalf("%d links in %d pages", n, b.N)
	}
}

// BenchmarkAdd: what three hundred references cost that are a hundred, until the end.
func BenchmarkAdd(b *testing.B) {
	x := NewExtractor(ExtractorOptions{})
	e := element{tag: tagA, has: 1 << attrHref}
	refs := make([][]byte, 100)
	for i := range refs {
		refs[i] = fmt.Appendf(nil, "/articles/2024/05/%d/index.html#x", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		x.Begin(HTML, "utf-8")
		for range 3 {
			for _, ref := range refs {
				e.value[attrHref] = ref
				x.element(&e)
			}
		}
	}
}

// BenchmarkCSS: bytes of a style sheet, half of them a picture in its data: URL.
func BenchmarkCSS(b *testing.B) {
	rule := ".menu > li:hover a { color: #333; background: url(\"../img/menu.png\") no-repeat; width: calc(100% - 3px) } /* a comment */\n"
	sheet := []byte(strings.Repeat(rule, 100) + "a{b:url(data:image/png;base64," + strings.Repeat("abcd", 25*len(rule)) + ")}")
	c := cssReader{found: func([]byte, Kind) {}}
	b.SetBytes(int64(len(sheet)))
	b.ReportAllocs()
	for b.Loop() {
		c.write(sheet)
		c.close()
	}
}

// BenchmarkTranscode: bytes of a page in Cyrillic and in ASCII that is not UTF-8.
func BenchmarkTranscode(b *testing.B) {
	for name, p := range map[string]string{"cyrillic": "<p class=x>\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0</p>", "ascii": "<p class=x>Hello, world</p>"} {
		b.Run(name, func(b *testing.B) {
			var t Transcoder
			n := 0
			t.to = func(p []byte) { n += len(p) }
			c, _ := lookupCharset("windows-1251")
			body := []byte(strings.Repeat(p, 1000))
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				t.reset(c)
				t.Write(body)
			}
		})
	}
}

// BenchmarkKey: of a URL in which nothing is to be done, and of another.
func BenchmarkKey(b *testing.B) {
	for name, s := range map[string]string{"plain": "https://www.example.com/articles/2024/05/title?id=4711", "escapes": "https://www.example.com/%7euser/a%2db?id=%c3%a9#f"} {
		u, c := mustParse(b, s), newCanon(b)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = c.Key(&u)
			}
		})
	}
}

// TestExtractorAllocations: a page of a hundred links costs the strings of their URLs and of the page, and reading it nothing.
func TestExtractorAllocations(t *testing.T) {
	u := mustParse(t, "https://www.example.com/articles/2024/05/index.html?id=4711")
	x, body := NewExtractor(ExtractorOptions{}), []byte(hundred())
	links := 0
	got := testing.AllocsPerRun(20, func() {
		x.Begin(HTML, "utf-8")
		x.Write(body)
		x.End(&u)
		links = 0
		for range x.Links {
			links++
		}
	})
	if links != 100 || got > 108 {
		t.Errorf("%v allocations for %d links", got, links)
	}
}
