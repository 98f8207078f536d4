//go:build unix

package fetch

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
)

// What crypto/tls does not send as a server, this file does: after a handshake of crypto/tls, the records of a server
// are made here, from the secrets that its key log tells (RFC 8446 sections 5.2 and 7).

// direction is one of a connection in TLS 1.3, with TLS_AES_128_GCM_SHA256.
type direction struct {
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	number uint64
}

func newDirection(secret []byte) *direction {
	d := &direction{secret: secret, iv: expand(secret, "iv", 12)}
	block, err := aes.NewCipher(expand(secret, "key", 16))
	if err != nil {
		panic(err)
	}
	if d.aead, err = cipher.NewGCM(block); err != nil {
		panic(err)
	}
	return d
}

// update is what a KeyUpdate does (section 7.2).
func (d *direction) update() { *d = *newDirection(expand(d.secret, "traffic upd", 32)) }

func expand(secret []byte, label string, size int) []byte {
	label = "tls13 " + label
	info := string(rune(0)) + string(rune(size)) + string(rune(len(label))) + label + "\x00"
	out, err := hkdf.Expand(sha256.New, secret, info, size)
	if err != nil {
		panic(err)
	}
	return out
}

func (d *direction) nonce() []byte {
	nonce := bytes.Clone(d.iv)
	for i := range 8 {
		nonce[4+i] ^= byte(d.number >> (56 - 8*i))
	}
	d.number++
	return nonce
}

// seal makes a record of a type.
func (d *direction) seal(kind byte, content string) []byte {
	inner := append([]byte(content), kind)
	header := binary.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(len(inner)+16))
	return d.aead.Seal(header, d.nonce(), inner, header[:recordHeader])
}

// open reads a record.
func (d *direction) open(r io.Reader) (kind byte, content string, err error) {
	header := make([]byte, recordHeader)
	if _, err := io.ReadFull(r, header); err != nil {
		return 0, "", err
	}
	record := make([]byte, binary.BigEndian.Uint16(header[3:]))
	if _, err := io.ReadFull(r, record); err != nil {
		return 0, "", err
	}
	inner, err := d.aead.Open(nil, d.nonce(), record, header)
	if err != nil || len(inner) == 0 {
		return 0, "", fmt.Errorf("a record that cannot be read: %w", err)
	}
	return inner[len(inner)-1], string(inner[:len(inner)-1]), nil
}

// dribbling never reads ahead.
type dribbling struct{ net.Conn }

func (c dribbling) Read(p []byte) (int, error) { return c.Conn.Read(p[:1]) }

// raw is a server's end, below crypto/tls, once that has made the handshake.
type raw struct {
	*peer
	t        testing.TB
	ours     *direction // from the server
	theirs   *direction
	requests int
	updates  int // of the client's keys
}

const (
	handshakeRecord = 22
	dataRecord      = 23
	updateRequested = "\x18\x00\x00\x01\x01"
	updated         = "\x18\x00\x00\x01\x00"
	// A NewSessionTicket: lifetime, age_add, nonce, ticket, extensions (section 4.6.1).
	ticket = "\x04\x00\x00\x15" + "\x00\x00\x0e\x10" + "\x01\x02\x03\x04" + "\x01\x00" + "\x00\x07a ticke" + "\x00\x00"
)

// serveRaw starts a server that speaks TLS 1.3 by script.
func serveRaw(t testing.TB, script func(r *raw)) (s *server, client TLSOptions) {
	t.Helper()
	a := newAuthority(t)
	certs := []tls.Certificate{a.issue(t, nil)}
	s = serve(t, func(p *peer) {
		if r := speakRaw(t, p, certs); r != nil {
			script(r)
		}
	})
	s.base = securedBase(s)
	return s, TLSOptions{Roots: a.pool}
}

// speakRaw does the handshake of a server; nil if there is none.
func speakRaw(t testing.TB, p *peer, certs []tls.Certificate) *raw {
	var keys bytes.Buffer
	c := tls.Server(dribbling{p.Conn}, &tls.Config{Certificates: certs, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true, KeyLogWriter: &keys})
	if err := c.Handshake(); err != nil {
		t.Error(err)
		return nil
	}
	if suite := c.ConnectionState().CipherSuite; suite != tls.TLS_AES_128_GCM_SHA256 {
		t.Errorf("cipher suite %s, which this test cannot speak", tls.CipherSuiteName(suite))
		return nil
	}
	return &raw{peer: p, t: t, ours: newDirection(secretOf(keys.String(), "SERVER")), theirs: newDirection(secretOf(keys.String(), "CLIENT"))}
}

