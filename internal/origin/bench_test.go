package origin

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// These run client and server in one process: they show a change, not what the server alone costs.

// ask sends a GET for the target and reads an answer of n bytes.
func ask(b *testing.B, c net.Conn, head []byte, answer []byte) {
	if _, err := c.Write(head); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(c, answer); err != nil {
		b.Fatal(err)
	}
}

// answerSize is the length of a whole answer with a page of the default size.
func answerSize(b *testing.B, s *Server) int {
	got, err := exchange(b, s, getHead("/p/1", "Connection: close\r\n"), false)
	if err != nil {
		b.Fatal(err)
	}
	return len(got) - len("Connection: close\r\n")
}

func BenchmarkKeepAlive(b *testing.B) {
	s := start(b, Config{Links: 10})
	answer := make([]byte, answerSize(b, s))
	head := []byte(getHead("/p/1", ""))
	c := dial(b, s)
	b.ReportAllocs()
	for b.Loop() {
		ask(b, c, head, answer)
	}
}

func BenchmarkNewConnection(b *testing.B) {
	s := start(b, Config{Links: 10})
	answer := make([]byte, answerSize(b, s))
	head := []byte(getHead("/p/1", ""))
	for b.Loop() {
		c, err := net.Dial("tcp", s.Addresses()[0])
		if err != nil {
			b.Fatal(err)
		}
		ask(b, c, head, answer)
		c.Close()
	}
}

// The yardstick: the same exchange with a server of net/http.
func BenchmarkKeepAliveNetHTTP(b *testing.B) {
	page := make([]byte, defaultSize)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	hs := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(page) })}
	var wg sync.WaitGroup
	wg.Go(func() { hs.Serve(l) })
	defer wg.Wait()
	defer hs.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	head, in := []byte(getHead("/p/1", "")), bufio.NewReader(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(head); err != nil {
			b.Fatal(err)
		}
		// The length of the head varies with the date, so it is looked for.
		n := 0
		for line := []byte(nil); len(line) != 2; {
			if line, err = in.ReadSlice('\n'); err != nil {
				b.Fatal(err)
			}
			n += len(line)
		}
		if _, err := in.Discard(defaultSize); err != nil || n < 20 {
			b.Fatal(err)
		}
	}
}

// A thousand requests wait 20 ms each, all at once.
func BenchmarkThousandWaiting(b *testing.B) {
	const n = 1000
	s := start(b, Config{Links: 10, Latency: Fixed(20 * time.Millisecond)})
	answer := make([]byte, answerSize(b, s))
	head := []byte(getHead("/p/1", ""))
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = dial(b, s)
	}
	for b.Loop() {
		for _, c := range conns {
			if _, err := c.Write(head); err != nil {
				b.Fatal(err)
			}
		}
		for _, c := range conns {
			if _, err := io.ReadFull(c, answer); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	head := []byte("GET /p/123 HTTP/1.1\r\nHost: 127.0.1.23:8080\r\nUser-Agent: crawl/1.0\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\n\r\n")
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	src := bytes.NewReader(nil)
	in := reader{src: src}
	for b.Loop() {
		src.Reset(head)
		var r request
		if err := in.next(&r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPageBody(b *testing.B) {
	w := newWeb(b, Config{Addresses: 64, Links: 10})
	b.SetBytes(defaultSize)
	i := 0
	for b.Loop() {
		w.Page(i % w.Len())
		i++
	}
}
