package live

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"
)

// MaxConns is how many connections there are at most, and so how many descriptors they take. More are closed at once.
const MaxConns = 128

// maxViewers is how many follow the events at once: where there are fewer connections, four fifths of them, so that some are
// left for everything else.
const maxViewers = 100

// Patience is how long those who look have for the last event, when the crawl has ended.
const Patience = time.Second

// Times and sizes that bound what a client can hold.
const (
	headTimeout  = 5 * time.Second  // for the head of a request
	bodyTimeout  = headTimeout      // for its body
	writeTimeout = 10 * time.Second // for an answer, and for each event
	idleTimeout  = time.Minute
	maxHead      = 16 << 10
	maxForm      = 4 << 10
	// writeBuffer is what the system keeps for one who reads slowly. Its own choice may be megabytes, and then events of
	// minutes ago.
	writeBuffer = 32 << 10
)

// Options of a Server.
type Options struct {
	Crawl    Crawl
	ListSize int64  // bytes of the list; 0: not known
	Token    string // allows to pause and resume; not empty
	// Everything asks for the token for everything, not only for what changes something. It is for addresses that others can reach.
	Everything bool
	MaxConns   int       // connections open at once, of the constant's at most; 0: as many
	Log        io.Writer // for what goes wrong in serving; nil: nowhere
}

// Server serves the live page of one crawl.
type Server struct {
	options Options
	guard   *guard
	page    page
	sampler *sampler
	conns   int // open at once
	viewers int // of these, that follow the events
	http    http.Server
	serving sync.WaitGroup
	stop    context.CancelFunc
}

// New makes a server. It does nothing before Start.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = io.Discard
	}
	conns := MaxConns
	if o.MaxConns > 0 {
		conns = min(conns, o.MaxConns)
	}
	s := &Server{
		options: o, guard: newGuard(o.Token, o.Everything), page: newPage(),
		sampler: newSampler(o.Crawl, o.ListSize), stop: func() {},
		conns: conns, viewers: max(1, min(maxViewers, conns-max(1, conns/5))),
	}
	s.http = http.Server{
		Handler: s.Handler(), ErrorLog: log.New(o.Log, "live page: ", 0), MaxHeaderBytes: maxHead,
		ReadHeaderTimeout: headTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		// No ReadTimeout: it would end the events, and profiles. Bodies are small, and have a deadline of their own.
	}
	return s
}

// Handler answers everything that there is.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /events", s.serveEvents)
	mux.HandleFunc("GET /metrics", s.serveMetrics)
	mux.HandleFunc("GET /healthz", s.serveHealth)
	mux.HandleFunc("POST /pause", s.steer(s.options.Crawl.Pause))
	mux.HandleFunc("POST /resume", s.steer(s.options.Crawl.Resume))
	if s.options.Everything {
		mux.HandleFunc("POST /login", s.serveLogin)
	}
	// Not from the DefaultServeMux, where this package registers itself too: that one is not served.
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return s.guard.protect(mux)
}

// Start serves on l, on goroutines of its own, until Finish or Close.
func (s *Server) Start(l net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.sampler.lookNow() // the history begins with the crawl
	s.serving.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		s.sampler.run(ctx, tick.C)
	})
	s.serving.Go(func() {
		_ = s.http.Serve(&boundedListener{Listener: l, slots: make(chan struct{}, s.conns)}) // http.ErrServerClosed, or it was told to the log
	})
}

// Finish tells all who look how the crawl ended, gives them a moment to hear it, and closes. f has the figures at
// the end; outcome says in a few words how that came.
func (s *Server) Finish(f Figures, outcome string) {
	s.sampler.finish(f, outcome)
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	_ = s.http.Shutdown(ctx) // it waits for the viewers, who leave with the last event
	s.Close()
}

// Close ends it at once.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close()
	s.serving.Wait()
}

// boundedListener has no more than so many connections open, and closes what comes beyond. The system keeps little for each.
type boundedListener struct {
	net.Listener
	slots chan struct{} // one is held for each connection
}

func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetWriteBuffer(writeBuffer) // else it is what the system chooses
			}
			return &boundedConn{Conn: c, free: sync.OnceFunc(func() { <-l.slots })}, nil
		default:
			_ = c.Close()
		}
	}
}

type boundedConn struct {
	net.Conn
	free func()
}

func (c *boundedConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// Loopback reports whether only this machine can reach an address to listen on.
func Loopback(a *net.TCPAddr) bool { return a.IP.IsLoopback() }

// URL is the address of the page of a listener.
func URL(l net.Listener) string { return fmt.Sprintf("http://%s/", l.Addr()) }
