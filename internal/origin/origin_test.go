package origin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// patience bounds every wait of these tests. It is never waited out unless something is broken.
const patience = 20 * time.Second

// start runs a server for the time of the test, and fails it if the server cannot be closed.
func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if errors.Is(err, ErrNoAddress) {
		t.Skipf("SKIPPED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// client returns an HTTP client of the standard library that neither decodes nor redirects, whose
// connections all go to address when that is given.
func client(t testing.TB, address string) *http.Client {
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}
	if address != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetch fetches a URL whole. The response is there also when only its body could not be read.
func fetch(c *http.Client, url string) (*http.Response, []byte, error) {
	resp, err := c.Get(url)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// get fetches a URL and ends the test if that fails.
func get(t testing.TB, c *http.Client, url string) (*http.Response, []byte) {
	t.Helper()
	resp, body, err := fetch(c, url)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// dial opens a bare connection to the server's first address.
func dial(t testing.TB, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// exchange sends bytes on a new connection, shuts its sending side when asked to, and returns all
// that comes back until the server closes.
func exchange(t testing.TB, s *Server, send string, shut bool) (string, error) {
	t.Helper()
	c := dial(t, s)
	if _, err := io.WriteString(c, send); err != nil {
		t.Fatal(err)
	}
	if shut {
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := io.ReadAll(c)
	return string(got), err
}

// getHead returns the head of a GET.
func getHead(target, more string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n"
}

// until waits for the counters to satisfy the condition.
func until(t testing.TB, s *Server, condition func(Stats) bool) Stats {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := s.Await(ctx, condition)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// want fails the test unless got is want.
func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantBytes(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %d bytes %.60q, want %d bytes %.60q", what, len(got), got, len(want), want)
	}
}
