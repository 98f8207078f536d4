package item

import (
	"strings"
	"testing"
)

// BenchmarkExtract takes ten products out of pages of two sizes, most of which is text and links.
func BenchmarkExtract(b *testing.B) {
	product := "<div class=product data-id=17><h3>Desk <b>lamp</b></h3><p class=price>49.90</p><a href=x>more</a></div>"
	filler := "<p>Some text as it stands in pages, with <a href='/page?a=1&amp;b=2'>a link</a> &amp; more of it.</p>\n"
	for _, size := range []int{10 << 10, 1 << 20} {
		b.Run(map[int]string{10 << 10: "10KiB", 1 << 20: "1MiB"}[size], func(b *testing.B) {
			s := setOf(b, string(readFile(b, "testdata/shop.toml")))
			page := []byte("<!doctype html><meta charset=utf-8>" + strings.Repeat(product, 10) + strings.Repeat(filler, size/len(filler)))
			u := address(b)
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				if r := s.Extract(page, "", u); len(r.Items) != 10 {
					b.Fatal(len(r.Items), r.Err)
				}
			}
		})
	}
}
