package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
)

const (
	// replySize is more than we ask for (udpSize), for servers that take no notice; what it cuts is asked for over TCP,
	// where a message has up to 64 KiB.
	replySize = 4 << 10
	// minResend is the least time after which a query over UDP is sent again (RFC 8085 section 3.1.1).
	minResend = time.Second
)

// worker is a task that does one query after the other, as long as there are any.
type worker struct {
	*Resolver
	ctx   context.Context
	query *query
	out   []byte // query, behind room for its length
	in    []byte
}

func (r *Resolver) work(ctx context.Context) error {
	w := &worker{Resolver: r, ctx: ctx, out: make([]byte, 0, 512), in: make([]byte, replySize)}
	for {
		if w.query = r.take(); w.query == nil {
			return nil
		}
		r.settle(w.query, w.resolve())
	}
}

// resolve asks for the addresses of a name, and of the name that it is an alias of if the answer does not have those.
func (w *worker) resolve() outcome {
	q := w.query.question
	var whole reply // hops and times to live of all of them
	for {
		r, err := w.ask(&q)
		if err != nil {
			return outcome{err: err, keep: keepFailure}
		}
		whole.hops += r.hops
		if r.hasTTL {
			whole.limit(r.ttl)
		}
		keep := keepFailure
		if whole.hasTTL {
			keep = w.keep(whole.ttl)
		}
		switch {
		case whole.hops > maxHops:
			return outcome{err: w.errorOf(&q, Malformed, netip.AddrPort{}, errChain), keep: keepFailure}
		case r.code == dnsmessage.RCodeNameError:
			return outcome{err: w.errorOf(&q, NotFound, r.server, nil), keep: negative(keep, &r)}
		case len(r.addrs) > 0:
			return outcome{addrs: r.addrs, keep: keep}
		case r.hops == 0 || r.noSuch:
			return outcome{err: w.errorOf(&q, NoAddress, r.server, nil), keep: negative(keep, &r)}
		}
		q.name = r.target
	}
}

// negative is how long a negative answer is kept: one without SOA is not, more than a failure (RFC 2308 section 5).
func negative(keep time.Duration, r *reply) time.Duration {
	if !r.noSuch {
		return keepFailure
	}
	return keep
}

// ask asks one server after the other, and then all of them again, until one gives an answer. One that has said that it
// has none is not asked again.
func (w *worker) ask(q *question) (reply, *Error) {
	c := &w.options.Config
	begin := w.beginWith()
	spoken := make([]bool, len(c.Servers))
	var last *Error
	for range c.Attempts {
		for i := range c.Servers {
			n := (begin + i) % len(c.Servers)
			if spoken[n] {
				continue
			}
			r, err := w.askServer(q, c.Servers[n])
			if err == nil {
				r.server = c.Servers[n]
				return r, nil
			}
			spoken[n] = err.Kind.heard()
			if last == nil || err.Kind.heard() || !last.Kind.heard() {
				last = err
			}
			if err.Kind == Cancelled || !w.engine.Now().Before(w.query.lookup.deadline) {
				return reply{}, last
			}
		}
	}
	return reply{}, last
}

// askServer asks one server: over TCP if it says that UDP was too small, and without EDNS0 if it does not like that.
func (w *worker) askServer(q *question, server netip.AddrPort) (r reply, failure *Error) {
	var err error
	for edns := true; ; edns = false {
		network := "udp"
		if w.options.Config.UseTCP {
			network = "tcp"
		}
		r, err = w.exchange(network, q, server, edns)
		if err == nil && r.truncated && network == "udp" {
			r, err = w.exchange("tcp", q, server, edns)
		}
		if err != nil || !edns || !dislikesEDNS(r.code) {
			break
		}
	}
	switch {
	case err != nil:
		return r, w.errorOf(q, w.kindOf(err), server, err)
	case r.truncated:
		return r, w.errorOf(q, Malformed, server, errTruncated)
	case r.referral:
		return r, w.errorOf(q, Malformed, server, errReferral)
	case r.code == dnsmessage.RCodeSuccess, r.code == dnsmessage.RCodeNameError:
		return r, nil
	case r.code == dnsmessage.RCodeServerFailure:
		return r, w.errorOf(q, ServerFailure, server, nil)
	case r.code == dnsmessage.RCodeRefused:
		return r, w.errorOf(q, Refused, server, nil)
	}
	return r, w.errorOf(q, Malformed, server, fmt.Errorf("response code %d", r.code))
}

func (w *worker) errorOf(q *question, kind Kind, server netip.AddrPort, err error) *Error {
	return &Error{Kind: kind, Families: w.options.Families, Name: trimDot(q.name.String()), Server: server, Err: err}
}

func trimDot(name string) string {
	if len(name) > 1 && name[len(name)-1] == '.' {
		return name[:len(name)-1]
	}
	return name
}

