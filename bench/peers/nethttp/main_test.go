package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRun fetches a list over more workers than hosts and checks that each line became exactly
// one record that says what the server did, failures among them.
func TestRun(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Write(bytes.Repeat([]byte("x"), 5000)) // more than a worker's buffer
	}))
	defer srv.Close()
	var list strings.Builder
	for i := range 50 {
		fmt.Fprintf(&list, "%s/p/%d\n", srv.URL, i)
	}
	fmt.Fprintf(&list, "%s/missing\nhttp://127.0.0.1:1/\n:bad\n", srv.URL)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "list"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, []byte(list.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	sum, err := run(t.Context(), in, out, 8)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{ok: 50, failed: 3, bytes: 50 * 5000}); sum != want {
		t.Errorf("tally %+v, want %+v", sum, want)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range bytes.Lines(data) {
		var r struct {
			URL, Class string
			Status     int
			BytesBody  int `json:"bytes_body"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		got[r.URL] = fmt.Sprintf("%s %d %d", r.Class, r.Status, r.BytesBody)
	}
	if len(got) != 53 {
		t.Fatalf("%d different URLs, want 53", len(got))
	}
	for u, want := range map[string]string{
		srv.URL + "/p/49": "ok 200 5000", srv.URL + "/missing": "status 404 19",
		"http://127.0.0.1:1/": "fetch 0 0", ":bad": "input 0 0",
	} {
		if got[u] != want {
			t.Errorf("%q: got %q, want %q", u, got[u], want)
		}
	}
}

// TestAppendJSON checks the hand-written encoder against the standard decoder.
func TestAppendJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, s := range []string{"plain", `quo"te`, `back\slash`, "new\nline", "\x00\x7f", "grüße", "bad\xff"} {
		r := record{url: s, status: 200, class: s, err: s, mediaType: s, bytesBody: 7, protocol: s, started: at, total: 1500 * time.Microsecond}
		var back map[string]any
		if err := json.Unmarshal(r.appendJSON(nil), &back); err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		want := strings.ToValidUTF8(s, "\ufffd")
		for _, k := range []string{"url", "class", "error", "media_type", "protocol"} {
			if back[k] != want {
				t.Errorf("%s: %q came back as %q", k, s, back[k])
			}
		}
		if back["started"] != "2026-01-02T03:04:05.000006Z" || back["timings"].(map[string]any)["total"] != 1500.0 {
			t.Errorf("times came back as %v", back)
		}
	}
}
