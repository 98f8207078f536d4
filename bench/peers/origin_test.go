//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPage(t *testing.T) {
	p := page()
	if len(p) != pageSize {
		t.Errorf("the page has %d bytes, want %d", len(p), pageSize)
	}
	if i := strings.IndexAny(p, "\"$\\\n"); i >= 0 {
		t.Errorf("the page holds %q, which nginx would not send as it is", p[i])
	}
}

// TestNginx runs the real thing: both ports, the counters with and without robots.txt, and that
// stopping it puts back what starting it changed.
func TestNginx(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("nginx is not installed")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dir := t.TempDir()
	backlog := filepath.Join(dir, "somaxconn")
	if err := os.WriteFile(backlog, []byte("4096\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := startNginx(t.Context(), dir, backlog)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			n.stop()
		}
	}()
	if got := readFile(t, backlog); got != "65535\n" {
		t.Errorf("backlog is %q while nginx runs", got)
	}
	before, err := settle(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if before != (counts{}) {
		t.Errorf("counts before anything was asked for: %+v", before)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: 9}}
	for i := range 10 {
		mustGet(t, client, n.keepURL(i), http.StatusOK, page())
		mustGet(t, client, n.closeURL(i), http.StatusOK, page())
	}
	mustGet(t, client, strings.Replace(n.keepURL(0), "/p/0", "/robots.txt", 1), http.StatusNotFound, "")
	client.CloseIdleConnections()
	after, err := settle(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	// One connection kept alive for eleven requests, ten closed by the server.
	if want := (counts{Requests: 20, Robots: 1, Conns: 11}); after != want {
		t.Errorf("counts %+v, want %+v", after, want)
	}
	if err := n.stop(); err != nil {
		t.Error(err)
	}
	stopped = true
	if got := readFile(t, backlog); got != "4096\n" {
		t.Errorf("backlog is %q after nginx has stopped", got)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(n.keepURL(0), "/p/0"), "http://")); err == nil {
		t.Error("nginx still accepts connections")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// mustGet wants that status, and that body unless it is empty.
func mustGet(t *testing.T, c *http.Client, url string, status int, body string) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != status || !strings.HasSuffix(b.String(), body) {
		t.Fatalf("%s: status %d, want %d, or another body:\n%s", url, resp.StatusCode, status, b.String())
	}
}

func TestParseStatus(t *testing.T) {
	c, err := parseStatus("Active connections: 7 \nserver accepts handled requests\n 30 30 450 \nReading: 0 Writing: 1 Waiting: 6 \n")
	if want := (counts{Requests: 450, Conns: 30, Open: 7}); c != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", c, err, want)
	}
	for _, bad := range []string{"", "<html>\n404\n\n", "Active connections: 1\nx\ny z\n"} {
		if _, err := parseStatus(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestRaiseAndRestore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "number")
	for _, c := range []struct{ before, during string }{{"128", "4096\n"}, {"9999", "9999"}, {"what", "what"}} {
		if err := os.WriteFile(file, []byte(c.before), 0o644); err != nil {
			t.Fatal(err)
		}
		s := raise(file, 4096)
		if got := readFile(t, file); got != c.during {
			t.Errorf("%q was raised to %q, want %q", c.before, got, c.during)
		}
		if err := s.restore(); err != nil {
			t.Error(err)
		}
		if got := strings.TrimSpace(readFile(t, file)); got != c.before {
			t.Errorf("%q was put back as %q", c.before, got)
		}
	}
	if s := raise(filepath.Join(t.TempDir(), "missing"), 1); s != nil {
		t.Error("a setting that does not exist was raised")
	}
}

// TestSlowServer asks for many pages at once with the standard client: each must be late, all must
// wait together, and the counters must say so.
func TestSlowServer(t *testing.T) {
	const n, delay = 50, 200 * time.Millisecond
	s := newSlowServer(delay)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go s.accept(l)
	base := "http://" + l.Addr().String()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	mustGet(t, client, base+"/robots.txt", http.StatusNotFound, "")
	begin := time.Now()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			body, err := get(client, base+"/p/1")
			if err != nil || body != page() {
				t.Errorf("%d bytes, error %v", len(body), err)
			}
		})
	}
	wg.Wait()
	if d := time.Since(begin); d < delay || d > n*delay/2 {
		t.Errorf("%d pages took %v together, each is %v late", n, d, delay)
	}
	client.CloseIdleConnections()
	c, err := settle(t.Context(), statsOf{s})
	if err != nil {
		t.Fatal(err)
	}
	if c.Requests != n || c.Robots != 1 || c.Conns < n || c.Peak != n {
		t.Errorf("counts %+v, want %d requests, 1 for robots.txt, a peak of %d", c, n, n)
	}
	if c, err = settle(t.Context(), statsOf{s}); err != nil || c.Peak != 0 {
		t.Errorf("the peak is %d after it was told (%v), want a new one", c.Peak, err)
	}
}

// statsOf asks a slow server in this process for its counters.
type statsOf struct{ s *slowServer }

func (o statsOf) cpu() float64 { return 0 }
func (o statsOf) stop() error  { return nil }
func (o statsOf) counts() (counts, error) {
	w := httptest.NewRecorder()
	o.s.stats(w, nil)
	return parseSlow(w.Body.String())
}

// TestStartServer checks that a server that cannot start is reported with its own words, at once.
func TestStartServer(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	never := func() error { return context.DeadlineExceeded }
	begin := time.Now()
	_, err := startServer(t.Context(), t.TempDir(), []string{"sh", "-c", "echo no luck >&2; exit 1"}, never)
	checkError(t, err, "no luck")
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("that took %v", d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = startServer(ctx, t.TempDir(), []string{"sleep", "600"}, never)
	checkError(t, err, "canceled")
}
