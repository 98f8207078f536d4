//go:build unix

package crawler

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/origin"
)

// startOrigin starts a test web that ends with the test.
func startOrigin(t testing.TB, config origin.Config) *origin.Server {
	t.Helper()
	s, err := origin.Start(config)
	if errors.Is(err, origin.ErrNoAddress) {
		config.Addresses = 0
		s, err = origin.Start(config)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// base is the URL of a server without a path.
func base(s *origin.Server) string { return strings.TrimSuffix(s.URL(0), "/p/0") }

// TestCrawlPages: six hundred pages of four hosts by the real client: what the records say is what the server has,
// byte by byte, and what it saw.
func TestCrawlPages(t *testing.T) {
	const n, concurrency, perHost = 600, 24, 8
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{Addresses: 4, Pages: n / 4, LogRequests: 2 * n, Size: origin.Size{Min: 200, Max: 100_000}})
		var list bytes.Buffer
		if err := server.WriteList(&list, n); err != nil {
			t.Fatal(err)
		}
		pages := n
		if len(server.Hosts()) == 1 {
			pages = n / 4
		}
		before := time.Now()
		out := &output{}
		c := New(e, fetch.NewClient(e, fetch.Options{}), NewSource(nil, "list", &list), NewSink("output", out),
			Options{Concurrency: concurrency, PerHost: perHost, Digest: true})
		run(t, e, c)
		var wire int64
		records := parseRows(t, out.String())
		seen := map[string]bool{}
		for _, r := range records {
			status, contentType, body := server.Lookup(r.URL)
			digest := fmt.Sprintf("sha256:%x", sha256.Sum256(body))
			if r.Status != status || r.Class != "ok" || r.Attempts != 1 || r.Error != "" || *r.BytesBody != int64(len(body)) || r.Digest != digest {
				t.Fatalf("%+v: want status %d, %d bytes, digest %s", r, status, len(body), digest)
			}
			if contentType != "text/html; charset=utf-8" || r.MediaType != "text/html" || r.Charset != "utf-8" || r.Protocol != "HTTP/1.1" {
				t.Fatalf("%+v: want %s", r, contentType)
			}
			if host := strings.Split(r.URL, "/")[2]; r.Remote != host || *r.BytesWire <= *r.BytesBody || *r.Timings.Total <= 0 {
				t.Fatalf("%+v: host %s", r, host)
			}
			if at, err := time.Parse(time.RFC3339Nano, r.Started); err != nil || at.Before(before.Truncate(time.Microsecond)) || at.After(time.Now()) {
				t.Fatalf("%+v: began at %v, %v", r, at, err)
			}
			wire += *r.BytesWire
			seen[r.URL] = true
		}
		s, its := c.Stats(), server.Stats()
		if len(records) != n || len(seen) != pages || its.Requests != n || s.Ledger.Statuses[200] != n || s.Attempts != n {
			t.Errorf("%d records of %d URLs, %d requests, %s", len(records), len(seen), its.Requests, s.Ledger.String())
		}
		if its.BytesSent != wire || s.Bytes != wire {
			t.Errorf("%d bytes sent, %d in the records, %d in Stats", its.BytesSent, wire, s.Bytes)
		}
		if its.MaxInFlight > concurrency || s.Peak > concurrency || its.Refused != 0 || its.Abandoned != 0 {
			t.Errorf("%+v, peak %d", its, s.Peak)
		}
		asked := map[string]int{}
		for _, r := range server.Log() {
			asked[r.Target]++
		}
		if len(asked) != n/4 {
			t.Errorf("%d targets were asked for", len(asked))
		}
	})
}

// TestCrawlConcurrency: as many requests as allowed really wait at the server at once.
func TestCrawlConcurrency(t *testing.T) {
	const n = 200
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{})
		list := strings.Repeat(fmt.Sprintf("%s/f/gate/%d\n", base(server), n), 2*n)
		c, out := crawlOf(e, fetch.NewClient(e, fetch.Options{}), strings.NewReader(list), Options{Concurrency: n})
		run(t, e, c)
		if its := server.Stats(); its.MaxInFlight != n || its.Requests != 2*n || c.Stats().Peak != n {
			t.Errorf("%+v, peak %d", its, c.Stats().Peak)
		}
		if rows := parseRows(t, out.String()); len(rows) != 2*n {
			t.Errorf("%d records", len(rows))
		}
	})
}

// punctual is an engine that is never late, however busy the machine is.
type punctual struct{ engine.Engine }

func (punctual) Lag(time.Time) time.Duration { return 0 }

