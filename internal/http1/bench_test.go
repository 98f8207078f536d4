package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// nginxHead is what nginx 1.22 sends for a static page over keep-alive.
const nginxHead = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 22 Nov 2025 02:26:00 GMT\r\n" +
	"Content-Type: text/html\r\nContent-Length: 2048\r\nLast-Modified: Fri, 21 Nov 2025 18:00:00 GMT\r\n" +
	"Connection: keep-alive\r\nETag: \"6920a8e0-800\"\r\nAccept-Ranges: bytes\r\n\r\n"

// tenFields is the head of an application behind a proxy.
const tenFields = "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 22 Nov 2025 02:26:00 GMT\r\n" +
	"Content-Type: text/html; charset=utf-8\r\nContent-Length: 48213\r\nConnection: keep-alive\r\n" +
	"Vary: Accept-Encoding\r\nCache-Control: max-age=600, must-revalidate\r\n" +
	"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n" +
	"Set-Cookie: session=4f1c0b7e9a5d4c21; Path=/; HttpOnly; Secure; SameSite=Lax\r\nX-Frame-Options: DENY\r\n\r\n"

// BenchmarkHead is all that a fetch does with a head: find its end, parse it, decide the framing.
func BenchmarkHead(b *testing.B) {
	for _, c := range []struct{ name, raw string }{{"nginx", nginxHead}, {"ten", tenFields}} {
		raw := []byte(c.raw)
		b.Run(c.name+"/http1", func(b *testing.B) {
			var h Head
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				end, _, err := HeadEnd(raw, 0, Limits{})
				if err != nil {
					b.Fatal(err)
				}
				if err := h.Parse(raw[:end], Limits{}); err != nil {
					b.Fatal(err)
				}
				if f, err := h.Framing("GET"); err != nil || !f.KeepAlive {
					b.Fatal(f, err)
				}
			}
		})
		b.Run(c.name+"/nethttp", func(b *testing.B) {
			src := bytes.NewReader(raw)
			br := bufio.NewReader(src)
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				src.Reset(raw)
				br.Reset(src)
				if _, err := http.ReadResponse(br, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHeadParts shows where the time of BenchmarkHead goes.
func BenchmarkHeadParts(b *testing.B) {
	raw := []byte(nginxHead)
	var h Head
	b.Run("end", func(b *testing.B) {
		for b.Loop() {
			_, _, _ = HeadEnd(raw, 0, Limits{})
		}
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			_ = h.Parse(raw, Limits{})
		}
	})
	b.Run("framing", func(b *testing.B) {
		for b.Loop() {
			_, _ = h.Framing("GET")
		}
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			_, _ = h.Get("accept-ranges")
		}
	})
}

// BenchmarkChunked decodes 64 KiB in chunks of three sizes.
func BenchmarkChunked(b *testing.B) {
	for _, size := range []int{16, 1024, 16384} {
		chunk := fmt.Sprintf("%x\r\n%s\r\n", size, strings.Repeat("x", size))
		raw := []byte(strings.Repeat(chunk, 64<<10/size) + "0\r\n\r\n")
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var d ChunkDecoder
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				d.Reset(Limits{})
				for p := raw; !d.Done(); {
					_, n, err := d.Next(p)
					if err != nil {
						b.Fatal(err)
					}
					p = p[n:]
				}
			}
		})
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	r := Request{
		Method: "GET", Target: "/some/path/page-000123.html?x=1", Host: "www.example.org:8080",
		Fields: []Pair{
			{"User-Agent", "crawl/0.1 (+https://example.org/bot)"},
			{"Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"},
			{"Accept-Encoding", "gzip, deflate, br, zstd"},
		},
	}
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendRequest(buf, &r); err != nil {
			b.Fatal(err)
		}
	}
}