// kindOf is the kind of an error that an exchange has ended with.
func (w *worker) kindOf(err error) Kind {
	var bad *badReply
	var netErr net.Error
	switch {
	case w.ctx.Err() != nil || w.isEnded():
		return Cancelled
	case errors.As(err, &bad):
		return Malformed
	case isShortage(err):
		return Local
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return Timeout
	}
	return Unreachable
}

func (w *worker) isEnded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.query.ended
}

// badReply is the error of an answer that cannot be read.
type badReply struct{ error }

func (e *badReply) Unwrap() error { return e.error }

// exchange sends a query on a connection of its own and waits for the answer to it.
func (w *worker) exchange(network string, q *question, server netip.AddrPort, edns bool) (reply, error) {
	deadline := w.engine.Now().Add(w.options.Timeout)
	if last := w.query.lookup.deadline; last.Before(deadline) {
		deadline = last
	}
	id := uint16(rand.Uint32()) // of ChaCha8, with a seed of the system's
	message, err := appendQuery(w.out[:2], id, q, edns)
	if err != nil {
		return reply{}, err
	}
	binary.BigEndian.PutUint16(message, uint16(len(message)-2))
	conn, err := w.dial(network, server, deadline)
	if err != nil {
		return reply{}, err
	}
	defer w.hangUp(conn)
	if network == "udp" {
		return w.overUDP(conn, message[2:], id, q, deadline)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return reply{}, err
	}
	return w.overTCP(conn, message, id, q)
}

// overUDP sends a query and waits for an answer to it. A datagram is lost where a server's buffer is full (Linux gives it
// 208 KiB, which 256 queries fill) or on the way; so the same one is sent again, from the same port, when a fifth of
// the time has passed without an answer, and again when three fifths have. Whichever answer comes first is good.
func (w *worker) overUDP(conn net.Conn, message []byte, id uint16, q *question, deadline time.Time) (reply, error) {
	for pause := max(minResend, w.options.Timeout/5); ; pause *= 2 {
		until := w.engine.Now().Add(pause)
		last := !until.Before(deadline)
		if last {
			until = deadline
		}
		if err := conn.SetDeadline(until); err != nil {
			return reply{}, err
		}
		if _, err := conn.Write(message); err != nil {
			return reply{}, err
		}
		if r, err := w.listen(conn, id, q); last || !errors.Is(err, os.ErrDeadlineExceeded) {
			return r, err
		}
	}
}

// listen waits for the answer among whatever else comes. One that fills the buffer may have been longer: it counts as
// truncated unless what there is of it will do.
func (w *worker) listen(conn net.Conn, id uint16, q *question) (reply, error) {
	for {
		n, err := conn.Read(w.in)
		if err != nil {
			return reply{}, err
		}
		switch r, err := readReply(w.in[:n], id, q); {
		case err == nil:
			return r, nil
		case errors.Is(err, errOther):
		case n == len(w.in):
			return reply{truncated: true}, nil
		default:
			return reply{}, &badReply{err}
		}
	}
}

// overTCP sends and reads a message behind its length (RFC 7766 section 8).
func (w *worker) overTCP(conn net.Conn, message []byte, id uint16, q *question) (reply, error) {
	if _, err := conn.Write(message); err != nil {
		return reply{}, err
	}
	if _, err := io.ReadFull(conn, w.in[:2]); err != nil {
		return reply{}, err
	}
	n := int(binary.BigEndian.Uint16(w.in))
	in := w.in
	if n > len(in) {
		in = make([]byte, n)
	}
	if n < 12 {
		return reply{}, &badReply{errShort}
	}
	if _, err := io.ReadFull(conn, in[:n]); err != nil {
		return reply{}, err
	}
	r, err := readReply(in[:n], id, q)
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, errOther):
		return r, &badReply{errStranger}
	}
	return r, &badReply{err}
}

// dial connects. When this machine has no descriptor or memory for a socket, it tries again until the time is over: it
// is not the server's fault.
func (w *worker) dial(network string, server netip.AddrPort, deadline time.Time) (net.Conn, error) {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		if err := w.ctx.Err(); err != nil { // a wait tells of a cancellation only once
			return nil, err
		}
		now := w.engine.Now()
		if !now.Before(deadline) {
			return nil, os.ErrDeadlineExceeded
		}
		conn, err := w.engine.DialContext(engine.WithDeadline(w.ctx, deadline), network, server.String())
		if err == nil {
			return conn, w.hold(conn)
		}
		if !isShortage(err) || now.Add(pause).After(deadline) {
			return nil, err
		}
		if err := w.engine.Sleep(w.ctx, pause); err != nil {
			return nil, err
		}
	}
}

func isShortage(err error) bool {
	for _, is := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// hold has EndLate know what to close.
func (w *worker) hold(conn net.Conn) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.query.ended {
		_ = conn.Close() // nothing was sent
		return net.ErrClosed
	}
	w.query.conn = conn
	return nil
}

// hangUp closes the connection of an exchange that has ended.
func (w *worker) hangUp(conn net.Conn) {
	w.mu.Lock()
	w.query.conn = nil
	w.mu.Unlock()
	_ = conn.Close() // what was to be read has been
}
