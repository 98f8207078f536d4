package origin

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Whatever the web says it is answered with, net/http gets: every page of every host, and the rest.
func TestServerTellsTheTruth(t *testing.T) {
	s := start(t, Config{Addresses: 4, Pages: 25, Links: 6, Size: Size{1500, 200_000}, Seed: 3, Robots: "User-agent: *\n"})
	c := client(t, "")
	urls := []string{s.URL(s.Len()), s.URL(0) + "?q"}
	for i := range s.Len() {
		urls = append(urls, s.URL(i))
	}
	for _, h := range s.Hosts() {
		for _, p := range []string{"/", "/robots.txt", "/sitemap.xml", "/nothing", "/p/x"} {
			urls = append(urls, "http://"+h+p)
		}
	}
	for _, u := range urls {
		status, contentType, body := s.Lookup(u)
		resp, got := get(t, c, u)
		wantBytes(t, u, got, body)
		want(t, "status of "+u, resp.StatusCode, status)
		want(t, "type of "+u, resp.Header.Get("Content-Type"), contentType)
		want(t, "length of "+u, resp.ContentLength, int64(len(body)))

		resp, err := c.Head(u)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		want(t, "status of HEAD "+u, resp.StatusCode, status)
		want(t, "length of HEAD "+u, resp.ContentLength, int64(len(body)))
	}
	st := s.Stats()
	want(t, "requests", st.Requests, int64(2*len(urls)))
	want(t, "connections, all of them reused", st.Connections, 4)
	want(t, "in flight", st.InFlight, 0)
}

// Two servers with one seed send the same bytes, heads included.
func TestServersWithOneSeedAgree(t *testing.T) {
	cfg := Config{Hosts: 3, Links: 9, Size: Size{2000, 9000}, Seed: 11}
	a := start(t, cfg)
	answers := func(s *Server) (all string) {
		for _, target := range []string{"/", "/p/0", "/p/999", "/p/1000", "/f/chunked/100?chunk=7&trailers=1", "/f/hostile"} {
			got, err := exchange(t, s, getHead(target, "Connection: close\r\n"), false)
			if err != nil {
				t.Fatal(err)
			}
			all += got
		}
		return all
	}
	first := answers(a)
	cfg.Port = a.cfg.Port
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, "what the second server says", answers(start(t, cfg)), first)
	if strings.Contains(first, "\nDate:") {
		t.Error("an answer has a date")
	}
}

// Hosts that share an address are told apart by the Host field, or by an absolute target, which wins
// (RFC 9112 section 3.2.2).
func TestHostsByName(t *testing.T) {
	s := start(t, Config{Hosts: 5, Pages: 10})
	c := client(t, s.Addresses()[0])
	for i := range s.Len() {
		_, _, body := s.Page(i)
		_, got := get(t, c, s.URL(i))
		wantBytes(t, s.URL(i), got, body)
	}
	_, _, body := s.Page(3)
	got, err := exchange(t, s, "GET "+s.URL(3)+" HTTP/1.1\r\nHost: "+s.Hosts()[1]+"\r\nConnection: close\r\n\r\n", false)
	if err != nil || !strings.HasSuffix(got, "\r\n\r\n"+string(body)) {
		t.Errorf("absolute target: %v, %.200q", err, got)
	}
}

func TestTLS(t *testing.T) {
	lender := httptest.NewTLSServer(nil) // for its certificate
	defer lender.Close()
	s := start(t, Config{TLS: &tls.Config{Certificates: lender.TLS.Certificates}, Pages: 5})
	c := lender.Client()
	defer c.CloseIdleConnections()
	_, _, body := s.Page(2)
	if !strings.HasPrefix(s.URL(2), "https://127.0.0.1:") {
		t.Errorf("URL %s", s.URL(2))
	}
	resp, got := get(t, c, s.URL(2))
	if resp.TLS == nil {
		t.Error("no TLS")
	}
	wantBytes(t, "page", got, body)
	base := "https://" + s.Hosts()[0]
	if _, err := c.Get(base + "/f/reset"); err == nil {
		t.Error("a reset within TLS is answered")
	}
	if _, got := get(t, c, base+"/f/delay/2ms?size=9"); len(got) != 9 {
		t.Errorf("a delay within TLS: %q", got)
	}
	if _, _, err := fetch(c, base+"/f/truncate/5"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a truncated body within TLS: %v", err)
	}
}

