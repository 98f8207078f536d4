package origin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Server is a running Web. Its methods may be called from any goroutine.
type Server struct {
	*Web
	listeners []net.Listener
	started   time.Time
	count     counters
	log       requestLog
	retries   tally
	gates     gates
	faults    map[string]func(*fault) bool
	buffers   sync.Pool // of *buffer
	timers    sync.Pool // of *time.Timer, stopped
	running   sync.WaitGroup
	done      chan struct{} // closed by Close

	mu     sync.Mutex // guards what follows
	conns  map[*conn]struct{}
	lastID int64 // of a connection
	epoch  int   // number of resets
	closed bool
}

// portAttempts is how often Start looks for a port that is free on every address.
const portAttempts = 20

// Start listens on every address of the configuration and answers until Close. The error wraps
// ErrConfig, ErrNoAddress or that of the system.
func Start(cfg Config) (*Server, error) {
	checked, err := cfg.normal()
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	listeners, port, err := listen(checked.addresses(), checked.Port)
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	s := &Server{
		listeners: listeners,
		started:   time.Now(),
		faults:    faults(),
		conns:     map[*conn]struct{}{},
		done:      make(chan struct{}),
	}
	cfg.Port = port
	if s.Web, err = NewWeb(cfg); err != nil {
		return nil, errors.Join(err, s.closeListeners())
	}
	s.log.limit = cfg.LogRequests
	s.buffers.New = func() any { return &buffer{b: make([]byte, 0, firstOutput)} }
	for home, l := range listeners {
		s.running.Go(func() { s.accept(l, home) })
	}
	return s, nil
}

// listen opens a listener per address, all on one port.
func listen(addresses []string, port int) ([]net.Listener, int, error) {
	for attempt := 1; ; attempt++ {
		ls, got, err := listenOn(addresses, port)
		if err == nil {
			return ls, got, nil
		}
		if port != 0 || attempt == portAttempts || !isErrno(err, syscall.EADDRINUSE, wsaAddrInUse) {
			return nil, 0, err
		}
	}
}

// listenOn makes one attempt. With port 0 the first address chooses for all.
func listenOn(addresses []string, port int) (ls []net.Listener, got int, err error) {
	// Keep-alive probes would cost four system calls per connection and find nothing on loopback.
	config := net.ListenConfig{KeepAlive: -1}
	for _, a := range addresses {
		l, err := config.Listen(context.Background(), "tcp4", net.JoinHostPort(a, strconv.Itoa(port)))
		if err != nil {
			for _, open := range ls {
				open.Close()
			}
			if isErrno(err, syscall.EADDRNOTAVAIL, wsaAddrNotAvail) {
				err = fmt.Errorf("%w: %w", err, ErrNoAddress)
			}
			return nil, 0, err
		}
		ls = append(ls, l)
		port = l.Addr().(*net.TCPAddr).Port
	}
	return ls, port, nil
}

// Windows reports these by numbers that package syscall has no names for.
const (
	wsaAddrInUse    = syscall.Errno(10048)
	wsaAddrNotAvail = syscall.Errno(10049)
)

func isErrno(err error, posix, windows syscall.Errno) bool {
	return errors.Is(err, posix) || errors.Is(err, windows)
}

// Addresses returns the addresses and ports listened on, in order.
func (s *Server) Addresses() []string {
	var as []string
	for _, l := range s.listeners {
		as = append(as, l.Addr().String())
	}
	return as
}

// Bounds of the pause after a failed accept, which as a rule means that descriptors have run out.
const (
	acceptPause    = 5 * time.Millisecond
	maxAcceptPause = 320 * time.Millisecond
)

// accept serves the connections of one listener, which is that of the host home.
func (s *Server) accept(l net.Listener, home int) {
	pause := acceptPause
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.count.acceptErrors.Add(1)
			s.pause(pause)
			pause = min(2*pause, maxAcceptPause)
			continue
		}
		pause = acceptPause
		c := &conn{srv: s, nc: nc, home: home}
		if s.cfg.TLS != nil {
			c.nc = tls.Server(nc, s.cfg.TLS)
		}
		c.in.src = c.nc
		if !s.add(c) {
			nc.Close()
			return
		}
		go c.serve()
	}
}

// pause lets d pass and reports whether it did so: false means that the server is closed.
//
// Ten thousand answers wait here at once. A timer from a pool costs what a sleep costs that cannot be
// broken off, and what a wheel of timers costs that wakes whole milliseconds together. A Read with a
// deadline (conn.sleep) costs 12 µs and 2 KB more.
func (s *Server) pause(d time.Duration) bool {
	t, ok := s.timers.Get().(*time.Timer)
	if ok {
		t.Reset(d)
	} else {
		t = time.NewTimer(d)
	}
	passed := true
	select {
	case <-t.C:
	case <-s.done:
		t.Stop()
		passed = false
	}
	s.timers.Put(t) // not deferred, for the sake of the stack
	return passed
}

// add registers a connection, unless the server is closed.
func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	s.running.Add(1)
	s.lastID++
	c.id = s.lastID
	c.epoch = s.epoch
	s.count.connections.Add(1)
	s.count.open.rise()
	return true
}

// uncount takes a connection out of the counters.
func (s *Server) uncount(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.uncounted = true
	s.count.open.fall()
	if c.epoch == s.epoch {
		s.count.connections.Add(-1)
	}
}

// remove undoes add.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	if !c.uncounted {
		s.count.open.fall()
	}
	s.running.Done()
}

func (s *Server) closeListeners() error {
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Close stops listening, closes every connection without regard to what it is doing, and returns
// when all goroutines of the server have ended. Later calls return nil.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	for c := range s.conns {
		c.tcp().Close()
	}
	s.mu.Unlock()
	err := s.closeListeners()
	s.running.Wait()
	if err != nil {
		return fmt.Errorf("origin: close: %w", err)
	}
	return nil
}
