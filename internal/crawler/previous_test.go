//go:build unix

package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/link"
	"crawl/internal/origin"
)

func TestReadPrevious(t *testing.T) {
	text := `{"url":"HTTP://a.test:80/x/../1#part","status":200,"class":"ok","etag":"\"1\"","last_modified":"then"}
{"url":"http://a.test/2","final_url":"http://b.test/2#f","status":200,"class":"ok","etag":"\"2\""}

{"url":"http://a.test/3","status":200,"class":"ok"}
{"url":"http://a.test/4","status":200,"class":"protocol.truncated","etag":"\"4\""}
{"url":"http://a.test/5","status":200,"class":"ok","etag":"a\u0007b"}
{"url":"http://a.test/6","status":200,"class":"ok","etag":"\"old\""}
{"url":"http://a.test/6","status":200,"class":"ok","etag":"\"new\""}
{"url":"http://a.test/7","status":200,"class":"ok","etag":"\"old\""}
{"url":"http://a.test/7","status":200,"class":"ok"}
{"url":"no url","class":"input","error":"x"}
{"class":"ok"}
garbage
`
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(text), "bytewise": iotest.OneByteReader(strings.NewReader(text))} {
		p, bad, err := ReadPrevious(r)
		if err != nil || bad != 2 || p.Len() != 3 {
			t.Fatalf("%s: %d versions, %d bad lines, %v", name, p.Len(), bad, err)
		}
		for u, want := range map[string]fetch.Version{
			"http://a.test/1":       {URL: "http://a.test/1", ETag: `"1"`, LastModified: "then"},
			"http://a.test/1#other": {URL: "http://a.test/1", ETag: `"1"`, LastModified: "then"},
			"http://a.test/2":       {URL: "http://b.test/2", ETag: `"2"`},
			"http://b.test/2":       {},
			"http://a.test/3":       {},
			"http://a.test/4":       {},
			"http://a.test/5":       {},
			"http://a.test/6":       {URL: "http://a.test/6", ETag: `"new"`},
			"http://a.test/7":       {},
		} {
			at, err := link.Parse(u)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.of(&at); got != want {
				t.Errorf("%s: %s: %+v, want %+v", name, u, got, want)
			}
		}
	}
	for text, want := range map[string]string{
		"not a record\n": "there are no records in it",
		"{\"url\":\"" + strings.Repeat("x", maxRecord): "line 1: ",
	} {
		if _, _, err := ReadPrevious(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %q", text, err, want)
		}
	}
	if _, _, err := ReadPrevious(iotest.ErrReader(errBroken)); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if p, bad, err := ReadPrevious(strings.NewReader("")); err != nil || bad != 0 || p.Len() != 0 {
		t.Errorf("of nothing: %v, %d, %v", p, bad, err)
	}
}

var errBroken = errors.New("broken")

// FuzzPrevious: whatever is in a file, what is taken from it may be sent.
func FuzzPrevious(f *testing.F) {
	f.Add([]byte(`{"url":"http://a.test/1","class":"ok","etag":"\"1\"","last_modified":"then"}` + "\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, _, err := ReadPrevious(bytes.NewReader(text))
		if err != nil {
			return
		}
		for u, v := range p.versions {
			if v.ETag == "" && v.LastModified == "" || strings.ContainsAny(v.ETag+v.LastModified, "\r\n\x00") {
				t.Errorf("%q: %+v", u, v)
			}
			if _, err := link.Parse(v.URL); err != nil {
				t.Errorf("%q: %v", u, err)
			}
		}
	})
}

// TestCrawlAgain: a crawl, and another with its records: what has not changed is not sent again, what has is, and the
// records of the second serve a third.
func TestCrawlAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{})
		list := ""
		for _, target := range []string{"/f/resource/100?etag=1", "/f/resource/101?modified=Sun,%2006%20Nov%201994%2008:49:37%20GMT", "/f/size/102", "/f/redirect/1?to=/f/resource/103%3Fetag%3D3"} {
			list += base(server) + target + "\n"
		}
		records := ""
		for round := range 3 {
			o := Options{Concurrency: 1, Validators: round == 0}
			if round > 0 {
				p, bad, err := ReadPrevious(strings.NewReader(records))
				if err != nil || bad > 0 || p.Len() != 3 {
					t.Fatalf("round %d: %d versions, %d bad lines: %v", round, p.Len(), bad, err)
				}
				o.Previous = p
				if e, err = engineLike(e); err != nil {
					t.Fatal(err)
				}
			}
			c, out := crawlOf(e, fetch.NewClient(e, fetch.Options{MaxRedirects: 5}), strings.NewReader(list), o)
			run(t, e, c)
			records = out.String()
			for i, r := range parseRows(t, records) {
				status, size := 200, 100+i
				if round > 0 && i != 2 {
					status, size = 304, 0
				}
				if r.Status != status || r.Class != "ok" || *r.BytesBody != int64(size) || (r.ETag == "" && r.LastModified == "") != (i == 2) {
					t.Errorf("round %d: %+v, want status %d and %d bytes", round, r, status, size)
				}
			}
		}
	})
}

