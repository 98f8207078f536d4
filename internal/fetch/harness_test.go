//go:build unix

package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/link"
	"crawl/internal/origin"
)

// Everything here runs on every engine, against the test web (package origin) and against servers that follow a
// script, byte for byte. A task must not call t.FailNow, which would end the loop's goroutine: servers and URLs
// are made before the engine runs.

// bound is how long a test waits for what must come. It takes that long only when something is broken.
const bound = 30 * time.Second

var errBoom = errors.New("boom")

// kind is an engine that the tests run on.
type kind struct {
	name string
	make func() (engine.Engine, error)
}

func kinds() []kind {
	var all []kind
	for _, poller := range eventloop.Pollers() {
		all = append(all, kind{"loop-" + poller, func() (engine.Engine, error) {
			return engine.NewLoop(engine.LoopOptions{Poller: poller, Log: io.Discard})
		}})
	}
	return append(all, kind{"goroutine", func() (engine.Engine, error) { return engine.NewGoroutine(), nil }})
}

// onEach runs a test on every engine.
func onEach(t *testing.T, test func(t *testing.T, k kind)) {
	t.Helper()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}

// engine makes one.
func (k kind) engine(t testing.TB) engine.Engine {
	t.Helper()
	e, err := k.make()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run runs fn as a task of e and until all tasks have ended.
func run(t testing.TB, e engine.Engine, fn func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	late := time.AfterFunc(bound, cancel)
	e.Go("test", fn)
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	if !late.Stop() {
		t.Errorf("the engine was cancelled, for its tasks had not ended within %v", bound)
	}
}

// client is a Client with the task and the test that it is used in.
type client struct {
	*Client
	t      testing.TB
	ctx    context.Context
	engine engine.Engine
}

// with runs fn in a task with a client, which it closes.
func with(t testing.TB, e engine.Engine, o Options, fn func(c client) error) {
	t.Helper()
	c := NewClient(e, o)
	run(t, e, func(ctx context.Context) error {
		defer c.Close()
		return fn(client{c, t, ctx, e})
	})
}

// awaitStale waits until what is idle, if anything is, is known to be of no use: what a server has sent, or its
// end, is on its way for a while.
func (c client) awaitStale() error {
	for end := time.Now().Add(bound); ; {
		c.pool.mu.Lock()
		done := c.pool.newest == nil || c.pool.newest.stale()
		c.pool.mu.Unlock()
		if done {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("nothing happened to the idle connection within %v", bound)
		}
		if err := c.engine.Sleep(c.ctx, 50*time.Microsecond); err != nil {
			return err
		}
	}
}

// visit is a fetch and all that came of it.
type visit struct {
	Response
	body []byte
	err  error

	decoded bool // it was to be
}

// do fetches; of req only the URL is missing.
func (c client) do(rawURL string, req Request) *visit {
	v := &visit{}
	u, err := link.Parse(rawURL)
	if err != nil {
		v.err = fail(Input, err)
		return v
	}
	req.URL = &u
	onBody := req.OnBody
	req.OnBody = func(p []byte) error {
		v.body = append(v.body, p...)
		if onBody != nil {
			return onBody(p)
		}
		return nil
	}
	v.err = c.Do(c.ctx, &req, &v.Response)
	v.decoded = c.options.Decode && v.Status != 206 && v.Coding() != "" && v.Coding() != "none" && v.Coding() != "identity"
	v.check(c.t, rawURL)
	return v
}

func (c client) get(rawURL string) *visit { return c.do(rawURL, Request{}) }

// check holds of every fetch.
func (v *visit) check(t testing.TB, rawURL string) {
	t.Helper()
	tm := v.Timings
	if sum := tm.Queue + tm.DNS + tm.Connect + tm.TLS + tm.FirstByte + tm.Body; sum > tm.Total || min(tm.Queue, tm.DNS, tm.Connect, tm.TLS, tm.FirstByte, tm.Body) < 0 {
		t.Errorf("%s: the phases of %+v sum up to %v", rawURL, tm, sum)
	}
	// What goes over a limit is counted, and not passed on.
	passed := v.BytesBody
	if v.decoded {
		passed = v.BytesDecoded()
	}
	if n := int64(len(v.body)); n > passed || n < passed && v.err == nil || v.BytesBody > v.BytesWire || !v.decoded && v.BytesDecoded() != 0 {
		t.Errorf("%s: a body of %d bytes is counted as %d, and as %d on the wire", rawURL, len(v.body), v.BytesBody, v.BytesWire)
	}
	var e *Error
	if v.err != nil && !errors.As(v.err, &e) {
		t.Errorf("%s: error %v has no class", rawURL, v.err)
	}
}

// want checks a fetch that must have gone well.
func (v *visit) want(t testing.TB, status int, body string) {
	t.Helper()
	switch {
	case v.err != nil:
		t.Errorf("error of class %s: %v", ClassOf(v.err), v.err)
	case v.Status != status:
		t.Errorf("status %d, want %d", v.Status, status)
	case string(v.body) != body:
		t.Errorf("body of %d bytes %.80q, want %d bytes %.80q", len(v.body), v.body, len(body), body)
	}
}

// wantClass checks one that must not.
func (v *visit) wantClass(t testing.TB, class Class) {
	t.Helper()
	if got := ClassOf(v.err); got != class {
		t.Errorf("class %s, want %s: %v", got, class, v.err)
	}
}

// web starts a test web and returns it with the beginning of its URLs.
func web(t testing.TB, cfg origin.Config) (s *origin.Server, base string) {
	t.Helper()
	s, err := origin.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if cfg.TLS != nil {
		return s, "https://" + s.Addresses()[0]
	}
	return s, "http://" + s.Addresses()[0]
}

// peer is the server's end of a connection, in the hands of a script.
type peer struct {
	net.Conn
	n      int // number of the connection, from 0
	reader *bufio.Reader
	server *server
}

// request reads a request to its end, by net/http. nil: there is none any more.
func (p *peer) request() *http.Request {
	req, err := http.ReadRequest(p.reader)
	if err != nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil
	}
	p.server.requests.Add(1)
	return req
}