// RFC 9112 section 9.3: persistence, and section 9.3.2: requests sent ahead are answered in order.
func TestConnections(t *testing.T) {
	s := start(t, Config{Pages: 50, LogRequests: 1000})
	page := func(n int, connection string) string {
		_, _, body := s.Page(n)
		return "HTTP/1.1 200 OK\r\nServer: crawl-origin\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 2048\r\n" + connection + "\r\n" + string(body)
	}
	var ahead, answers string
	for n := range 50 {
		ahead += getHead(fmt.Sprintf("/p/%d", n), "")
		answers += page(n, "")
	}
	const closes = "Connection: close\r\n"
	head, _, _ := strings.Cut(page(1, closes), "\r\n\r\n")
	for _, tc := range []struct {
		what, send, want string
		shut             bool
	}{
		{"fifty at once", ahead + getHead("/p/1", closes), answers + page(1, closes), false},
		{"half closed after the last", ahead, answers, true},
		{"nothing after close", getHead("/p/1", closes) + getHead("/p/2", ""), page(1, closes), false},
		{"HTTP/1.0", "GET /p/1 HTTP/1.0\r\n\r\n", page(1, closes), false},
		{
			"HTTP/1.0 kept", "GET /p/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + "GET /p/2 HTTP/1.0\r\n\r\n",
			page(1, "Connection: keep-alive\r\n") + page(2, closes), false,
		},
		{"HEAD", "HEAD /p/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", head + "\r\n\r\n", false},
		{
			"a body is dropped", "POST /p/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("GET ", 1250) + getHead("/p/2", closes),
			page(1, "") + page(2, closes), false,
		},
		{"an empty line before", "\r\n" + getHead("/p/1", closes), page(1, closes), false},
		{"nothing at all", "", "", true},
		{"half a request", "GET / HTTP/1.1\r\nHo", "", true},
		{"half a body", "POST /p/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234", "", true},
	} {
		got, err := exchange(t, s, tc.send, tc.shut)
		// What is sent after the last request may turn the end of the connection into a reset.
		if err != nil && tc.what != "nothing after close" {
			t.Errorf("%s: %v", tc.what, err)
		}
		want(t, tc.what, got, tc.want)
	}
	st := until(t, s, func(st Stats) bool { return st.OpenConnections == 0 })
	want(t, "abandoned", st.Abandoned, 1)
	want(t, "in flight", st.InFlight, 0)
	want(t, "logged", int64(len(s.Log())), st.Requests)
}

// RFC 9110 section 10.1.1.
func TestExpectContinue(t *testing.T) {
	s := start(t, Config{})
	c := client(t, "")
	c.Transport.(*http.Transport).ExpectContinueTimeout = patience
	continued := false
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got100Continue: func() { continued = true }})
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+s.Hosts()[0]+"/f/echo", strings.NewReader("the body"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !continued || !strings.HasSuffix(string(body), "\r\n\r\nthe body") {
		t.Errorf("%q, %v, continued %t", body, err, continued)
	}
}

