package live

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestEvents: a viewer is greeted with the history, gets what is new, and at the end how it ended; then there is
// nothing more, and no server.
func TestEvents(t *testing.T) {
	c := busyCrawl()
	s := newStage(t, c, false)
	v := s.follow(t)
	name, data := v.next()
	var h hello
	if err := json.Unmarshal(data, &h); err != nil || name != "hello" || h.Advice["timeout.read"] == "" || h.Advice["robots"] == "" || h.Trusted {
		t.Fatalf("%s %s: %v", name, data, err)
	}
	v.snapshot(func(name string, snap *Snapshot) bool {
		if snap.State != StateRunning || snap.Discovered != 100 || snap.Hosts[0] != (Host{Name: "a.example", InFlight: 8, Waiting: 4}) || snap.Loop == nil {
			t.Errorf("%s %+v", name, snap)
		}
		return true
	})
	for _, state := range []string{StatePaused, StateEnding} {
		c.change(func(f *Figures) {
			f.Stats.Elapsed += time.Second
			f.Stats.Paused, f.Stats.Draining = state == StatePaused, state == StateEnding
		})
		s.pass(interval)
		s.tick(t)
		v.snapshot(func(name string, snap *Snapshot) bool { return name == "snapshot" && snap.State == state })
	}
	if n := len(s.follow(t).history()); n == 0 {
		t.Error("who comes later sees no history")
	}
	s.Finish(c.figures, "interrupted")
	v.snapshot(func(name string, snap *Snapshot) bool {
		return name == "done" && snap.State == StateDone && snap.Outcome == "interrupted" && snap.Discovered == 100 && snap.ETA == nil
	})
	if name, data := v.next(); name != "" {
		t.Errorf("after the end: %s %s", name, data)
	}
	if _, err := http.Get(s.url + "/healthz"); err == nil {
		t.Error("it still serves")
	}
}

// history reads the greeting.
func (s *stream) history() []point {
	s.t.Helper()
	_, data := s.next()
	var h hello
	if err := json.Unmarshal(data, &h); err != nil {
		s.t.Fatal(err)
	}
	return h.History
}

// TestOneSampler: many who look ask the crawl no more often than one, and when nobody looks it is asked seldom.
func TestOneSampler(t *testing.T) {
	c := busyCrawl()
	s := newStage(t, c, false)
	var viewers []*stream
	for range 20 {
		viewers = append(viewers, s.follow(t))
	}
	for _, v := range viewers {
		v.snapshot(func(string, *Snapshot) bool { return true })
	}
	if n := c.counts()[0]; n != 1 {
		t.Errorf("20 viewers that came at once made %d questions", n)
	}
	for _, v := range viewers {
		v.body.Close()
	}
	eventually(t, "the viewers have not left", func() bool { return s.sampler.watching() == 0 })
	s.pass(interval)
	for range idleTicks - 1 {
		s.tick(t)
	}
	if n := c.counts()[0]; n != 1 {
		t.Errorf("unwatched it was asked %d times", n-1)
	}
	s.tick(t)
	eventually(t, "unwatched it is never asked", func() bool { return c.counts()[0] == 2 })
}

// TestMaxViewers: more than so many are told to come again later, and one that goes makes room.
func TestMaxViewers(t *testing.T) {
	s := newStage(t, busyCrawl(), false)
	var all []*stream
	for range maxViewers {
		all = append(all, s.follow(t))
	}
	res, err := http.Get(s.url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("%s, %v", res.Status, res.Header)
	}
	all[0].body.Close()
	eventually(t, "there is no room", func() bool { return s.sampler.watching() < maxViewers })
	s.follow(t)
}

