//go:build unix

package fetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"crawl/internal/link"
)

// page is what the server of the benchmarks answers: 2 KB, as a small page has.
func page() []byte {
	body := bytes.Repeat([]byte("0123456789abcdef"), 128)
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// answerPages is a server that does as little as a server can.
func answerPages(c net.Conn) {
	answer, in := page(), make([]byte, 4096)
	for have := 0; ; {
		n, err := c.Read(in[have:])
		if err != nil {
			return
		}
		if have += n; !bytes.HasSuffix(in[:have], []byte("\r\n\r\n")) {
			continue
		}
		have = 0
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// BenchmarkFetch: fetches of a page of 2 KB over connections that are there, one after the other and 64 at once,
// on every engine and by the standard client. The server is in this process and does its share of the work, and
// so the figures are for comparison with each other.
func BenchmarkFetch(b *testing.B) {
	s := serve(b, func(p *peer) { answerPages(p.Conn) })
	for _, inFlight := range []int{1, 64} {
		for _, k := range kinds() {
			b.Run(fmt.Sprintf("%s/%d", k.name, inFlight), func(b *testing.B) { benchEngine(b, k, s.base, inFlight) })
		}
		b.Run(fmt.Sprintf("nethttp/%d", inFlight), func(b *testing.B) { benchStandard(b, s.base, inFlight) })
	}
}

func benchEngine(b *testing.B, k kind, base string, inFlight int) {
	e := k.engine(b)
	c := NewClient(e, Options{})
	u, err := link.Parse(base + "/page")
	if err != nil {
		b.Fatal(err)
	}
	var left, working atomic.Int64
	left.Store(int64(b.N))
	working.Store(int64(inFlight))
	b.ReportAllocs()
	b.SetBytes(2048)
	for range inFlight {
		e.Go("fetcher", func(ctx context.Context) error {
			req, res := &Request{URL: &u, OnBody: func([]byte) error { return nil }}, new(Response)
			for left.Add(-1) >= 0 {
				if err := c.Do(ctx, req, res); err != nil || res.BytesBody != 2048 {
					return fmt.Errorf("%d bytes, %w", res.BytesBody, err)
				}
			}
			if working.Add(-1) == 0 {
				c.Close()
			}
			return nil
		})
	}
	b.ResetTimer()
	if err := e.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// benchStandard is the standard client as one would write it: a transport that keeps as many connections as it
// needs, bodies read to their end.
func benchStandard(b *testing.B, base string, inFlight int) {
	transport := &http.Transport{MaxIdleConnsPerHost: inFlight}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.SetBytes(2048)
	b.ResetTimer()
	var running sync.WaitGroup
	for range inFlight {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				res, err := c.Get(base + "/page")
				if err != nil {
					b.Error(err)
					return
				}
				n, err := io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil || n != 2048 {
					b.Errorf("%d bytes, %v", n, err)
				}
			}
		})
	}
	running.Wait()
}

// BenchmarkParseURL is for what a list of URLs costs before its first fetch.
func BenchmarkParseURL(b *testing.B) {
	for name, s := range map[string]string{
		"plain":   "http://www.example.com:8080/a/page/of/usual.html?with=query&and=more",
		"escaped": "http://www.example.com/ein Pfad/mit Umlauten/äöü.html?q=ß",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := link.Parse(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