// A refused request is answered with the reason, even while the client goes on sending.
func TestRefusals(t *testing.T) {
	s := start(t, Config{LogRequests: 10})
	for send, status := range map[string]string{
		"GET / HTTP/1.1\r\n\r\n": "HTTP/1.1 400 Bad Request\r\n",
		"GET /\n\n":              "HTTP/1.1 400 Bad Request\r\n",
		getHead("/", "Transfer-Encoding: chunked\r\n"):       "HTTP/1.1 411 Length Required\r\n",
		"CONNECT x:1 HTTP/1.1\r\n\r\n":                       "HTTP/1.1 501 Not Implemented\r\n",
		"GET / HTTP/3.0\r\n\r\n":                             "HTTP/1.1 505 HTTP Version Not Supported\r\n",
		getHead("/", "X: "+strings.Repeat("x", 3*maxHead)):   "HTTP/1.1 431 Request Header Fields Too Large\r\n",
		"POST / HTTP/1.1\r\n\r\n" + strings.Repeat("x", 1e5): "HTTP/1.1 400 Bad Request\r\n",
	} {
		got, err := exchange(t, s, send, true)
		if err != nil || !strings.HasPrefix(got, status) || !strings.Contains(got, "\r\nConnection: close\r\n") {
			t.Errorf("%.60q: %.200q, %v", send, got, err)
		}
	}
	st := s.Stats()
	want(t, "refused", st.Refused, 7)
	want(t, "requests", st.Requests, 0)
	want(t, "logged", len(s.Log()), 0)
}

// The proof of concurrency: a gate for n opens only when n are in flight at once.
func TestInFlight(t *testing.T) {
	const n = 64
	s := start(t, Config{LogRequests: n})
	c := client(t, "")
	url := "http://" + s.Hosts()[0] + "/f/gate/" + fmt.Sprint(n)
	var wg sync.WaitGroup
	for i := range n - 1 {
		wg.Go(func() {
			resp, body, err := fetch(c, fmt.Sprintf("%s?i=%d", url, i))
			if err != nil || resp.StatusCode != 200 || string(body) != "open\n" {
				t.Errorf("at the gate: %v, %q, %v", resp, body, err)
			}
		})
	}
	until(t, s, func(st Stats) bool { return st.InFlight == n-1 })
	get(t, c, url)
	wg.Wait()
	st := s.Stats()
	want(t, "in flight", st.InFlight, 0)
	want(t, "most in flight", st.MaxInFlight, n)
	seen := map[int64]bool{}
	for _, r := range s.Log() {
		seen[r.InFlight] = true
	}
	want(t, "different numbers in flight at arrival", len(seen), n)
}

