package fetch

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"crawl/internal/engine"
)

// crypto/tls goes deep, and its Read waits where it stands. On the loop it does neither on the stack of a task: after
// the handshake every call of it is a Leaf, over a connection that has the bytes that are there and says EAGAIN when
// there are no more. crypto/tls takes that error, a temporary one, for none of the connection's (halfConn.err is not
// set), and goes on with the record where it was. What it writes goes into a buffer, which the task sends.
//
// So that nothing which could be read is left unseen, crypto/tls is never given a byte beyond the record that it reads:
// it holds the rest of one record at most, and of that only where a Read has filled its buffer.
//
// A TLS connection with a server may lie in one with a proxy, which is then to it what a socket is to others. Each has
// a tlsLeaf of its own, for what one does within a Leaf the other does within that.

// steppable is a connection of an engine that can be used so.
type steppable interface {
	net.Conn
	engine.ReadWaiter
	engine.Staler
	engine.TryReader
	engine.TryWriter
}

// heeded is a connection in a handshake.
type heeded struct {
	steppable
	woken func()
}

// AwaitReadable implements engine.ReadWaiter.
func (h heeded) AwaitReadable() error {
	err := h.steppable.AwaitReadable()
	h.woken()
	return err
}

// TryRead implements engine.TryReader. It may find what had come before anybody waited for it.
func (h heeded) TryRead(p []byte) (int, error) {
	h.woken()
	return h.steppable.TryRead(p)
}

// steppedConn is a TLS connection whose reads do not wait: with nothing there, Read returns syscall.EAGAIN, so that its
// caller can put its buffer away before it waits with AwaitReadable.
type steppedConn struct {
	steppable // deadlines and addresses are its own
	leaf      *tlsLeaf
	session   *tls.Conn
	proxy     *Proxy // that it is with; nil: a server

	in       []byte // received, and not given to crypto/tls yet
	out      []byte // written by crypto/tls, and not sent yet
	record   uint16 // bytes of the record that crypto/tls reads which it has not been given
	length   uint16 // the last two bytes of a header that it was given
	header   uint8  // how many bytes it has been given of a header that is not whole
	borrowed bool   // in is part of leaf.scratch
	waits    bool   // for the handshake
	more     bool   // there may be something to read that no event tells of
	carries  bool   // another TLS connection, which knows what to make of what comes
	broken   bool   // of no more use
}

// ciphertext is a steppedConn as crypto/tls sees it, from above.
type ciphertext steppedConn

// recordHeader is the size of one: type, version, length (RFC 8446 section 5.1).
const recordHeader = 5

// errNoCloseNotify is an end that the server has not announced, as TLS asks it to (RFC 8446 section 6.1): somebody may
// have cut the connection off. crypto/tls would make an io.EOF of one that falls between two records.
var errNoCloseNotify = fmt.Errorf("connection closed without a close_notify: %w", io.ErrUnexpectedEOF)

// announced is the error of a read: an end that comes below TLS has not been announced.
func announced(err error) error {
	if err == io.EOF {
		return errNoCloseNotify
	}
	return err
}

// Read gives what there is of one header, or of one record.
func (c *ciphertext) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	var n int
	if c.record > 0 {
		n = copy(p[:min(len(p), int(c.record))], c.in)
		c.record -= uint16(n)
	} else {
		n = copy(p[:min(len(p), recordHeader-int(c.header))], c.in)
		for _, b := range c.in[:n] {
			c.length = c.length<<8 | uint16(b) // the last two stay
			c.header++
		}
		if c.header == recordHeader {
			c.record, c.header = c.length, 0
		}
	}
	c.in = c.in[n:]
	return n, nil
}

// fill reads what is there. In the handshake it waits for that, and keeps what came apart: others use the scratch
// buffer before the next wait is over.
func (c *ciphertext) fill() error {
	l := c.leaf
	if l.scratch == nil {
		l.scratch = make([]byte, scratchSize)
	}
	n, err := c.steppable.TryRead(l.scratch)
	for err == syscall.EAGAIN && c.waits {
		if err = c.steppable.AwaitReadable(); err == nil {
			n, err = c.steppable.TryRead(l.scratch)
		}
	}
	if err != nil {
		return announced(err)
	}
	c.in, c.borrowed = l.scratch[:n], true
	if c.waits {
		(*steppedConn)(c).keep()
	}
	return nil
}

// Write sends in the handshake, and else leaves it to the task.
func (c *ciphertext) Write(p []byte) (int, error) {
	if c.waits {
		return c.steppable.Write(p)
	}
	c.out = append(c.out, p...)
	return len(p), nil
}

// SetWriteDeadline is what crypto/tls sets for a close_notify, which does not wait here.
func (c *ciphertext) SetWriteDeadline(time.Time) error { return nil }

// keep takes what is in the scratch buffer out of it, and lets go of what it once took out and is used up.
func (c *steppedConn) keep() {
	if len(c.in) == 0 {
		c.in, c.borrowed = nil, false
	}
	if c.borrowed {
		c.in, c.borrowed = append([]byte(nil), c.in...), false
	}
}

// AwaitReadable implements engine.ReadWaiter. What can be read then may turn out to be no data: see Read. Where it need
// not wait, others still have their turn when the budget of this step is used up: TryRead has counted.
func (c *steppedConn) AwaitReadable() error {
	if c.more {
		return c.breathe()
	}
	return c.steppable.AwaitReadable()
}

