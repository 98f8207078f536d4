// Command nethttp fetches a list of URLs with the standard client, as a good Go programmer
// would write it: a pool of workers, one tuned Transport, each body read to its end through a
// buffer that its worker reuses. It is the yardstick that crawl is measured against, so it does
// crawl's work and nothing less: the list is read lazily, every URL becomes one JSON line in a
// file, successes are counted, and every wait is bounded.
//
//	nethttp -i LIST -o OUT.jsonl -c N
//
// It prints "ok=N failed=N bytes=N" and exits 1 when anything failed.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// fetchTimeout bounds one fetch, from dialling to the last byte of the body.
const fetchTimeout = 60 * time.Second

// tally is what all workers found together.
type tally struct{ ok, failed, bytes int64 }

func main() {
	list := flag.String("i", "", "file with one URL a line")
	out := flag.String("o", "", "file that receives one JSON object a line")
	conc := flag.Int("c", 100, "fetches in flight")
	flag.Parse()
	sum, err := run(context.Background(), *list, *out, *conc)
	if err != nil {
		fmt.Fprintln(os.Stderr, "nethttp:", err)
		os.Exit(1)
	}
	fmt.Printf("ok=%d failed=%d bytes=%d\n", sum.ok, sum.failed, sum.bytes)
	if sum.failed > 0 {
		os.Exit(1)
	}
}

// newClient returns a client whose pool holds every connection that conc workers can have open,
// so that none is closed for want of room: the default keeps two per host, which turns
// keep-alive into a new connection for nearly every fetch. Requests are short, so the write
// buffer of each connection is a quarter of the default.
func newClient(conc int) *http.Client {
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: -1}).DialContext,
			MaxIdleConns:        conc,
			MaxIdleConnsPerHost: conc,
			MaxConnsPerHost:     conc,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
			DisableCompression:  true,
			WriteBufferSize:     1 << 10,
		},
	}
}

// run fetches every line of list with conc workers and writes a record for each to out.
func run(ctx context.Context, list, out string, conc int) (sum tally, err error) {
	in, err := os.Open(list)
	if err != nil {
		return sum, err
	}
	defer in.Close()
	file, err := os.Create(out)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sink := &sink{w: bufio.NewWriterSize(file, 64<<10)}

	client := newClient(conc)
	urls := make(chan string)
	var wg sync.WaitGroup
	for range conc {
		wg.Go(func() {
			w := worker{client: client, body: make([]byte, 4<<10)}
			for u := range urls {
				rec := w.fetch(ctx, u)
				w.line = rec.appendJSON(w.line[:0])
				sink.write(&rec, w.line)
			}
		})
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		urls <- lines.Text()
	}
	close(urls)
	wg.Wait()
	return sink.sum, errors.Join(lines.Err(), sink.err, sink.w.Flush())
}

// worker is one of the pool. Its buffers live as long as it does.
type worker struct {
	client     *http.Client
	body, line []byte
}

// fetch asks for one URL and reads the answer to its end.
func (w *worker) fetch(ctx context.Context, u string) (rec record) {
	rec = record{url: u, started: time.Now().UTC()}
	defer func() { rec.total = time.Since(rec.started) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		rec.class, rec.err = "input", err.Error()
		return rec
	}
	resp, err := w.client.Do(req)
	if err != nil {
		rec.class, rec.err = "fetch", err.Error()
		return rec
	}
	rec.bytesBody, err = w.drain(resp.Body)
	resp.Body.Close()
	rec.status, rec.protocol, rec.mediaType = resp.StatusCode, resp.Proto, resp.Header.Get("Content-Type")
	switch {
	case err != nil:
		rec.class, rec.err = "body", err.Error()
	case resp.StatusCode >= 400:
		rec.class = "status"
	default:
		rec.class = "ok"
	}
	return rec
}

// drain reads r to its end and returns how many bytes it held.
func (w *worker) drain(r io.Reader) (n int64, err error) {
	for {
		m, err := r.Read(w.body)
		n += int64(m)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// sink is the file that all workers write to, and their common count.
type sink struct {
	mu  sync.Mutex // guards all below
	w   *bufio.Writer
	sum tally
	err error // the first that writing met
}

// write counts rec and adds its line to the file.
func (s *sink) write(rec *record, line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec.class == "ok" {
		s.sum.ok++
		s.sum.bytes += rec.bytesBody
	} else {
		s.sum.failed++
	}
	if _, err := s.w.Write(line); err != nil && s.err == nil {
		s.err = err
	}
}