// A client that keeps to a limit is never seen to break it, however fast it goes on.
func TestInFlightNeverOvercounts(t *testing.T) {
	const workers, each = 8, 400
	s := start(t, Config{Size: Size{100_000, 100_000}})
	c := client(t, "")
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				if _, _, err := fetch(c, s.URL(w*each+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	st := s.Stats()
	if st.MaxInFlight > workers || st.InFlight != 0 || st.Requests != workers*each {
		t.Errorf("%d workers: %+v", workers, st)
	}
}

func TestLatencyIsWaitedFor(t *testing.T) {
	s := start(t, Config{Latency: Fixed(30 * time.Millisecond)})
	c := client(t, "")
	for _, path := range []string{"/p/0", "/", "/robots.txt"} {
		before := time.Now()
		get(t, c, "http://"+s.Hosts()[0]+path)
		took := time.Since(before)
		if took < 30*time.Millisecond {
			t.Errorf("%s took %v", path, took)
		}
	}
	s = start(t, Config{Latency: Fixed(time.Hour)})
	for _, path := range []string{"/f/size/0", "/-/stats"} {
		get(t, c, "http://"+s.Hosts()[0]+path)
	}
}

// Requests that run ahead of a delayed answer are answered in order, each after its delay.
func TestLatencyWithRequestsAhead(t *testing.T) {
	s := start(t, Config{Latency: Fixed(time.Millisecond)})
	got, err := exchange(t, s, getHead("/p/1", "")+getHead("/f/delay/5ms", "")+getHead("/p/2", "Connection: close\r\n"), false)
	if err != nil || strings.Count(got, "HTTP/1.1 200 OK") != 3 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLog(t *testing.T) {
	s := start(t, Config{LogRequests: 3})
	for n := range 4 {
		head := fmt.Sprintf("POST /p/%d?x HTTP/1.1\r\nHost: name:1\r\nX-a:  b \r\nx-A: c\r\nContent-Length: 2\r\n\r\nok", 998+n)
		if _, err := exchange(t, s, head+getHead("/-/stats", ""), true); err != nil {
			t.Fatal(err)
		}
	}
	log := s.Log()
	want(t, "entries", len(log), 3)
	for i, r := range log {
		want(t, "target", r.Target, fmt.Sprintf("/p/%d?x", 999+i))
		want(t, "connection", r.Conn, int64(2+i))
		want(t, "method", r.Method, "POST")
		want(t, "host", r.Host, "name:1")
		want(t, "version", r.Version, "HTTP/1.1")
		want(t, "body", r.Body, 2)
		want(t, "in flight", r.InFlight, 1)
		want(t, "local", r.Local, s.Addresses()[0])
		want(t, "status", r.Status, []int{200, 404, 404}[i])
		want(t, "fields", fmt.Sprint(r.Fields), "[{Host name:1} {X-a b} {x-A c} {Content-Length 2}]")
		want(t, "Get", r.Get("X-A"), "b")
		want(t, "Get what is missing", r.Get("X-B"), "")
		if r.Since <= 0 || i > 0 && r.Since < log[i-1].Since {
			t.Errorf("entry %d is of %v", i, r.Since)
		}
	}
	s.Reset()
	want(t, "entries after a reset", len(s.Log()), 0)
	want(t, "entries without a log", len(start(t, Config{}).Log()), 0)
}

func TestControl(t *testing.T) {
	s := start(t, Config{LogRequests: 5, Latency: Fixed(time.Nanosecond)})
	base := "http://" + s.Hosts()[0]
	c, other := client(t, ""), client(t, "")
	get(t, c, base+"/p/0")
	get(t, c, base+"/p/1")
	get(t, c, base+"/-/stats") // on the connection of the pages, which stays counted
	resp, body := get(t, other, base+"/-/stats")
	want(t, "type", resp.Header.Get("Content-Type"), "application/json")
	var st Stats
	if err := json.Unmarshal(body, &st); err != nil {
		t.Fatal(err)
	}
	st.MaxConnections = 1 // or 2: see Stats
	want(t, "stats", st, Stats{
		Requests: 2, MaxInFlight: 1, Connections: 1, OpenConnections: 1, MaxConnections: 1,
		BytesSent: 2 * int64(len("HTTP/1.1 200 OK\r\nServer: crawl-origin\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 2048\r\n\r\n")+2048),
	})
	_, body = get(t, other, base+"/-/log")
	var log []Request
	if err := json.Unmarshal(body, &log); err != nil {
		t.Fatal(err)
	}
	want(t, "log", fmt.Sprint(log), fmt.Sprint(s.Log()))
	want(t, "log", len(log), 2)

	resp, err := other.Post(base+"/-/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want(t, "status of reset", resp.StatusCode, 204)
	want(t, "stats after a reset", s.Stats(), Stats{OpenConnections: 1, MaxConnections: 1})
	for path, status := range map[string]int{"/-/reset": 405, "/-/nothing": 404, "/-/": 404} {
		resp, _ := get(t, other, base+path)
		want(t, "status of "+path, resp.StatusCode, status)
	}
	want(t, "stats after control requests", s.Stats(), Stats{OpenConnections: 1, MaxConnections: 1})
}

func TestStartFailsClearly(t *testing.T) {
	if _, err := Start(Config{Links: 1e6}); !errors.Is(err, ErrConfig) {
		t.Errorf("too many links: %v", err)
	}
	if _, err := Start(Config{Port: -1}); !errors.Is(err, ErrConfig) {
		t.Errorf("a negative port: %v", err)
	}
	s := start(t, Config{})
	_, err := Start(Config{Port: s.cfg.Port})
	if err == nil || !strings.Contains(err.Error(), s.Addresses()[0]) {
		t.Errorf("a port in use: %v", err)
	}
	// An address of the documentation block (RFC 5737) is none of this machine.
	if _, _, err := listenOn([]string{"192.0.2.1"}, 0); !errors.Is(err, ErrNoAddress) {
		t.Errorf("an address that is not there: %v", err)
	}
}

// With port 0, a port that is taken on a later address is given up for another.
func TestStartFindsACommonPort(t *testing.T) {
	s := start(t, Config{Addresses: 40})
	for i, a := range s.Addresses() {
		want(t, "address", a, fmt.Sprintf("127.0.1.%d:%d", i+1, s.cfg.Port))
	}
	if _, _, err := listen([]string{"127.0.0.1", "127.0.1.1"}, s.cfg.Port); err == nil {
		t.Error("a port that is taken on one address is listened on")
	}
}

// Close ends everything: what waits, what stalls, what is idle, half requests; no goroutine and no
// descriptor is left.
func TestCloseLeavesNothing(t *testing.T) {
	descriptors := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0 // only Linux can tell
		}
		return len(names)
	}
	runtime.GC()
	goroutines, open := runtime.NumGoroutine(), descriptors()
	s, err := Start(Config{Addresses: 1, Latency: Fixed(time.Hour), LogRequests: 10})
	if errors.Is(err, ErrNoAddress) {
		t.Skipf("SKIPPED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	targets := []string{"/p/1", "/f/stall", "/f/stall-body/1000000", "/f/gate/99", "/f/delay/1h", "/f/drip/9?every=1h", "/f/raw/?then=stall"}
	var conns []net.Conn
	for _, target := range targets {
		c := dial(t, s)
		conns = append(conns, c)
		if _, err := io.WriteString(c, getHead(target, "")); err != nil {
			t.Fatal(err)
		}
	}
	for _, half := range []string{"", "GET / HT"} {
		c := dial(t, s)
		conns = append(conns, c)
		if _, err := io.WriteString(c, half); err != nil {
			t.Fatal(err)
		}
	}
	until(t, s, func(st Stats) bool {
		return st.InFlight == int64(len(targets)) && st.OpenConnections == int64(len(conns))
	})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	st := s.Stats()
	want(t, "in flight after Close", st.InFlight, 0)
	want(t, "open after Close", st.OpenConnections, 0)
	want(t, "abandoned", st.Abandoned, int64(len(targets)))
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for _, c := range conns {
		c.Close()
	}
	// A goroutine that has told the WaitGroup may take a moment to end.
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > goroutines || descriptors() > open; runtime.Gosched() {
		if time.Now().After(deadline) {
			var stacks bytes.Buffer
			buf := make([]byte, 1<<20)
			stacks.Write(buf[:runtime.Stack(buf, true)])
			t.Fatalf("%d goroutines and %d descriptors, before %d and %d\n%s", runtime.NumGoroutine(), descriptors(), goroutines, open, stacks.String())
		}
	}
	if c, err := net.Dial("tcp", s.Addresses()[0]); err == nil {
		c.Close()
		t.Error("a closed server accepts")
	}
}

// troubled is a listener out of descriptors, then closed.
type troubled struct {
	net.Listener
	failures int
}

func (l *troubled) Accept() (net.Conn, error) {
	if l.failures--; l.failures >= 0 {
		return nil, errors.New("too many open files")
	}
	return nil, net.ErrClosed
}

func TestAcceptGoesOnAfterAFailure(t *testing.T) {
	s := start(t, Config{})
	s.accept(&troubled{failures: 2}, 0)
	want(t, "failed accepts", s.Stats().AcceptErrors, 2)
}

func TestAwaitGivesUp(t *testing.T) {
	s := start(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Await(ctx, func(st Stats) bool { return st.Requests > 0 }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
