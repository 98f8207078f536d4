package modes

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"crawl/internal/origin"
)

// Everything here runs in every mode, against the test web (package origin) in this process.

// TestMain makes this program a child of the mode Processes where it is started as one.
func TestMain(m *testing.M) {
	if os.Getenv("GORACE") == "" { // a process under the race detector otherwise lingers for a second
		os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	if len(os.Args) > 1 && os.Args[1] == ChildCommand {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 3 && os.Args[1] == "parked" {
		if err := childParked(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what must come. It takes that long only when something is broken.
const patience = 30 * time.Second

// here are the modes that there are on this platform.
func here() []string {
	if runtime.GOOS == "windows" {
		return []string{Goroutine, NetHTTP}
	}
	return Names()
}

// onEach runs a test in every mode.
func onEach(t *testing.T, test func(t *testing.T, mode string)) {
	t.Helper()
	for _, mode := range here() {
		t.Run(mode, func(t *testing.T) { test(t, mode) })
	}
}

// web starts a test web that ends with the test.
func web(t testing.TB, cfg origin.Config) *origin.Server {
	t.Helper()
	s, err := origin.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// listOf writes URLs to a file. What begins with a slash is on the first address of s.
func listOf(t testing.TB, s *origin.Server, urls ...string) string {
	t.Helper()
	var b strings.Builder
	for _, u := range urls {
		if strings.HasPrefix(u, "/") {
			u = "http://" + s.Addresses()[0] + u
		}
		b.WriteString(u + "\n")
	}
	name := filepath.Join(t.TempDir(), "urls.txt")
	if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// pages writes a list of n pages of s.
func pages(t testing.TB, s *origin.Server, n int) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.WriteList(&b, n); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "pages.txt")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// run runs s, with what it leaves out filled in, and returns the outcomes too.
func run(t testing.TB, s Spec) (*Result, []Outcome) {
	t.Helper()
	if s.Timeout == 0 {
		s.Timeout = patience
	}
	s.Outcomes = filepath.Join(t.TempDir(), "outcomes")
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	r, err := Run(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Fetches != s.Fetches {
		t.Errorf("%d fetches were made of %d", r.Fetches, s.Fetches)
	}
	return r, outcomes(t, s.Outcomes, s.Fetches)
}

// outcomes reads a file of n outcomes.
func outcomes(t testing.TB, name string, n int) []Outcome {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) != n*OutcomeSize {
		t.Fatalf("%d bytes of outcomes, want %d × %d", len(data), n, OutcomeSize)
	}
	all := make([]Outcome, n)
	for i := range all {
		b := data[i*OutcomeSize:]
		all[i] = Outcome{Status: binary.LittleEndian.Uint16(b), Bytes: binary.LittleEndian.Uint32(b[4:]), Sum: binary.LittleEndian.Uint32(b[8:])}
	}
	return all
}

// wantOutcome is what a fetch of that body leaves.
func wantOutcome(status int, body []byte) Outcome {
	return Outcome{Status: uint16(status), Bytes: uint32(len(body)), Sum: crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))}
}

// refused is a URL at which nobody listens.
func refused(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return "http://" + ln.Addr().String() + "/"
}

// most is what a mode can have in flight, as far as tests go.
func most(mode string) int {
	if mode == Sync {
		return 1
	}
	return 1 << 20
}

// serve runs fn for each connection to a server of its own.
func serve(t testing.TB, fn func(net.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fn(c)
			}()
		}
	}()
	return ln.Addr().String()
}
