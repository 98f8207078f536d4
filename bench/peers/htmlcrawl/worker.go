package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// worker is one of the pool. Its buffers live as long as it does.
type worker struct {
	client *http.Client
	front  *frontier
	sink   *sink
	links  links
	found  []page
	line   []byte
}

// work fetches pages until there are no more.
func (w *worker) work(ctx context.Context) {
	w.links.found = map[string]struct{}{}
	for {
		p, ok := w.front.take()
		if !ok {
			return
		}
		w.found = w.found[:0]
		rec := w.fetch(ctx, p)
		w.line = rec.appendJSON(w.line[:0])
		w.sink.write(&rec, w.line)
		w.front.done(w.found)
	}
}

// fetch asks for one page, reads the answer to its end, and leaves in w.found what it leads to.
func (w *worker) fetch(ctx context.Context, p page) (rec record) {
	rec = record{url: p.text, depth: p.depth, started: time.Now().UTC()}
	defer func() { rec.total = time.Since(rec.started) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.text, nil)
	if err != nil {
		rec.class, rec.err = "input", err.Error()
		return rec
	}
	resp, err := w.client.Do(req)
	if err != nil {
		rec.class, rec.err = "fetch", err.Error()
		return rec
	}
	defer resp.Body.Close()
	body := &counter{r: resp.Body}
	rec.status, rec.class, rec.mediaType = resp.StatusCode, "ok", resp.Header.Get("Content-Type")
	w.links.count = 0
	if resp.StatusCode == http.StatusOK && isHTML(rec.mediaType) {
		if err = w.links.read(body); err == nil {
			w.found = w.links.resolve(w.found, p, w.front.scheme, w.front.host)
		}
	} else {
		_, err = io.Copy(io.Discard, body)
		if to, lost := resp.Location(); lost == nil && to.Scheme == w.front.scheme && to.Host == w.front.host {
			to.Fragment, to.RawFragment = "", ""
			w.found = append(w.found, page{url: to, text: to.String(), depth: p.depth})
		}
	}
	if err != nil {
		rec.class, rec.err = "body", err.Error()
	}
	rec.bytesBody, rec.links = body.n, w.links.count
	return rec
}

func isHTML(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/html") || strings.HasPrefix(mediaType, "application/xhtml+xml")
}

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
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
	} else {
		s.sum.failed++
	}
	s.sum.bytes += rec.bytesBody
	s.sum.links += rec.links
	if _, err := s.w.Write(line); err != nil && s.err == nil {
		s.err = err
	}
}