// engineLike makes another engine of the same kind.
func engineLike(e engine.Engine) (engine.Engine, error) {
	if _, ok := e.(engine.LoopEngine); ok {
		return engine.NewLoop(engine.LoopOptions{Log: io.Discard})
	}
	return engine.NewGoroutine(), nil
}

// TestRetryAfterDelay: another attempt comes no earlier than the server asks for, and not at all if that is too long.
func TestRetryAfterDelay(t *testing.T) {
	for _, c := range []struct {
		wait     time.Duration
		attempts int
	}{{0, 2}, {time.Minute, 2}, {MaxRetryAfter, 2}, {MaxRetryAfter + time.Second, 1}} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, func(_ string, attempt int) answer {
				return answer{status: []int{503, 200}[attempt-1], wait: []time.Duration{c.wait, 0}[attempt-1]}
			})
			crawl, out := crawlOf(w, f, strings.NewReader("http://a/1\n"), Options{Concurrency: 1, Retries: 1, RetryDelay: time.Millisecond})
			run(t, w, crawl)
			r := parseRows(t, out.String())[0]
			if r.Attempts != c.attempts || (r.RetryAfter != 0) != (c.attempts == 1) {
				t.Errorf("asked to wait for %v: %+v", c.wait, r)
			}
			if c.attempts == 2 {
				if pause := f.begins[1].Sub(f.begins[0]); pause < c.wait || pause > c.wait+time.Second {
					t.Errorf("asked to wait for %v, it waited for %v", c.wait, pause)
				}
			}
		})
	}
}

// TestRetryMethods: a request that may not be made twice is made once more only if the first went nowhere.
func TestRetryMethods(t *testing.T) {
	for _, c := range []struct {
		method   string
		answer   answer
		attempts int
	}{
		{"GET", answer{status: 503}, 2},
		{"PUT", answer{class: fetch.ClosedReset}, 2},
		{"POST", answer{status: 503}, 1},
		{"POST", answer{class: fetch.ClosedReset}, 1},
		{"PATCH", answer{class: fetch.TimeoutRead}, 1},
		{"get", answer{status: 503}, 1},
		{"POST", answer{class: fetch.ConnectRefused, unsent: true}, 2},
	} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(c.answer))
			crawl, out := crawlOf(w, f, strings.NewReader("http://a/1\n"), Options{Concurrency: 1, Retries: 1, Method: c.method, RetryDelay: time.Millisecond})
			run(t, w, crawl)
			if r := parseRows(t, out.String())[0]; r.Attempts != c.attempts {
				t.Errorf("%s, %+v: %+v, want %d attempts", c.method, c.answer, r, c.attempts)
			}
		})
	}
}

// TestCrawlBody: the body goes with every request, and again with a redirect that keeps it.
func TestCrawlBody(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		server := startOrigin(t, origin.Config{LogRequests: 10})
		list := fmt.Sprintf("%[1]s/f/redirect/1?status=308\n%[1]s/f/redirect/1\n", base(server))
		c, _ := crawlOf(e, fetch.NewClient(e, fetch.Options{MaxRedirects: 5}), strings.NewReader(list), Options{Concurrency: 1, Method: "POST", Body: []byte("a=1")})
		run(t, e, c)
		got := ""
		for _, r := range server.Log() {
			length := ""
			for _, f := range r.Fields {
				if f.Name == "Content-Length" {
					length = f.Value
				}
			}
			got += r.Method + length + " "
		}
		if got != "POST3 POST3 POST3 GET " {
			t.Errorf("asked %s", got)
		}
	})
}
