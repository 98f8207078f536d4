//go:build unix

package crawler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/link"
)

// pages is a Fetcher of documents: each is given out in stretches, between which others have a turn.
type pages struct {
	engine engine.Engine
	of     func(path string) (status int, mediaType string, body []byte, err error)
}

func (p *pages) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	status, mediaType, body, err := p.of(req.URL.Target())
	*res = fetch.Response{Started: p.engine.Now(), Status: status, Minor: 1, MediaType: mediaType, Charset: "x-test"}
	for part := range slices.Chunk(body, 1<<20) {
		if err := req.OnBody(part); err != nil {
			return err
		}
		if err := p.engine.Sleep(ctx, 0); err != nil {
			return &fetch.Error{Class: fetch.Cancelled, Err: err}
		}
	}
	return err
}

// TestExtract: every HTML page with status 200 that arrived whole is handed over once, whole, off the loop, not more at once
// than may be; what is made of it is in its record. Nothing else is handed over, and of another page nothing is left over.
func TestExtract(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		const n, most = 120, 2
		f := &pages{engine: e, of: func(path string) (int, string, []byte, error) {
			body := []byte(path + strings.Repeat(".", 1000))
			switch path[len(path)-1] {
			case '1':
				return 404, "text/html", body, nil
			case '2':
				return 200, "text/plain", body, nil
			case '3':
				return 200, "text/html", body, &fetch.Error{Class: fetch.ProtocolTruncated, Err: errors.New("made up")}
			case '4':
				return 200, "text/html", nil, nil
			case '5':
				return 200, "text/html", make([]byte, maxPage+1), nil
			case '6':
				return 200, "application/xhtml+xml", body, nil
			}
			return 200, "text/html", body, nil
		}}
		var running, peak, calls atomic.Int64
		o := Options{Concurrency: 10, Extractions: most, Extract: func(body []byte, charset string, at *link.URL) *Extracted {
			now := running.Add(1)
			defer running.Add(-1)
			for {
				if old := peak.Load(); now <= old || peak.CompareAndSwap(old, now) {
					break
				}
			}
			calls.Add(1)
			path, rest, _ := strings.Cut(string(body), ".")
			if path != at.Target() || len(rest) != 999 || charset != "x-test" {
				t.Errorf("%s: %.20q, %d bytes, %s", at, body, len(body), charset)
			}
			if path[len(path)-1] == '7' {
				panic("made up: " + path)
			}
			if path[len(path)-1] == '8' {
				return nil
			}
			return &Extracted{Names: []string{"path"}, Values: [][]byte{AppendString(nil, path)}}
		}}
		c, out := crawlOf(e, f, strings.NewReader(listOf(n, 3)), o)
		run(t, e, c)
		for _, w := range c.crew {
			if w.body.page != nil || w.body.extracted != nil {
				t.Error("a worker has kept a page, or what was taken out of one")
			}
		}
		seen := 0
		for line := range strings.Lines(out.String()) {
			var r struct {
				URL, Class   string
				Extracted    *struct{ Path string }
				ExtractError string `json:"extract_error"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			seen++
			path := r.URL[strings.LastIndexByte(r.URL, '/'):]
			got := "nothing"
			switch {
			case r.Extracted != nil:
				got = r.Extracted.Path
			case r.ExtractError != "":
				got = strings.SplitN(r.ExtractError, "\n", 2)[0]
			}
			want := path
			switch path[len(path)-1] {
			case '1', '2', '3', '4', '8':
				want = "nothing"
			case '5':
				want = errPageTooLong.Error()
			case '7':
				want = "panic: made up: " + path
			}
			if got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		if seen != n || calls.Load() != n/2 || peak.Load() > most || peak.Load() < 1 {
			t.Errorf("%d records, %d pages taken apart, %d at once", seen, calls.Load(), peak.Load())
		}
	})
}

// TestExtractCancelled: a crawl that is stopped while pages are taken apart, and others wait for that, ends, and balances.
func TestExtractCancelled(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		f := &pages{engine: e, of: func(path string) (int, string, []byte, error) { return 200, "text/html", []byte(path), nil }}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var calls atomic.Int64
		begun := make(chan struct{}, 100)
		o := Options{Concurrency: 10, Extractions: 1, Extract: func([]byte, string, *link.URL) *Extracted {
			begun <- struct{}{}
			if calls.Add(1) == 3 {
				cancel()
				<-ctx.Done()
			}
			return nil
		}}
		c, _ := crawlOf(e, f, strings.NewReader(listOf(100, 3)), o)
		c.Start()
		runStarted(t, e, ctx, c)
		if s := c.Stats(); s.Ledger.Pending == 0 || s.InFlight != 0 {
			t.Error(fmt.Sprint(s.Ledger.String(), s.InFlight))
		}
	})
}

// TestPutAllocatesNothing: a record is on the heap in no form, and as JSON nothing else is.
func TestPutAllocatesNothing(t *testing.T) {
	s := NewSink("output", io.Discard)
	s.open(noLock{}, alone{})
	s.block = make([]byte, 0, sinkBlock)
	u := "http://example.com/"
	put := func() {
		s.block = s.block[:0]
		r := Record{URL: u, Status: 200, Class: fetch.OK, Attempts: 1, MediaType: "text/html"}
		s.put(&r)
	}
	if n := testing.AllocsPerRun(100, put); n != 0 {
		t.Errorf("%v allocations for a record as JSON", n)
	}
	form, err := NewJSONForm([]string{"url", "status", "media_type"}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	s.WriteAs(form)
	if n := testing.AllocsPerRun(100, put); n != 0 {
		t.Errorf("%v allocations for three fields of one", n)
	}
}
