package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"crawl/internal/http1"
)

// What a proxy does that it should not.
var (
	errProxyEarly = errors.New("it went on after its answer: what comes then would be taken for the server's")
	errProxyEnd   = errors.New("it closed the connection without an answer")
)

// greet makes ready a connection to a proxy: what is sent on it from now on is for the server, or else a request
// that the proxy is to fetch.
func (e *establishing) greet(ctx context.Context, conn *conn) error {
	v := e.route.via
	if v.proxy.secure {
		if err := e.secureProxy(ctx, conn); err != nil {
			return err
		}
	}
	if v.tunnel {
		return e.tunnel(ctx, conn)
	}
	return nil
}

// tunnel has the proxy connect conn with the server. The proxy has as long for it as a connect has, and its time counts
// as such. Who goes on after that may take the first byte that comes for the server's answer to what it sends: so
// there must be none yet.
func (e *establishing) tunnel(ctx context.Context, conn *conn) error {
	c, p, res := e.client, e.route.via.proxy, &e.response
	target, err := e.target(ctx, conn)
	if err != nil {
		return err
	}
	before := c.engine.Now()
	limit, timeout := before.Add(c.options.ConnectTimeout), TimeoutProxy
	if last := c.deadline(res); last.Before(limit) {
		limit, timeout = last, TimeoutTotal
	}
	if err = conn.SetDeadline(limit); err == nil {
		if p.socks {
			err = askSOCKS(p, conn, target)
		} else {
			err = c.askConnect(p, conn, target, res)
		}
	}
	if err == nil && c.early(conn) {
		err = fail(ProxyProtocol, errProxyEarly)
	}
	now := c.engine.Now()
	res.Timings.Connect += now.Sub(before)
	c.noteLag(res, now)
	if res.trace() != nil {
		res.trace().tell(&Event{Kind: EventTunnel, Text: p.String(), From: target, Took: now.Sub(before), Err: err})
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = fail(ProxyFailed, errProxyEnd)
	}
	return fail(proxyClass(ctx, err, timeout), p.wrap(err, target))
}

// target is the host and port that the proxy is to connect us with. A proxy that does not resolve names is given an
// address, and conn then counts as one to that; of several it is one of IPv4, for who knows whether the proxy has IPv6.
func (e *establishing) target(ctx context.Context, conn *conn) (string, error) {
	c, host, port := e.client, e.route.url.Host(), e.route.url.Port()
	if e.route.via.proxy.remote {
		return net.JoinHostPort(host, strconv.Itoa(int(port))), nil
	}
	there := dialing{client: c, route: route{host: host}, need: e.need} // by whose rules the address is chosen
	addrs := c.resolver.given(host, port)
	there.given = len(addrs) > 0
	if addr, err := netip.ParseAddr(host); err == nil && !there.given {
		there.written[0] = addr
		addrs = there.written[:]
	}
	if len(addrs) == 0 {
		before := c.engine.Now()
		question := c.resolver.ask(host, min(c.options.ConnectTimeout, c.options.TotalTimeout))
		err := c.resolver.wait(ctx, question)
		now := c.engine.Now()
		e.response.Timings.DNS += now.Sub(before)
		c.noteLag(&e.response, now)
		if err != nil {
			return "", fail(Cancelled, err)
		}
		if addrs, err = question.outcome(); err != nil {
			return "", err
		}
	}
	if there.chooseAmong(addrs); there.err != nil {
		return "", there.err
	}
	best := there.own.addrs[0]
	if i := slices.IndexFunc(there.own.addrs, netip.Addr.Is4); i >= 0 {
		best = there.own.addrs[i]
	}
	conn.private, conn.given = c.private(best), there.given
	return netip.AddrPortFrom(best, port).String(), nil
}

// early reports whether data has come already on a new tunnel. An end does not count: it is found again by who goes on,
// and then it is not known whose it is. It spoils the deadline for reading.
func (c *Client) early(conn *conn) bool {
	if _, steps := conn.Conn.(*steppedConn); !steps { // which does not wait
		limit := time.Unix(1, 0) // only what crypto/tls has read already
		if conn.stale() {
			limit = c.engine.Now().Add(earlyPatience) // it should be there, unless it is none, as a ticket
		} else if _, whole := conn.Conn.(*wholeConn); !whole {
			return false
		}
		if conn.SetReadDeadline(limit) != nil {
			return false
		}
	}
	n, _ := conn.Read(make([]byte, 1))
	return n > 0
}

// askConnect asks an HTTP proxy for a tunnel (RFC 9110 section 9.3.6). What belongs to the answer is its head: there
// is no body to a 2xx, and with anything else the connection ends.
func (c *Client) askConnect(p *Proxy, conn *conn, target string, res *Response) error {
	request := http1.Request{Method: "CONNECT", Target: target, Host: target, Fields: p.fields}
	out, err := http1.AppendRequest(nil, &request)
	if err != nil {
		return err
	}
	if res.trace() != nil {
		res.trace().tell(&Event{Kind: EventRequest, Head: out})
	}
	if _, err = conn.Write(out); err != nil {
		return err
	}
	if err := c.await(conn); err != nil {
		return err
	}
	b := c.borrow(conn, nil, res)
	defer c.giveBack(b)
	for {
		n, err := conn.Read(b.room())
		if err == syscall.EAGAIN { // of TLS: see Client.receive
			if err = conn.events.AwaitReadable(); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		b.have += n
		if end, err := b.parseHead(c.options.Limits); err != nil {
			return err
		} else if end > 0 {
			return connectAnswer(&b.head, b.have-end)
		}
	}
}

// connectAnswer judges the head of an answer to CONNECT, behind which more bytes came with it.
func connectAnswer(h *http1.Head, more int) error {
	status := h.Status
	switch {
	case status/100 == 2 && more > 0:
		return fail(ProxyProtocol, errProxyEarly)
	case status/100 == 2:
		return nil
	}
	err := answered(h)
	switch {
	case status == 407 || status == 401: // which tinyproxy answers to a wrong password
		return fail(ProxyAuth, err)
	case status/100 == 5:
		return fail(ProxyFailed, err)
	}
	return fail(ProxyRefused, err)
}

// answered is the error of a proxy that does not do what it was asked for.
func answered(h *http1.Head) error { return fmt.Errorf("it answered %d %q", h.Status, h.Reason()) }

// proxyClass is the class of an error that came up in an exchange with a proxy: what would be the server's fault in
// one with that is the proxy's.
func proxyClass(ctx context.Context, err error, timeout Class) Class {
	class := ClassOf(classify(ctx, err, timeout))
	switch class.Family() {
	case "closed":
		return ProxyFailed
	case "protocol", "limit":
		return ProxyProtocol
	}
	return class
}