// send writes; that the client has gone is no error of a server's.
func (p *peer) send(s string) { _, _ = p.Write([]byte(s)) }

// socket is what is below TLS, if there is that.
func (p *peer) socket() *net.TCPConn {
	for c := p.Conn; ; {
		switch over := c.(type) {
		case *tls.Conn:
			c = over.NetConn()
		case splitting:
			c = over.Conn
		case *gathering:
			c = over.Conn
		default:
			return c.(*net.TCPConn)
		}
	}
}

// reset makes the end of the connection a reset.
func (p *peer) reset() { _ = p.socket().SetLinger(0) }

// idle waits until the client closes.
func (p *peer) idle() { _, _ = io.Copy(io.Discard, p.reader) }

// close ends the connection so that what was sent arrives (RFC 9112 section 9.6).
func (p *peer) close() {
	for s, ok := p.Conn.(*tls.Conn); ok; s, ok = s.NetConn().(*tls.Conn) {
		_ = s.CloseWrite()
	}
	_ = p.socket().CloseWrite()
	_ = p.SetReadDeadline(time.Now().Add(bound))
	p.idle()
}

// server is one that follows a script.
type server struct {
	base            string // of its URLs
	address         string
	conns, requests atomic.Int64
}

// serve starts a server that runs script for each connection and then closes it.
func serve(t testing.TB, script func(p *peer)) *server {
	t.Helper()
	return serveOn(t, "127.0.0.1:0", script)
}

