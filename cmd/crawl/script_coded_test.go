//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// coded starts a server that answers what its paths say: the test web knows no content codings.
func (s *script) coded(ts *testscript.TestScript, _ []string) {
	pack := func(body string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(body))
		check(err)
		check(w.Close())
		return b.Bytes()
	}
	page := pack(strings.Repeat("a page\n", 1000))
	bomb := pack(strings.Repeat("\x00", 8<<20))
	var large strings.Builder // 2 MiB, and the numbers keep it from being a bomb
	for i := range 1 << 18 {
		fmt.Fprintf(&large, "%07d\n", i)
	}
	mux := http.NewServeMux()
	answer := func(path, coding string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Encoding", coding)
			_, _ = w.Write(body) // that the client has gone is no error of a server's
		})
	}
	answer("/gzip", "GZIP", page)
	answer("/cut", "gzip", page[:len(page)-1])
	answer("/not", "br", []byte("<html>"))
	answer("/unknown", "rot13", []byte("uryyb"))
	answer("/bomb", "gzip, gzip", pack(string(bomb)))
	answer("/large", "gzip", pack(large.String()))
	mux.HandleFunc("/asked", func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			_, _ = w.Write([]byte("plain"))
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(page)
	})
	server := httptest.NewServer(mux)
	s.closers = append(s.closers, closing{server})
	ts.Setenv("CODED", server.URL)
}

// closing makes an io.Closer of a server whose Close returns nothing.
type closing struct{ server *httptest.Server }

func (c closing) Close() error {
	c.server.CloseClientConnections()
	c.server.Close()
	return nil
}
