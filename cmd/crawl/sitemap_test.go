//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"crawl/internal/engine"
)

// TestSitemapFetched: a sitemap behind a redirect, packed as a file and by a content coding besides, in an encoding that
// only Content-Type names, on both engines; and what a server says instead of one.
func TestSitemapFetched(t *testing.T) {
	packed := func(s string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(s)) // to memory
		_ = w.Close()
		return b.String()
	}
	document := "<urlset>" + strings.Repeat("<url><loc>a\xe9</loc></url>", 5000) + "</urlset>"
	mux := http.NewServeMux()
	answer := func(path string, status int, body string, fields ...string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(fields); i += 2 {
				w.Header().Set(fields[i], fields[i+1])
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	answer("/sitemap.xml", 301, "", "Location", "/maps/1.xml.gz")
	answer("/maps/1.xml.gz", 200, packed(packed(document)), "Content-Type", "text/xml; charset=iso-8859-1", "Content-Encoding", "gzip")
	answer("/html", 200, "<!DOCTYPE html><html>", "Content-Type", "application/xml")
	answer("/gone", 404, document)
	answer("/nothing", 204, "")
	answer("/bare", 500, "")
	answer("/short", 200, "<urlset><url><loc>/a</loc></url>", "Content-Length", "100")
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, mode := range []string{engine.ModeLoop, engine.ModeGoroutine} {
		t.Run(mode, func(t *testing.T) {
			crawl := func(path string) (code int, out, errOut string) {
				var o, e bytes.Buffer
				code = mainCode([]string{"sitemap", server.URL + path, "--mode", mode}, strings.NewReader(""), &o, &e)
				return code, o.String(), e.String()
			}
			code, out, errOut := crawl("/sitemap.xml")
			line := fmt.Sprintf("{\"format\":\"urlset\",\"url\":\"%s/maps/a%%C3%%A9\"}\n", server.URL)
			if want := strings.Repeat(line, 5000); code != exitOK || out != want || !strings.Contains(errOut, "5000 entries, 0 dropped, ") {
				t.Errorf("code %d, %d bytes, want %d: %.200q\n%s", code, len(out), len(want), out, errOut)
			}
			for path, want := range map[string]string{
				"/html": `not a sitemap: it begins with the element "html"`, "/gone": "status 404", "/nothing": "not a sitemap: it is empty", "/bare": "status 500", "/other": "status 404",
			} {
				if code, out, errOut := crawl(path); code != exitError || out != "" || !strings.Contains(errOut, want) {
					t.Errorf("%s: code %d, %q, %q, want %q", path, code, out, errOut, want)
				}
			}
			// What comes before a connection breaks is printed; it is an error all the same.
			if code, out, errOut := crawl("/short"); code != exitError || strings.Count(out, "\n") != 1 || !strings.Contains(errOut, "cut short") {
				t.Errorf("code %d, %q, %q", code, out, errOut)
			}
		})
	}
}