// serveOn is serve at an address.
func serveOn(t testing.TB, address string, script func(p *peer)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: ln.Addr().String(), base: "http://" + ln.Addr().String()}
	var running sync.WaitGroup
	var mu sync.Mutex // guards open
	open := map[net.Conn]bool{}
	running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			p := &peer{Conn: c, n: int(s.conns.Add(1)) - 1, reader: bufio.NewReader(c), server: s}
			running.Go(func() {
				script(p)
				c.Close()
				mu.Lock()
				delete(open, c)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return s
}

// answering is a script: every request gets the same answer, and the connection stays.
func answering(answer string) func(p *peer) {
	return func(p *peer) {
		for p.request() != nil {
			p.send(answer)
		}
	}
}

// hello is an ordinary answer.
const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

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

// blackHole is a URL whose server takes no more connections and refuses none: its queue is full.
func blackHole(t testing.TB) string {
	t.Helper()
	ln := tcpSocket(t)
	if err := errors.Join(syscall.Bind(ln, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(ln, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(ln)
	if err != nil {
		t.Fatal(err)
	}
	var last int
	for range 64 { // so many that what comes after them finds no place, also when these are still on their way
		last = tcpSocket(t)
		if err := errors.Join(syscall.SetNonblock(last, true), syscall.Connect(last, sa)); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
			t.Fatal(err)
		}
	}
	if _, err := syscall.Getpeername(last); err == nil {
		t.Skip("SKIPPED: this system has no listener whose queue gets full")
	}
	return fmt.Sprintf("http://127.0.0.1:%d/", sa.(*syscall.SockaddrInet4).Port)
}

func tcpSocket(t testing.TB) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return fd
}

// shifted is an engine whose clock can be set forward.
type shifted struct {
	engine.Engine
	by *atomic.Int64
}

func newShifted(e engine.Engine) shifted { return shifted{e, new(atomic.Int64)} }

func (s shifted) Now() time.Time { return s.Engine.Now().Add(time.Duration(s.by.Load())) }

// Lag is not of time that has only been set.
func (s shifted) Lag(now time.Time) time.Duration {
	return s.Engine.Lag(now.Add(-time.Duration(s.by.Load())))
}

func (s shifted) advance(d time.Duration) { s.by.Add(int64(d)) }

// inChild names the function that a child process is to run instead of the tests.
const inChild = "CRAWL_TEST_CHILD"

// children are what a child process can do, by name. Each prints what it found, or an error.
func children() map[string]func() error {
	return map[string]func() error{
		"descriptors": childDescriptors,
		"ports":       childPorts,
		"parked":      childParked,
		"silent":      childSilent,
		"pages":       childPages,
	}
}

// runChild runs a child process, which has this machine for itself as far as a process has one.
func runChild(t *testing.T, name string, attr *syscall.SysProcAttr, env ...string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*bound)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(append(os.Environ(), inChild+"="+name), env...)
	cmd.SysProcAttr = attr
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case err != nil && attr != nil && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL)):
		t.Skipf("SKIPPED: this system does not let us have a child process of that kind: %v", err)
	case err != nil:
		t.Fatalf("child %s: %v\n%s%s", name, err, out, &stderr)
	}
	return string(out)
}

// TestMain checks what no single test can: that all of them together left no goroutine and no descriptor.
func TestMain(m *testing.M) {
	if name := os.Getenv(inChild); name != "" {
		child, ok := children()[name]
		if !ok {
			fmt.Println("no such child:", name)
			os.Exit(2)
		}
		if err := child(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil { // the runtime's poller, which stays
		ln.Close()
	}
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	code := m.Run()
	if fuzzing := flag.Lookup("test.fuzz").Value.String() != ""; code == 0 && !fuzzing { // which leaves things of its own
		if err := settled(goroutines, descriptors); err != nil {
			fmt.Println("FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// settled waits until there are no more goroutines and descriptors than there were.
func settled(goroutines, descriptors int) error {
	for deadline := time.Now().Add(bound); runtime.NumGoroutine() > goroutines || openDescriptors() > descriptors; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			return fmt.Errorf("%d goroutines and %d descriptors are left, of %d and %d:\n%s",
				runtime.NumGoroutine(), openDescriptors(), goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
		}
	}
	return nil
}

// openDescriptors is the number of open file descriptors of this process.
func openDescriptors() (n int) {
	for fd := range 1 << 11 {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil {
			n++
		}
	}
	return n
}
