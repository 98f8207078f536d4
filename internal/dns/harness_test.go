//go:build unix

package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
)

// Everything here runs on every engine, against servers that follow a script: on real sockets of loopback, or, where
// time matters, in memory and on a clock that does not wait (clock_test.go). A task must not call t.FailNow.

// bound is how long a test waits for what must come. It takes that long only when something is broken.
const bound = 20 * time.Second

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
	return append(all,
		kind{"goroutine", func() (engine.Engine, error) { return engine.NewGoroutine(), nil }},
		kind{"threads", engine.NewThreads})
}

// onEach runs a test on every engine.
func onEach(t *testing.T, test func(t *testing.T, e engine.Engine)) {
	t.Helper()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			e, err := k.make()
			if err != nil {
				t.Fatal(err)
			}
			test(t, e)
		})
	}
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

// asked is a query that a server has received.
type asked struct {
	network string
	n       int // queries before it at this server
	id      uint16
	q       dnsmessage.Question
	edns    int // what it says it takes; 0: no EDNS0
	flags   dnsmessage.Header
	// transmit sends bytes back when a time has passed; from says that it is from another port.
	transmit func(raw []byte, after time.Duration, from string)
}

const elsewhere = "elsewhere"

// read takes a query apart, strictly.
func read(network string, raw []byte) (*asked, error) {
	var m dnsmessage.Message
	if err := m.Unpack(raw); err != nil {
		return nil, err
	}
	if len(m.Questions) != 1 || m.Response || !m.RecursionDesired || len(m.Answers)+len(m.Authorities) > 0 || len(m.Additionals) > 1 {
		return nil, fmt.Errorf("not a query: %+v", m)
	}
	a := &asked{network: network, id: m.ID, q: m.Questions[0], flags: m.Header}
	if len(m.Additionals) == 1 {
		h := m.Additionals[0].Header
		if h.Type != dnsmessage.TypeOPT || h.TTL != 0 || h.Name.String() != "." {
			return nil, fmt.Errorf("not EDNS0: %+v", h)
		}
		a.edns = int(h.Class)
	}
	return a, nil
}

func (a *asked) name() string { return a.q.Name.String() }

// is4: it is for IPv4 addresses.
func (a *asked) is4() bool { return a.q.Type == dnsmessage.TypeA }

// reply makes an ordinary answer with those of the records that are of the type asked for, or aliases; an SOA goes
// into the authority section.
func (a *asked) reply(records ...string) *dnsmessage.Message {
	m := &dnsmessage.Message{
		Header:    dnsmessage.Header{ID: a.id, Response: true, RecursionDesired: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{a.q},
	}
	for _, text := range records {
		switch r := record(text); r.Header.Type {
		case dnsmessage.TypeSOA:
			m.Authorities = append(m.Authorities, r)
		case dnsmessage.TypeCNAME, a.q.Type:
			m.Answers = append(m.Answers, r)
		}
	}
	return m
}

// code makes an answer of a response code.
func (a *asked) code(code dnsmessage.RCode, records ...string) *dnsmessage.Message {
	m := a.reply(records...)
	m.RCode = code
	return m
}

// send sends an answer.
func (a *asked) send(m *dnsmessage.Message) { a.transmit(pack(m), 0, "") }

func pack(m *dnsmessage.Message) []byte {
	raw, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return raw
}

// record makes one of "name ttl value": an address, =alias, or soa:minimum.
func record(text string) dnsmessage.Resource {
	var name, value string
	var ttl uint32
	if _, err := fmt.Sscan(text, &name, &ttl, &value); err != nil {
		panic(fmt.Sprintf("%q: %v", text, err))
	}
	r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: ttl}}
	addr, err := netip.ParseAddr(value)
	switch alias, isAlias := strings.CutPrefix(value, "="); {
	case isAlias:
		r.Header.Type, r.Body = dnsmessage.TypeCNAME, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(alias)}
	case strings.HasPrefix(value, "soa:"):
		soa := &dnsmessage.SOAResource{NS: dnsmessage.MustNewName("ns.test."), MBox: dnsmessage.MustNewName("root.test.")}
		if _, err := fmt.Sscan(value[len("soa:"):], &soa.MinTTL); err != nil {
			panic(err)
		}
		r.Header.Type, r.Body = dnsmessage.TypeSOA, soa
	case err != nil:
		panic(err)
	case addr.Is4():
		r.Header.Type, r.Body = dnsmessage.TypeA, &dnsmessage.AResource{A: addr.As4()}
	default:
		r.Header.Type, r.Body = dnsmessage.TypeAAAA, &dnsmessage.AAAAResource{AAAA: addr.As16()}
	}
	return r
}

