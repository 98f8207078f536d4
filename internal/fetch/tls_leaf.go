package fetch

import (
	"errors"
	"syscall"

	"crawl/internal/engine"
)

const (
	// scratchSize is what one read takes of the system. What comes of that and of a record that was there in part fits
	// into a buffer that is as good as empty.
	scratchSize = sharedBuffer / 2
	// writeSize is what is encrypted at a time, so that a large request is not there twice.
	writeSize = 64 << 10
	// maxPending bounds what a server can have us answer, to its changes of keys, without reading it.
	maxPending = 64 << 10
)

// tlsLeaf is what crypto/tls is called in: on the engine's stack, without waiting. There is one for all connections of
// a client with servers, since nothing else runs meanwhile, and one for those with proxies. Methods are made functions once.
type tlsLeaf struct {
	engine                   engine.Engine
	read, write, probe, shut func()

	scratch []byte // what is received
	spare   []byte // what is sent; nil while a task sends it

	conn *steppedConn // in
	p    []byte       // in
	n    int          // out
	err  error        // out
}

func newTLSLeaf(e engine.Engine) *tlsLeaf {
	l := &tlsLeaf{engine: e}
	l.read, l.write, l.probe, l.shut = l.doRead, l.doWrite, l.doProbe, l.doShut
	return l
}

// doRead decrypts what is there, as much as there is room for. An error that comes behind data comes again.
func (l *tlsLeaf) doRead() {
	c := l.conn
	l.n, l.err = 0, nil
	c.more = true
	if len(c.out) > maxPending {
		l.err = errAnswers
	}
	for l.n < len(l.p) && l.err == nil {
		n, err := c.session.Read(l.p[l.n:])
		l.n += n
		if err == nil && l.n < len(l.p) && len(c.in) == 0 { // crypto/tls has nothing either
			c.more = false
			break
		}
		l.err = err
	}
	c.keep()
	l.settle()
}

// settle is the end of a read: it sends what crypto/tls has to say, and makes of an error what it is.
func (l *tlsLeaf) settle() {
	c := l.conn
	if len(c.out) > 0 {
		c.flush() // an alert, or a change of keys
	}
	switch {
	case l.err == syscall.EAGAIN:
		c.more = false
	case l.err != nil:
		c.broken = true
		l.err = tlsError(l.err, c.proxy)
	}
	if l.n > 0 {
		l.err = nil
	}
}

var errAnswers = errors.New("tls: server wants answers and does not read them")

// doWrite encrypts a part of a request.
func (l *tlsLeaf) doWrite() {
	c := l.conn
	if c.out == nil {
		c.out, l.spare = l.spare, nil
	}
	l.n, l.err = c.session.Write(l.p)
	if l.err != nil {
		c.broken = true
		l.err = tlsError(l.err, c.proxy)
	}
}

// doProbe looks what has come on a connection from which nothing is due, and which is broken if that matters.
func (l *tlsLeaf) doProbe() {
	c := l.conn
	var b [1]byte
	l.n, l.err = c.session.Read(b[:])
	c.broken = c.broken || l.n > 0
	c.keep()
	l.settle()
}

// doShut says that this is the end.
func (l *tlsLeaf) doShut() {
	c := l.conn
	_ = c.session.CloseWrite()
	_, _ = c.steppable.TryWrite(c.out) // as much as goes out is all that can be done
}
