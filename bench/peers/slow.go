//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// slowWord is the first argument that makes this program the slow server.
const slowWord = "slow-origin"

// slowDelay is how long the slow server thinks about a page.
const slowDelay = time.Second

// slowServer answers every page after a delay, so that all fetches of a list are in flight
// together, and counts what it sees. It is a goroutine per connection that reads heads and writes
// one fixed answer: HTTP as far as the clients of this benchmark speak it, and no further.
type slowServer struct {
	delay                         time.Duration // of every page
	answer                        []byte        // to every page
	requests, robots, conns, open atomic.Int64
	mu                            sync.Mutex // guards all below
	waiting, peak                 int64
}

// slowMain serves on a port of 127.0.1.1 to 127.0.1.64, and its counters on 127.0.0.1, until it is
// killed. It returns the exit status.
func slowMain(args []string) int {
	fs := flag.NewFlagSet(slowWord, flag.ContinueOnError)
	port := fs.Int("port", 0, "port on every address")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	s := newSlowServer(slowDelay)
	failed := make(chan error, hosts+1)
	for i := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(hostIP(i), strconv.Itoa(*port)))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		go func() { failed <- s.accept(l) }()
	}
	go func() {
		failed <- http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *port), http.HandlerFunc(s.stats))
	}()
	fmt.Fprintln(os.Stderr, <-failed)
	return 1
}

func newSlowServer(delay time.Duration) *slowServer {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n", pageSize)
	return &slowServer{delay: delay, answer: []byte(head + page())}
}

// stats answers with the counters and starts a new peak.
func (s *slowServer) stats(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	peak := s.peak
	s.peak = s.waiting
	s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(counts{
		Requests: s.requests.Load(), Robots: s.robots.Load(), Conns: s.conns.Load(), Open: s.open.Load(), Peak: peak,
	})
}

func (s *slowServer) accept(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		s.conns.Add(1)
		s.open.Add(1)
		go func() {
			defer s.open.Add(-1)
			defer c.Close()
			_ = s.serve(c)
		}()
	}
}

// serve answers the requests of one connection until the client closes it.
func (s *slowServer) serve(c net.Conn) error {
	buf := make([]byte, 4096)
	var n int
	for {
		end := bytes.Index(buf[:n], []byte("\r\n\r\n"))
		if end < 0 {
			if n == len(buf) {
				return errors.New("request head is too long")
			}
			m, err := c.Read(buf[n:])
			if err != nil {
				return err
			}
			n += m
			continue
		}
		reply := s.answer
		if bytes.HasPrefix(buf[:n], []byte("GET /robots.txt ")) {
			s.robots.Add(1)
			reply = []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		} else {
			s.requests.Add(1)
			s.think()
		}
		if _, err := c.Write(reply); err != nil {
			return err
		}
		n = copy(buf, buf[end+4:n])
	}
}

// think lets the delay pass and counts who does so at the same time.
func (s *slowServer) think() {
	s.mu.Lock()
	s.waiting++
	s.peak = max(s.peak, s.waiting)
	s.mu.Unlock()
	<-time.After(s.delay)
	s.mu.Lock()
	s.waiting--
	s.mu.Unlock()
}

// slow is the slow server as the harness sees it.
type slow struct {
	*server
	port   int
	client *http.Client
}

// startSlow starts this program again as the slow server.
func startSlow(ctx context.Context, dir string) (*slow, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &slow{client: statusClient()}
	if s.port, err = freePort(hostIP(0)); err != nil {
		return nil, err
	}
	s.server, err = startServer(ctx, dir, []string{self, slowWord, "-port", strconv.Itoa(s.port)}, func() error { _, err := s.counts(); return err })
	return s, err
}

func (s *slow) url(i int) string { return fmt.Sprintf("http://%s:%d/p/%d", hostIP(i), s.port, i) }

func (s *slow) counts() (c counts, err error) {
	body, err := get(s.client, fmt.Sprintf("http://127.0.0.1:%d/", s.port))
	if err != nil {
		return c, err
	}
	return parseSlow(body)
}

// parseSlow reads the counters as the slow server writes them.
func parseSlow(body string) (c counts, err error) {
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return c, fmt.Errorf("slow server's counters: %w", err)
	}
	return c, nil
}