// server is one on loopback, over UDP and TCP, that runs a script for each query.
type server struct {
	address  netip.AddrPort
	udp, tcp atomic.Int64 // queries
	conns    atomic.Int64 // over TCP

	mu sync.Mutex // one query at a time, as scripts expect; guards what they write
}

// fence has what scripts have written be seen: that an answer came over a socket tells the race detector nothing.
func (s *server) fence() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

func serve(t testing.TB, script func(a *asked)) *server {
	t.Helper()
	s := &server{}
	var udp, other net.PacketConn
	var tcp net.Listener
	for range 20 { // a port that is free for both
		var err error
		if udp, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if tcp, err = net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			break
		}
		udp.Close()
	}
	other, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil || tcp == nil {
		t.Fatal("no ports", err)
	}
	s.address = netip.MustParseAddrPort(udp.LocalAddr().String())
	var mu sync.Mutex // guards open
	open := map[net.Conn]bool{}
	handle := func(raw []byte, network string, n int, transmit func(raw []byte, from string)) {
		a, err := read(network, raw)
		if err != nil {
			t.Errorf("query %x: %v", raw, err)
			return
		}
		a.n = n
		a.transmit = func(raw []byte, after time.Duration, from string) {
			if after > 0 {
				panic("a delay is for the servers in memory")
			}
			transmit(raw, from)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		script(a)
	}
	var running sync.WaitGroup
	running.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			handle(buf[:n], "udp", int(s.udp.Add(1))-1, func(raw []byte, by string) {
				socket := udp
				if by == elsewhere {
					socket = other
				}
				_, _ = socket.WriteTo(raw, from)
			})
		}
	})
	running.Go(func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			mu.Lock()
			open[c] = true
			mu.Unlock()
			running.Go(func() {
				defer c.Close()
				for {
					length := make([]byte, 2)
					if _, err := io.ReadFull(c, length); err != nil {
						return
					}
					raw := make([]byte, binary.BigEndian.Uint16(length))
					if _, err := io.ReadFull(c, raw); err != nil {
						return
					}
					handle(raw, "tcp", int(s.tcp.Add(1))-1, func(raw []byte, by string) {
						if by == elsewhere { // the connection ends in the middle of the answer
							_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw[:len(raw)/2]...))
							c.Close()
							return
						}
						for _, b := range append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...) {
							_, _ = c.Write([]byte{b}) // byte by byte
						}
					})
				}
			})
		}
	})
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		other.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return s
}

// nobody is an address at which there is no server.
func nobody(t testing.TB) netip.AddrPort {
	t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	return netip.MustParseAddrPort(udp.LocalAddr().String())
}

// config is one with these servers. Nothing is to wait for a server in vain here, so the time for a query is long.
func config(servers ...*server) Config {
	c := DefaultConfig()
	c.Servers, c.Timeout = nil, bound
	for _, s := range servers {
		c.Servers = append(c.Servers, s.address)
	}
	return c
}

// lookup asks and waits.
func (r *Resolver) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	a := r.Ask(host)
	if err := r.Wait(ctx, a); err != nil {
		return nil, err
	}
	return a.Addrs, a.Err
}

// said is a lookup's result in words: the addresses, or the kind of the error.
func said(addrs []netip.Addr, err error) string {
	var e *Error
	switch {
	case errors.As(err, &e) && len(addrs) == 0:
		return e.Kind.String()
	case err != nil:
		return fmt.Sprintf("%v and error %v", addrs, err)
	}
	var all []string
	for _, a := range addrs {
		all = append(all, a.String())
	}
	return strings.Join(all, " ")
}

// want checks a lookup.
func (r *Resolver) want(t testing.TB, ctx context.Context, host, want string) {
	t.Helper()
	addrs, err := r.lookup(ctx, host)
	if got := said(addrs, err); got != want {
		t.Errorf("%s: got %q (%v), want %q", host, got, err, want)
	}
}

// TestMain checks what no single test can: that all of them together left no goroutine and no descriptor.
func TestMain(m *testing.M) {
	if os.Getenv(inChild) != "" {
		childServer()
	}
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil { // the runtime's poller, which stays
		ln.Close()
	}
	goroutines := runtime.NumGoroutine()
	code := m.Run()
	if fuzzing := flag.Lookup("test.fuzz").Value.String() != ""; code == 0 && !fuzzing {
		for deadline := time.Now().Add(bound); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				fmt.Printf("FAIL: %d goroutines are left, of %d:\n%s", runtime.NumGoroutine(), goroutines, stacks[:runtime.Stack(stacks, true)])
				os.Exit(1)
			}
		}
	}
	os.Exit(code)
}