// impatient is a client, and another for the paths where a limit of time is to pass.
type impatient struct {
	patient, hasty Fetcher
	path           string
}

func (i impatient) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	if strings.HasPrefix(req.URL.Target(), i.path) {
		return i.hasty.Do(ctx, req, res)
	}
	return i.patient.Do(ctx, req, res)
}

// TestCrawlFaults: how URLs end at a server that fails in every way, what of it is tried again, and how often.
func TestCrawlFaults(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + nobody.Addr().String() + "/"
	nobody.Close()
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{})
		cases := []struct {
			url  string
			want row
		}{
			{"/p/7", row{Class: "ok", Status: 200, Attempts: 1}},
			{"/f/raw/" + base64.URLEncoding.EncodeToString([]byte("HTTP/1.0 200 OK\r\n\r\nhi")), row{Class: "ok", Status: 200, Attempts: 1, Protocol: "HTTP/1.0"}},
			{"/f/status/404", row{Class: "ok", Status: 404, Attempts: 1}},
			{"/f/status/500", row{Class: "ok", Status: 500, Attempts: 1}},
			{"/f/no-content", row{Class: "ok", Status: 204, Attempts: 1}},
			{"/f/redirect/1", row{Class: "ok", Status: 302, Attempts: 1}},
			{"/f/retry/2", row{Class: "ok", Status: 200, Attempts: 3}},
			{"/f/retry/5", row{Class: "ok", Status: 503, Attempts: 3}},
			{"/f/retry/1?status=500", row{Class: "ok", Status: 500, Attempts: 1}},
			{"/f/reset", row{Class: "closed.reset", Attempts: 3}},
			{"/f/truncate/100", row{Class: "protocol.truncated", Status: 200, Attempts: 3}},
			{"/f/garbage", row{Class: "protocol.head", Attempts: 1}},
			{"/f/two-lengths", row{Class: "protocol.framing", Status: 200, Attempts: 1}},
			{"/f/chunked/100?broken=size", row{Class: "protocol.chunk", Status: 200, Attempts: 1}},
			{"/f/stall", row{Class: "timeout.first_byte", Attempts: 3}},
			{"/f/stall-body/100", row{Class: "timeout.read", Status: 200, Attempts: 3}},
			{"/f/size/200001", row{Class: "limit.body", Status: 200, Attempts: 1}},
			{closed, row{Class: "connect.refused", Attempts: 3}},
			{"no url", row{Class: "input"}},
			{"ftp://127.0.0.1/", row{Class: "input"}},
		}
		var list strings.Builder
		for i, c := range cases {
			if strings.HasPrefix(c.url, "/") {
				cases[i].url = base(server) + c.url
			}
			list.WriteString(cases[i].url + "\n")
		}
		client := impatient{
			fetch.NewClient(e, fetch.Options{MaxBody: 200_000}), fetch.NewClient(punctual{e}, fetch.Options{Timeout: 500 * time.Millisecond}), "/f/stall",
		}
		c, out := crawlOf(e, client, strings.NewReader(list.String()), Options{Concurrency: 10, Retries: 2, RetryDelay: time.Millisecond})
		run(t, e, c)
		rows := rowsByURL(t, out.String())
		for _, c := range cases {
			r, ok := rows[c.url]
			if !ok || r.Class != c.want.Class || r.Attempts != c.want.Attempts || (r.Error == "") != (r.Class == "ok") {
				t.Errorf("%s: %+v, want %+v", c.url, r, c.want)
			}
			if r.Status != c.want.Status || (r.BytesWire == nil) != (r.Status == 0) || (r.Protocol == "") != (r.Status == 0) {
				t.Errorf("%s: %+v, want status %d", c.url, r, c.want.Status)
			}
			if c.want.Protocol != "" && r.Protocol != c.want.Protocol {
				t.Errorf("%s: protocol %q, want %q", c.url, r.Protocol, c.want.Protocol)
			}
		}
		if s := c.Stats(); len(rows) != len(cases) || s.Ledger.Skipped != 2 || s.Ledger.Fetched != 9 || s.Ledger.Failed != 9 {
			t.Errorf("%d records, %s", len(rows), s.Ledger.String())
		}
	})
}

// await waits, off the engine, until a server has that many requests in flight.
func await(t *testing.T, server *origin.Server, n int64) {
	t.Helper()
	awaitThat(t, server, func(s origin.Stats) bool { return s.InFlight == n })
}

func awaitThat(t *testing.T, server *origin.Server, so func(s origin.Stats) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if _, err := server.Await(ctx, so); err != nil {
		t.Error(err)
	}
}