// secretOf finds a traffic secret in a key log.
func secretOf(log, whose string) []byte {
	for line := range strings.Lines(log) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == whose+"_TRAFFIC_SECRET_0" {
			secret, _ := hex.DecodeString(words[2])
			return secret
		}
	}
	return nil
}

// record sends one.
func (r *raw) record(kind byte, content string) { _, _ = r.Write(r.ours.seal(kind, content)) }

// newKeys sends a KeyUpdate.
func (r *raw) newKeys(message string) {
	r.record(handshakeRecord, message)
	r.ours.update()
}

// next reads the next request, and the KeyUpdates before it. It is false at the end of the connection.
func (r *raw) next() bool {
	for {
		kind, content, err := r.theirs.open(r.Conn)
		switch {
		case err != nil:
			return false
		case kind == handshakeRecord && content == updated:
			r.theirs.update()
			r.updates++
		case kind == dataRecord && strings.HasSuffix(content, "\r\n\r\n"):
			r.requests++
			return true
		default:
			return false // an alert
		}
	}
}

// TestTLSBetween: a server may change its keys and ask for new ones of ours at any time (RFC 8446 section 4.6.3), and
// send tickets (section 4.6.1): within a response, and while nothing is due. On the loop that does not cost the
// connection; on goroutines what comes while nothing is due does.
func TestTLSBetween(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		nothingDue := make(chan struct{}, 3)
		onLoop := strings.HasPrefix(k.name, "loop")
		s, options := serveRaw(t, func(r *raw) {
			for r.next() {
				if r.requests == 2 && onLoop && r.updates != 3 {
					t.Errorf("the client has answered %d requests for new keys, want 3", r.updates)
				}
				r.newKeys(updateRequested)
				r.record(dataRecord, hello[:30])
				r.record(dataRecord, "") // which means nothing
				r.newKeys(updated)
				r.newKeys(updateRequested)
				r.record(dataRecord, hello[30:])
				<-nothingDue
				r.newKeys(updateRequested)
				r.record(handshakeRecord, ticket)
			}
		})
		with(t, k.engine(t), Options{TLS: options}, func(c client) error {
			for i := range 3 {
				v := c.get(s.base)
				v.want(t, 200, "hello")
				if v.Reused != (i > 0 && onLoop) {
					t.Errorf("fetch %d: reused %v", i, v.Reused)
				}
				nothingDue <- struct{}{}
				if err := c.awaitArrival(); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// awaitArrival waits until something has come on the idle connection.
func (c client) awaitArrival() error {
	for end := time.Now().Add(bound); ; {
		c.pool.mu.Lock()
		arrived := c.pool.newest == nil
		if !arrived {
			switch over := c.pool.newest.Conn.(type) {
			case *steppedConn:
				arrived = over.more || over.steppable.Stale()
			case *wholeConn:
				arrived = over.Stale()
			}
		}
		c.pool.mu.Unlock()
		if arrived {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("nothing came within %v", bound)
		}
		if err := c.engine.Sleep(c.ctx, 50*time.Microsecond); err != nil {
			return err
		}
	}
}

// clogged is an engine whose connections never take at once what is to be sent.
type clogged struct{ engine.Engine }

func (e clogged) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := e.Engine.DialContext(ctx, network, address)
	if s, ok := c.(steppable); ok {
		return cloggedConn{s}, err
	}
	return c, err
}

type cloggedConn struct{ steppable }

func (cloggedConn) TryWrite([]byte) (int, error) { return 0, nil }

// TestTLSUnread: a server that makes us answer and does not read the answers cannot make us keep them all.
func TestTLSUnread(t *testing.T) {
	s, options := serveRaw(t, func(r *raw) {
		r.next()
		r.record(dataRecord, "HTTP/1.1 200 OK\r\n\r\n")
		for range 5000 {
			one := r.ours.seal(handshakeRecord, updateRequested)
			r.ours.update()
			if _, err := r.Write(append(one, r.ours.seal(dataRecord, "x")...)); err != nil {
				return
			}
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		if k.name == "goroutine" {
			return // there the write waits, and the deadline ends it
		}
		with(t, clogged{k.engine(t)}, Options{TLS: options}, func(c client) error {
			c.get(s.base).wantClass(t, TLSFailed)
			return nil
		})
	})
}
