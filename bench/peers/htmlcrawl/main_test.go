package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// site is what TestRun crawls: a page by its path, and what is in it.
var site = map[string]string{
	"/": `<a href=a.html#part>a</a> <A HREF="/b.html">b</A> <a href=#here>here</a> <a href="a.html">a again</a>
		<area href=c.html><iframe src="sub/"></iframe><link href=no.css><img src=no.png><script>"<a href=no1.html>"</script>
		<!-- <a href=no2.html> --> <a href="mailto:no@example.org"> <a href="http://example.org/no3.html"> <a name=no4.html>
		<meta http-equiv="Refresh" content="5; URL='d.html'"> <a href="moved">m</a> <a href="text">t</a> <a href="gone.html">g</a>
		<a href="q?x=1&amp;y=2">q</a>`,
	"/a.html":      `<a href="./">home</a>`,
	"/b.html":      `<a href=e.html>in the base</a> <base href="/sub/"> <base href="/no5/">`,
	"/c.html":      ``,
	"/d.html":      ``,
	"/sub/":        `<a href="../a.html">`,
	"/sub/e.html":  ``,
	"/f.html":      ``,
	"/q?x=1&y=2":   ``,
	"/text":        `<a href=no6.html>not HTML</a>`,
	"/unread.html": ``,
}

// TestRun crawls a site with every kind of link, by one worker and by many, and wants each page once and nothing else.
func TestRun(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := site[r.RequestURI]
		switch {
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/f.html#x", http.StatusFound)
		case !ok:
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<a href="unread.html">an error leads nowhere</a>`)
		case r.URL.Path == "/text":
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, body)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, body)
		}
	}))
	defer srv.Close()
	want := map[string]int{
		"/": 200, "/a.html": 200, "/b.html": 200, "/c.html": 200, "/d.html": 200, "/sub/": 200, "/sub/e.html": 200,
		"/f.html": 200, "/q?x=1&y=2": 200, "/text": 200, "/moved": 302, "/gone.html": 404,
	}
	for _, conc := range []int{1, 8} {
		out := filepath.Join(t.TempDir(), "out")
		sum, err := run(t.Context(), srv.URL, out, conc)
		if err != nil {
			t.Fatal(err)
		}
		if sum.ok != int64(len(want)) || sum.failed != 0 || sum.links != 16 {
			t.Errorf("%d at once: tally %+v, want %d ok, 16 links", conc, sum, len(want))
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for line := range bytes.Lines(data) {
			var r struct {
				URL    string
				Status int
			}
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
			path := strings.TrimPrefix(r.URL, srv.URL)
			if _, twice := got[path]; twice {
				t.Errorf("%d at once: %q has two records", conc, path)
			}
			got[path] = r.Status
		}
		if !maps.Equal(got, want) {
			t.Errorf("%d at once: %v\nwant %v", conc, got, want)
		}
	}
}

// TestRunFails: what has no response is counted, and what is no URL is an error.
func TestRunFails(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if sum, err := run(t.Context(), "http://127.0.0.1:1/", out, 2); err != nil || sum.failed != 1 || sum.ok != 0 {
		t.Errorf("nobody listens: %+v, %v", sum, err)
	}
	for _, start := range []string{"", ":bad", "page.html"} {
		if _, err := run(t.Context(), start, out, 2); err == nil {
			t.Errorf("%q: no error", start)
		}
	}
}

// TestAppendJSON checks the hand-written encoder against the standard decoder.
func TestAppendJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, s := range []string{"plain", `quo"te`, `back\slash`, "new\nline", "\x00\x7f", "grüße", "bad\xff"} {
		r := record{url: s, status: 200, class: s, err: s, mediaType: s, bytesBody: 7, started: at, total: 1500 * time.Microsecond, depth: 3, links: 4}
		var back map[string]any
		if err := json.Unmarshal(r.appendJSON(nil), &back); err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		want := strings.ToValidUTF8(s, "\ufffd")
		for _, k := range []string{"url", "class", "error", "media_type"} {
			if back[k] != want {
				t.Errorf("%s: %q came back as %q", k, s, back[k])
			}
		}
		figures := []any{back["status"], back["bytes_body"], back["depth"], back["links"], back["timings"].(map[string]any)["total"]}
		if !slices.Equal(figures, []any{200., 7., 3., 4., 1500.}) || back["started"] != "2026-01-02T03:04:05.000006Z" {
			t.Errorf("figures came back as %v", back)
		}
	}
}
