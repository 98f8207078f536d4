package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/proxy"
)

// What a SOCKS proxy answers (RFC 1928 sections 3 and 6, RFC 1929).
const (
	socksVersion = 5

	socksOpen     = 0x00 // whoever we are
	socksPassword = 0x02
	socksNone     = 0xff // of the methods that were offered

	socksNotAllowed = 0x02
	socksNoNetwork  = 0x03
	socksNoHost     = 0x04
	socksRefused    = 0x05
	socksTooFar     = 0x06 // its TTL expired
)

var errSOCKSLibrary = errors.New("the SOCKS client cannot be given a connection")

// askSOCKS has a SOCKS proxy connect conn with target. The client of golang.org/x/net does it, over our connection:
// with context.Background it starts no goroutine, and the deadline is the connection's. It never reads beyond the
// proxy's answer.
func askSOCKS(p *Proxy, conn *conn, target string) error {
	var auth *proxy.Auth
	if p.user != "" {
		auth = &proxy.Auth{User: p.user, Password: p.password}
	}
	dialer, err := proxy.SOCKS5("tcp", p.address(), auth, nil)
	if err != nil {
		return err
	}
	over, ok := dialer.(interface {
		DialWithConn(ctx context.Context, c net.Conn, network, address string) (net.Addr, error)
	})
	if !ok {
		return errSOCKSLibrary
	}
	wire := &socksWire{Conn: conn.Conn, heard: make([]byte, 0, 16)}
	if _, err = over.DialWithConn(context.Background(), wire, "tcp", target); err != nil {
		return wire.judge(err, auth != nil)
	}
	return nil
}

// socksWire is a connection that remembers what has come of it: the client tells its errors apart in their texts only.
type socksWire struct {
	net.Conn
	heard []byte // at most 266 bytes: it is not asked for more
	err   error  // of the connection
}

// Read implements net.Conn.
func (w *socksWire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.heard = append(w.heard, p[:n]...)
	w.note(err)
	return n, err
}

// Write implements net.Conn.
func (w *socksWire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.note(err)
	return n, err
}

func (w *socksWire) note(err error) {
	if err != nil {
		w.err = err
	}
}

// judge gives err, of the client, its class by what the proxy has said, and else that of the connection. An answer
// counts even if it is not whole: some proxies leave out what comes after the code.
func (w *socksWire) judge(err error, password bool) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = errors.New(strings.TrimPrefix(op.Err.Error(), "unknown error ")) // who and where is said by others
	}
	rest := w.heard
	if len(rest) >= 2 && rest[0] == socksVersion {
		method := rest[1]
		rest = rest[2:]
		switch {
		case method == socksOpen:
		case method == socksPassword && password:
			if len(rest) >= 2 && rest[1] != 0 {
				return fail(ProxyAuth, err)
			}
			rest = rest[min(2, len(rest)):]
		case method == socksNone:
			return fail(ProxyAuth, errors.New("it does not take us without other credentials"))
		default:
			return fail(ProxyAuth, fmt.Errorf("it wants authentication by method %d, which was not offered", method))
		}
		if len(rest) >= 2 && rest[0] == socksVersion && rest[1] != 0 {
			return fail(socksClass(rest[1]), err)
		}
		if len(rest) == 0 && w.err == nil { // the client did not even ask
			return fail(Input, err)
		}
	}
	switch {
	case w.err != nil:
		return w.err
	case len(w.heard) == 0:
		return fail(Input, err)
	}
	return fail(ProxyProtocol, err)
}

// socksClass is what the code of a reply says. What is about the server is the same class as without a proxy.
func socksClass(code byte) Class {
	switch code {
	case socksNotAllowed:
		return ProxyRefused
	case socksNoNetwork, socksNoHost, socksTooFar:
		return ConnectUnreachable
	case socksRefused:
		return ConnectRefused
	}
	return ProxySOCKS
}