// TestCrawlDrain: requests that wait at the server when the crawl is drained get their answers, and others are
// not made.
func TestCrawlDrain(t *testing.T) {
	const n = 10
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{})
		url := fmt.Sprintf("%s/f/gate/%d", base(server), n+1)
		c, out := crawlOf(e, fetch.NewClient(e, fetch.Options{}), strings.NewReader(strings.Repeat(url+"\n", 100)), Options{Concurrency: n})
		opened := make(chan error, 1)
		go func() {
			await(t, server, n)
			drained := make(chan struct{})
			e.Post(func() {
				c.Drain()
				close(drained)
			})
			<-drained
			res, err := http.Get(url) // the one who opens the gate
			if err == nil {
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			http.DefaultClient.CloseIdleConnections()
			opened <- err
		}()
		run(t, e, c)
		if err := <-opened; err != nil {
			t.Error(err)
		}
		s := c.Stats()
		if rows := parseRows(t, out.String()); len(rows) != n || s.Ledger.Fetched != n || server.Stats().Requests != n+1 || c.Err() != nil {
			t.Errorf("%d records, %s, %d requests", len(rows), s.Ledger.String(), server.Stats().Requests)
		}
	})
}

// TestCrawlCancel: requests that the server never answers are broken off, and stay pending.
func TestCrawlCancel(t *testing.T) {
	const n = 50
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{})
		list := fmt.Sprintf("%s/p/1\nno url\n", base(server)) + strings.Repeat(base(server)+"/f/stall\n", 2*n)
		c, out := crawlOf(e, fetch.NewClient(e, fetch.Options{}), strings.NewReader(list), Options{Concurrency: n})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			// One more than may be in flight: so the page has been had.
			awaitThat(t, server, func(s origin.Stats) bool { return s.InFlight == n && s.Requests == n+1 })
			cancel()
		}()
		c.Start()
		runStarted(t, e, ctx, c)
		s := c.Stats()
		if rows := parseRows(t, out.String()); len(rows) != 2 || s.Ledger.Fetched != 1 || s.Ledger.Skipped != 1 || s.Ledger.Failed != 0 || s.InFlight != 0 || s.Workers != 0 {
			t.Errorf("%d records, %+v", len(rows), s)
		}
		await(t, server, 0)
	})
}

// TestStatsFromOutside: somebody who watches, on another thread, sees books that are right, and no counter go back.
func TestStatsFromOutside(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{Pages: 10})
		var list bytes.Buffer
		if err := server.WriteList(&list, 2000); err != nil {
			t.Fatal(err)
		}
		size := int64(list.Len())
		c, _ := crawlOf(e, fetch.NewClient(e, fetch.Options{}), &list, Options{Concurrency: 20})
		c.Start()
		ended, watched := make(chan struct{}), make(chan int)
		go func() {
			var last Stats
			n := 0
			defer func() { watched <- n }()
			for {
				answer := make(chan Stats, 1)
				e.Post(func() { answer <- c.Stats() })
				select {
				case s := <-answer:
					checkBooks(t, s)
					if s.Ledger.Discovered < last.Ledger.Discovered || s.Attempts < last.Attempts || s.Bytes < last.Bytes || s.ListRead < last.ListRead || s.Elapsed < last.Elapsed {
						t.Errorf("%+v after %+v", s, last)
					}
					last = s
					n++
				case <-ended:
					return
				}
			}
		}()
		runStarted(t, e, context.Background(), c)
		close(ended)
		if n := <-watched; n == 0 {
			t.Error("nothing was seen: this proves nothing")
		}
		if s := c.Stats(); s.Ledger.Fetched != 2000 || s.ListRead != size || !s.ListDone || s.Draining || s.InFlight != 0 || s.Elapsed <= 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestPressure: what this machine lacked is counted by what it was, and a copy of the figures is one.
func TestPressure(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(3, 1)), Options{Concurrency: 3})
		f.begun = func(string, int) { c.NotePressure(fetch.LocalDescriptors) }
		run(t, w, c)
		c.NotePressure(fetch.LocalPorts)
		s := c.Stats()
		s.Pressure[fetch.LocalPorts] = 100
		s.Ledger.Classes[fetch.OK] = 100
		s = c.Stats()
		if s.Pressure[fetch.LocalDescriptors] != 3 || s.Pressure[fetch.LocalPorts] != 1 || s.Ledger.Classes[fetch.OK] != 3 || s.Elapsed != time.Second {
			t.Errorf("%+v", s)
		}
	})
}