// TestSlowViewer: one who does not read keeps neither the sampler nor another viewer waiting, and is not sent what is
// old by then.
func TestSlowViewer(t *testing.T) {
	c := busyCrawl()
	s := newStage(t, c, false)
	slow, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if err := slow.(*net.TCPConn).SetReadBuffer(1 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(slow, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the slow one has not come", func() bool { return s.sampler.watching() == 1 })
	quick := s.follow(t)
	const samples = 3000 // more than buffers of the system hold: 2 KB each
	for i := range samples {
		s.pass(interval)
		c.change(func(f *Figures) { f.Stats.Bytes = int64(1000 + i) })
		if _, err := s.sampler.sample(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	quick.snapshot(func(_ string, snap *Snapshot) bool { return snap.Bytes == 1000+samples-1 })
	if n := s.sampler.watching(); n != 2 {
		t.Errorf("%d viewers", n)
	}
	began := time.Now()
	s.Finish(c.figures, "")
	if took := time.Since(began); took > bound { // Patience, on a machine that is not too busy
		t.Errorf("it took %v to end", took)
	}
}

// TestStalled: a crawl that does not answer is said not to, in every way, and says its state again when it does.
func TestStalled(t *testing.T) {
	c := busyCrawl()
	s := newStage(t, c, false)
	v := s.follow(t)
	v.snapshot(func(_ string, snap *Snapshot) bool { return snap.State == StateRunning })
	c.mu.Lock()
	c.deaf = true
	c.mu.Unlock()
	s.pass(interval)
	s.tick(t)
	v.snapshot(func(_ string, snap *Snapshot) bool { return snap.State == StateStalled && snap.Discovered == 100 })
	token := []string{"Authorization", "Bearer " + testToken}
	for _, r := range [][2]string{{"GET", "/healthz"}, {"GET", "/metrics"}, {"POST", "/pause"}} {
		if w := ask(s.Handler(), r[0], r[1], "", token...); w.Code != 503 {
			t.Errorf("%v: %d", r, w.Code)
		}
	}
	c.mu.Lock()
	c.deaf = false
	c.mu.Unlock()
	s.pass(interval)
	if w := ask(s.Handler(), "GET", "/healthz", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"state":"running"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	v.snapshot(func(_ string, snap *Snapshot) bool { return snap.State == StateRunning })
}

// TestSteer: pause and resume answer with the state that came of it, and those who look see it without waiting for a tick.
func TestSteer(t *testing.T) {
	s := newStage(t, busyCrawl(), false)
	v := s.follow(t)
	for _, step := range [][2]string{{"pause", StatePaused}, {"resume", StateRunning}} {
		w := ask(s.Handler(), "POST", "/"+step[0], "", "Authorization", "Bearer "+testToken)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"state":"`+step[1]+`"`) {
			t.Errorf("%s: %d %s", step[0], w.Code, w.Body)
		}
		v.snapshot(func(_ string, snap *Snapshot) bool { return snap.State == step[1] })
	}
}

// TestBoundedListener: no more connections than that are open at once, and a closed one makes room.
func TestBoundedListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bounded := &boundedListener{Listener: l, slots: make(chan struct{}, 2)}
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := bounded.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(bound))
		return c
	}
	dial()
	dial()
	first := <-accepted
	<-accepted
	refused := func(when string) {
		if _, err := dial().Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a third connection is served%s: %v", when, err)
		}
	}
	refused("")
	first.Close()
	first.Close() // frees one place, not two
	dial()
	<-accepted
	refused(" after one was closed")
}

// TestBodyDeadline: who announces a body and does not send it is not waited for, whatever he asks.
func TestBodyDeadline(t *testing.T) {
	for _, c := range []struct {
		method, path string
		everything   bool
	}{{"POST", "/login", true}, {"POST", "/pause", false}, {"POST", "/x", true}, {"GET", "/healthz", false}} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Options{Crawl: busyCrawl(), Token: testToken, Everything: c.everything})
			ours, theirs := net.Pipe()
			s.serving.Go(func() { _ = s.http.Serve(&oneConn{conn: theirs, closed: make(chan struct{})}) })
			defer s.Close()
			defer ours.Close()
			began := time.Now()
			_ = ours.SetDeadline(began.Add(time.Hour))
			for _, head := range []string{"Host: 127.0.0.1", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 10"} {
				if head == "Host: 127.0.0.1" {
					head = c.method + " " + c.path + " HTTP/1.1\r\n" + head
				}
				if _, err := io.WriteString(ours, head+"\r\n"); err != nil {
					t.Fatal(err)
				}
			}
			go func() { _, _ = io.WriteString(ours, "\r\n") }()
			_, err := io.Copy(io.Discard, ours)
			if took := time.Since(began); err != nil || took > headTimeout+time.Second { // net/http lingers a little
				t.Errorf("%s %s: it ended after %v: %v", c.method, c.path, took, err)
			}
		})
	}
}

// oneConn is a listener for one connection.
type oneConn struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { close(l.closed); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// TestMaxConns: where few connections may be open, fewer follow the events, so that one is left for everything else.
func TestMaxConns(t *testing.T) {
	for conns, want := range map[int]int{0: maxViewers, MaxConns: maxViewers, 1000: maxViewers, 18: 15, 2: 1, 1: 1} {
		s := New(Options{Crawl: busyCrawl(), Token: testToken, MaxConns: conns})
		if s.viewers != want || s.conns > MaxConns || s.conns < 1 || conns == 18 && s.conns != 18 {
			t.Errorf("of %d connections %d are used, %d follow the events, not %d", conns, s.conns, s.viewers, want)
		}
	}
}
