//go:build unix

package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
	"crawl/internal/link"
)

// What a fetch costs while it waits for its answer is what ten thousand of them cost. A stack begins with 2 KB
// and doubles when a call does not fit: one frame too many before a wait, and each of them holds 4 KB.

const (
	parkedFetches = 1000
	mostParked    = 5 << 10  // bytes in all for each on the loop: stack, task, connection, request, response
	mostParkedTLS = 24 << 10 // the same with TLS: half of it is crypto/tls, the rest lies between what handshakes have left
	mostLiveTLS   = 14 << 10 // the same without what is between
	mostStack     = 2600     // bytes of stack, with what the runtime rounds up
)

// parked is what a child measured.
type parked struct {
	Heap, Stack int64
	Live        int64 // of the heap, what is in use
}

// childParked has a thousand fetches wait for a server that does not answer, and says what memory they hold.
func childParked() error {
	mode, base, nameServer := os.Getenv("MODE"), os.Getenv("BASE"), os.Getenv("DNS")
	var e engine.Engine
	for _, k := range kinds() {
		if k.name == mode {
			var err error
			if e, err = k.make(); err != nil {
				return err
			}
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(os.Getenv("ROOTS")))
	o := Options{MaxConns: 2 * parkedFetches, TLS: TLSOptions{Roots: roots}}
	if via := os.Getenv("PROXY"); via != "" {
		p, err := ParseProxy(via)
		if err != nil {
			return err
		}
		o.Proxy = func(*link.URL) *Proxy { return p }
	}
	if nameServer != "" { // all are going to wait for its one answer
		o.Resolver = ownResolver(e, nameServer, bound)
	}
	c := NewClient(e, o)
	c.resolver.lookup = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	warm, err := link.Parse(base + "/warm")
	if err != nil {
		return err
	}
	first, err := link.Parse(os.Getenv("FIRST"))
	if err != nil {
		return err
	}
	stall, err := link.Parse(base + "/stall")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	var before, after runtime.MemStats
	measured := errors.New("not measured")
	e.Go("main", func(ctx context.Context) error {
		defer cancel()
		if err := c.Do(ctx, &Request{URL: &first}, &Response{}); err != nil {
			return err
		}
		var dump bytes.Buffer // large enough beforehand
		dump.Grow(1 << 20)
		read(&before)
		for range parkedFetches {
			e.Go("fetcher", func(ctx context.Context) error {
				req, res := &Request{URL: &warm}, new(Response)
				if err := c.Do(ctx, req, res); err != nil {
					return err
				}
				req.URL = &stall // on a kept connection, nearly always, as in a crawl
				return c.Do(ctx, req, res)
			})
		}
		for !allParked(mode, dump.Bytes()) {
			if err := e.Sleep(ctx, 5*time.Millisecond); err != nil {
				return err
			}
			dump.Reset()
			if err := e.Dump(&dump); err != nil {
				return err
			}
		}
		read(&after)
		runtime.KeepAlive(&dump)
		measured = nil
		return nil
	})
	if err := errors.Join(e.Run(ctx), measured); err != nil && ClassOf(err) != Cancelled {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(parked{
		Heap:  int64(after.HeapInuse-before.HeapInuse) / parkedFetches,
		Stack: int64(after.StackInuse-before.StackInuse) / parkedFetches,
		Live:  int64(after.HeapAlloc-before.HeapAlloc) / parkedFetches,
	})
}

// read reads the memory statistics when the collector has had its way: the second time for what the first only
// marked as free.
func read(m *runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	debug.FreeOSMemory()
	runtime.ReadMemStats(m)
}

// allParked reports whether the dump shows all fetches at one place: the wait for the answer.
func allParked(mode string, dump []byte) bool {
	if mode == "goroutine" {
		return bytes.Contains(dump, fmt.Appendf(nil, "\n%d @ ", parkedFetches))
	}
	return bytes.Contains(dump, fmt.Appendf(nil, "%d × fetcher: waiting for read\n", parkedFetches))
}

// TestParkedFetch guards what a waiting fetch costs. It says what that is on every engine; the limit is the
// loop's.
func TestParkedFetch(t *testing.T) {
	if raceDetector {
		t.Skip("SKIPPED: with the race detector a stack holds more")
	}
	authority := newAuthority(t)
	script := func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			if req.URL.Path == "/warm" {
				p.send(hello)
			}
		}
	}
	s, secure := serve(t, script), wire{server: &tls.Config{Certificates: []tls.Certificate{authority.issue(t, nil)}}}.serve(t, script)
	onEach(t, func(t *testing.T, k kind) {
		named := strings.Replace(s.base, "127.0.0.1", "name.test", 1)
		checkParked(t, k, s.base, s.base, mostParked)
		checkParked(t, k, named, named, mostParked)
		checkParked(t, k, named, s.base, mostParked, "DNS="+countingServer(t, new(atomic.Int64), dnsmessage.RCodeSuccess, netip.MustParseAddr("127.0.0.1")))
		checkParked(t, k, "http://origin.test", "http://origin.test", mostParked, "PROXY=http://me:secret@"+s.address)
		m := checkParked(t, k, secure.base, secure.base, mostParkedTLS, "ROOTS="+string(authority.PEM()))
		if live := m.Live + m.Stack; k.name != "goroutine" && live > mostLiveTLS {
			t.Errorf("a waiting fetch over TLS has %d bytes in use, at most %d are allowed", live, mostLiveTLS)
		}
	})
}

// checkParked holds what fetches of base cost to a limit: of the stack the same for all.
func checkParked(t *testing.T, k kind, base, first string, mostParked int64, env ...string) (m parked) {
	out := runChild(t, "parked", nil, append(env, "MODE="+k.name, "BASE="+base, "FIRST="+first+"/warm")...)
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	how, _, _ := strings.Cut(strings.Join(env, ""), "=")
	t.Logf("%s %s: each of %d waiting fetches holds %d bytes, %d of them stack, %d in use", base, how, parkedFetches, m.Heap+m.Stack, m.Stack, m.Live+m.Stack)
	if k.name == "goroutine" {
		return m
	}
	if m.Heap+m.Stack > mostParked || m.Stack > mostStack {
		t.Errorf("a waiting fetch holds %d bytes, %d of them stack; at most %d and %d are allowed", m.Heap+m.Stack, m.Stack, mostParked, mostStack)
	}
	if m.Stack < 2000 || m.Heap < 300 {
		t.Errorf("a waiting fetch cannot hold so little: %+v", m)
	}
	return m
}
