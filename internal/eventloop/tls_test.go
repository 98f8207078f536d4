//go:build unix

package eventloop_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// crypto/tls over a Conn is the test that Conn keeps the contract of net.Conn: it is code that knows nothing
// of this package, reads and writes from two tasks at once, and uses deadlines for its own ends.

// certificate is a server's for 127.0.0.1, and the pool of a client that trusts it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// handshake is a client's, as it has to be made in a task: with a context that nothing can cancel, for else
// crypto/tls closes the connection from another goroutine.
func handshake(c net.Conn, pool *x509.CertPool) (*tls.Conn, error) {
	s := tls.Client(c, &tls.Config{ServerName: "127.0.0.1", RootCAs: pool})
	return s, s.HandshakeContext(context.Background())
}

func TestTLS(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		cert, pool := certificate(t)
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			defer s.Close()
			_, _ = io.Copy(struct{ io.Writer }{s}, s)
		})
		client := func(i int) error {
			c, err := l.Dial(context.Background(), "tcp", address)
			if err != nil {
				return err
			}
			s, err := handshake(c, pool)
			if err != nil {
				return errors.Join(err, c.Close())
			}
			sent := bytes.Repeat(fmt.Appendf(nil, "%06d", i), 100_000) // more than the buffers on the way hold
			writer := start(l, "writer", func() error {
				if _, err := s.Write(sent); err != nil {
					return err
				}
				return s.CloseWrite()
			})
			got, err := io.ReadAll(s) // meanwhile, and until close_notify
			if !bytes.Equal(got, sent) {
				t.Errorf("client %d: %d bytes came back of %d, or others", i, len(got), len(sent))
			}
			_, writeErr := writer.Await()
			return errors.Join(err, writeErr, s.Close())
		}
		mustRun(t, l, func() error {
			return group(l, func(g *eventloop.TaskGroup) error {
				for i := range 4 {
					g.Go("client", func(context.Context) error { return client(i) })
				}
				return nil
			})
		})
		if n := l.Metrics().Descriptors; n != 1 {
			t.Errorf("%d descriptors are still registered", n)
		}
	})
}

// A certificate that is not trusted fails the handshake in the client's task, and nothing hangs.
func TestTLSHandshakeFails(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	cert, _ := certificate(t)
	address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake()
	})
	withConn(t, l, address, func(c *eventloop.Conn) error {
		_, err := handshake(c, x509.NewCertPool())
		var unknown x509.UnknownAuthorityError
		if !errors.As(err, &unknown) {
			t.Errorf("handshake: %v", err)
		}
		return nil
	})
}

// A handshake with a server that says nothing ends by the deadline, or by cancellation.
func TestTLSHandshakeStalls(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, _ := looptest.New(t, poller, eventloop.Options{})
		address := serve(t, "tcp4", "127.0.0.1:0", silence)
		withConn(t, l, address, func(c *eventloop.Conn) error {
			noError(t, c.SetDeadline(l.Now().Add(10*time.Second)))
			_, err := handshake(c, nil)
			wantErr(t, "handshake", err, os.ErrDeadlineExceeded)
			if l.Time() != 10*time.Second {
				t.Errorf("timed out at %v", l.Time())
			}
			return nil
		})
		withConn(t, l, address, func(c *eventloop.Conn) error {
			err := l.Timeout(time.Second, func() error { _, err := handshake(c, nil); return err })
			wantErr(t, "handshake", err, eventloop.ErrTimeout)
			return nil
		})
	})
}