// breathe stands apart from AwaitReadable for the sake of its frame: see Client.Do.
//
//go:noinline
func (c *steppedConn) breathe() error {
	_, err := c.steppable.Read(nil)
	return err
}

// Read implements net.Conn, but does not wait: see steppedConn.
func (c *steppedConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return c.steppable.Read(p)
	}
	l := c.leaf
	l.conn, l.p = c, p
	l.engine.Leaf(l.read)
	return l.n, l.err
}

// Write implements net.Conn, and waits.
func (c *steppedConn) Write(p []byte) (written int, err error) {
	l := c.leaf
	for written < len(p) {
		l.conn, l.p = c, p[written:min(len(p), written+writeSize)]
		l.engine.Leaf(l.write)
		if l.err != nil {
			return written, l.err
		}
		n := l.n
		if _, err := c.steppable.Write(c.out); err != nil {
			c.broken = true // who knows what of a record has gone out
			return written, err
		}
		l.spare, c.out = c.out[:0], nil
		written += n
	}
	return written, nil
}

// TryRead implements engine.TryReader.
func (c *steppedConn) TryRead(p []byte) (int, error) { return c.Read(p) }

// TryWrite implements engine.TryWriter, within a Leaf, for what a connection above has to say besides. It takes all of
// p: what the system does not, goes out before what is written next.
func (c *steppedConn) TryWrite(p []byte) (int, error) {
	if c.broken {
		return 0, net.ErrClosed
	}
	n, err := c.session.Write(p)
	c.flush()
	return n, err
}

// flush sends what crypto/tls has written, as far as the system takes that at once. Its error comes again.
func (c *steppedConn) flush() {
	n, _ := c.steppable.TryWrite(c.out)
	if c.out = c.out[n:]; len(c.out) == 0 {
		c.out = nil
	}
}

// Stale implements engine.Staler. A server may send what is no data at any time, such as tickets for sessions to come:
// that is taken in, and does not make a connection stale. Below another TLS connection that is asked to look itself, for
// what is data here may be a ticket there.
func (c *steppedConn) Stale() bool {
	if c.broken {
		return true
	}
	if !c.more && !c.steppable.Stale() {
		return false
	}
	return c.carries || c.probe()
}

// probe looks at what has come. It stands apart from Stale for the sake of its frame: see Client.Do.
//
//go:noinline
func (c *steppedConn) probe() (stale bool) {
	l := c.leaf
	_ = c.SetReadDeadline(time.Time{}) // that of the last exchange may have passed; what is closed has none
	l.conn = c
	l.engine.Leaf(l.probe)
	return c.broken || c.steppable.Stale()
}

// Close implements net.Conn. It does not wait, and may be called from callbacks: the server is told of the end if the
// system takes that at once.
func (c *steppedConn) Close() error {
	if !c.broken {
		l := c.leaf
		l.conn = c
		l.engine.Leaf(l.shut)
	}
	return c.steppable.Close()
}

// uncut is a connection that waits, below crypto/tls.
type uncut struct {
	net.Conn
	closing bool
}

// Read implements net.Conn.
func (c *uncut) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, announced(err)
}

// Write implements net.Conn. At the end it does not wait.
func (c *uncut) Write(p []byte) (int, error) {
	if !c.closing {
		return c.Conn.Write(p)
	}
	if w, ok := c.Conn.(engine.TryWriter); ok {
		_, _ = w.TryWrite(p) // as much as goes out is all that can be done
	}
	return len(p), nil
}

// SetWriteDeadline is what crypto/tls sets for a close_notify.
func (c *uncut) SetWriteDeadline(time.Time) error { return nil }

// wholeConn is a TLS connection on an engine whose tasks have stacks of their own: crypto/tls as it is.
type wholeConn struct {
	net.Conn // the *tls.Conn
	below    *uncut
	proxy    *Proxy // that it is with; nil: a server
}

// Read implements net.Conn. crypto/tls gives the last data and the end of a connection together, and drops what it gets so
// itself, from a connection below; the end comes again.
func (c *wholeConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		return n, nil
	}
	return n, tlsError(err, c.proxy)
}

// Write implements net.Conn.
func (c *wholeConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, tlsError(err, c.proxy)
}

// TryWrite implements engine.TryWriter, for the close_notify of a TLS connection above: nothing is written after it.
func (c *wholeConn) TryWrite(p []byte) (int, error) {
	c.below.closing = true
	return c.Write(p)
}

// SetDeadline implements net.Conn.
func (c *wholeConn) SetDeadline(t time.Time) error { return c.below.Conn.SetDeadline(t) }

// SetReadDeadline implements net.Conn.
func (c *wholeConn) SetReadDeadline(t time.Time) error { return c.below.Conn.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn.
func (c *wholeConn) SetWriteDeadline(t time.Time) error { return c.below.Conn.SetWriteDeadline(t) }

// Stale implements engine.Staler: what the connection below says. A ticket that comes late costs such a connection.
func (c *wholeConn) Stale() bool {
	s, ok := c.below.Conn.(engine.Staler)
	return ok && s.Stale()
}

// Close implements net.Conn. It does not wait: see steppedConn.Close.
func (c *wholeConn) Close() error {
	c.below.closing = true
	return c.Conn.Close()
}
