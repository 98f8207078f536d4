package link

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	xhtml "golang.org/x/net/html"
)

// generatedPage is a page as many sites have them: half of it tags, with a few scripts, styles, comments and pictures.
func generatedPage() []byte {
	random := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("the of a page reads links and text between tags that are written by many hands with some care")
	var b strings.Builder
	text := func(n int) {
		for range n {
			b.WriteString(words[random.IntN(len(words))] + " ")
		}
	}
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>A page &amp; its links</title>\n")
	b.WriteString("<link rel=\"stylesheet\" href=\"/style.css?v=1&amp;w=2\">\n<style>body { margin: 0 } a > b { color: red }</style>\n")
	b.WriteString("<script>if (a < b && c > d) { document.write('<p>x</p>') }</script>\n</head>\n<body class=\"main\">\n<!-- navigation -->\n")
	for i := range 60 {
		fmt.Fprintf(&b, "<div class=\"section level-%d\" id=\"s%d\">\n<h2>Section %d</h2>\n<p>", i%3, i, i)
		text(30)
		fmt.Fprintf(&b, "<a class=\"reference internal\" href=\"/articles/%d/page-%d.html#s%d\" title=\"a link\"><em>", i, random.IntN(1000), i)
		text(2)
		b.WriteString("</em></a> ")
		text(20)
		b.WriteString("</p>\n<ul>\n")
		for j := range 6 {
			fmt.Fprintf(&b, "<li><a href=\"../%d/item.html?a=%d&amp;b=%d\"><code>item_%d</code></a> ", i, i, j, j)
			text(6)
			b.WriteString("</li>\n")
		}
		fmt.Fprintf(&b, "</ul>\n<img src=\"/images/%d.png\" alt=\"a picture\" width=\"640\" height=\"480\">\n<!-- end of section %d -->\n</div>\n", i, i)
	}
	b.WriteString("<script src=\"/site.js\" async></script>\n</body>\n</html>\n")
	return []byte(b.String())
}

// loaded are the pages that a benchmark goes through: one that is generated, and those of CRAWL_SITES, each site (a folder)
// on its own.
func loaded(b *testing.B, run func(b *testing.B, pages [][]byte)) {
	measure := func(b *testing.B, pages [][]byte) {
		n := 0
		for _, p := range pages {
			n += len(p)
		}
		b.SetBytes(int64(n))
		b.ReportAllocs()
		run(b, pages)
	}
	b.Run("generated", func(b *testing.B) { measure(b, [][]byte{generatedPage()}) })
	b.Run("sites", func(b *testing.B) {
		var pages [][]byte
		for _, name := range sitePages(b) {
			p, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			pages = append(pages, p)
		}
		measure(b, pages)
	})
}

// BenchmarkScan: the scanner, with a reader that does not read.
func BenchmarkScan(b *testing.B) {
	loaded(b, func(b *testing.B, pages [][]byte) {
		var s scanner
		var r nobody
		for b.Loop() {
			for _, p := range pages {
				s.reset(&r)
				s.write(p)
				s.close()
			}
		}
	})
}

// BenchmarkScan16K: the same in stretches of 16 KiB, as bodies arrive.
func BenchmarkScan16K(b *testing.B) {
	loaded(b, func(b *testing.B, pages [][]byte) {
		var s scanner
		var r nobody
		for b.Loop() {
			for _, p := range pages {
				s.reset(&r)
				for ; len(p) > 0; p = p[min(len(p), 16<<10):] {
					s.write(p[:min(len(p), 16<<10)])
				}
				s.close()
			}
		}
	})
}

// BenchmarkTokenizer: what the scanner is held against. x/net/html's tokenizer, which is asked for the same: the names of all
// tags, and the attributes of those that matter; the names of these are looked up, and nothing else is done.
func BenchmarkTokenizer(b *testing.B) {
	loaded(b, func(b *testing.B, pages [][]byte) {
		var r nobody
		var e element
		for b.Loop() {
			for _, p := range pages {
				z := xhtml.NewTokenizer(bytes.NewReader(p))
				for kind := z.Next(); kind != xhtml.ErrorToken; kind = z.Next() {
					if kind != xhtml.StartTagToken && kind != xhtml.SelfClosingTagToken {
						continue
					}
					name, more := z.TagName()
					k := kindOf(name)
					if k.tag == tagNone {
						continue
					}
					e.tag, e.has = k.tag, 0
					for more {
						var key, value []byte
						key, value, more = z.TagAttr()
						if a, ok := attributeOf(key); ok && e.has&(1<<a) == 0 {
							e.has |= 1 << a
							e.value[a] = value
						}
					}
					r.element(&e)
				}
			}
		}
	})
}
