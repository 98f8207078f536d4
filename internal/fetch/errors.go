package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"crawl/internal/http1"
)

// A Class says how a fetch ended, the most general word first. The set is closed: Classes lists it.
type Class string

const (
	OK Class = "ok" // a whole response, whatever its status

	DNSNotFound Class = "dns.nxdomain"
	DNSNoData   Class = "dns.nodata"
	DNSServFail Class = "dns.servfail"
	DNSRefused  Class = "dns.refused"
	DNSFailed   Class = "dns.failed"
	DNSTimeout  Class = "timeout.dns"

	AddressPrivate Class = "address.private"

	ConnectRefused     Class = "connect.refused"
	ConnectUnreachable Class = "connect.unreachable"
	ConnectFamily      Class = "connect.family"
	ConnectFailed      Class = "connect.failed"

	ProxyConnect  Class = "proxy.connect"
	ProxyAuth     Class = "proxy.auth"
	ProxyRefused  Class = "proxy.refused"
	ProxyFailed   Class = "proxy.failed"
	ProxySOCKS    Class = "proxy.socks"
	ProxyProtocol Class = "proxy.protocol"
	TimeoutProxy  Class = "timeout.proxy"

	TimeoutConnect   Class = "timeout.connect"
	TimeoutTLS       Class = "timeout.tls"
	TimeoutWrite     Class = "timeout.write"
	TimeoutFirstByte Class = "timeout.first_byte"
	TimeoutRead      Class = "timeout.read"
	TimeoutTotal     Class = "timeout.total"

	TLSExpired     Class = "tls.expired"
	TLSHostname    Class = "tls.hostname"
	TLSAuthority   Class = "tls.authority"
	TLSCertificate Class = "tls.certificate"
	TLSVersion     Class = "tls.version"
	TLSAlert       Class = "tls.alert"
	TLSNotTLS      Class = "tls.not_tls"
	TLSFailed      Class = "tls.failed"

	ClosedReset Class = "closed.reset"
	ClosedEarly Class = "closed.early"

	ProtocolHead      Class = "protocol.head"
	ProtocolFraming   Class = "protocol.framing"
	ProtocolChunk     Class = "protocol.chunk"
	ProtocolTruncated Class = "protocol.truncated"
	ProtocolRange     Class = "protocol.range"

	ProtocolCoding        Class = "protocol.coding"
	ProtocolUnknownCoding Class = "protocol.unknown_coding"
	RedirectLocation      Class = "redirect.location"
	RedirectLoop          Class = "redirect.loop"
	RedirectLimit         Class = "redirect.limit"

	LimitHead    Class = "limit.head"
	LimitHeaders Class = "limit.headers"
	LimitBody    Class = "limit.body"
	LimitCoding  Class = "limit.coding"

	LocalDescriptors Class = "local.descriptors"
	LocalPorts       Class = "local.ports"
	LocalMemory      Class = "local.memory"
	LocalLate        Class = "local.late"

	Input     Class = "input"
	Cancelled Class = "cancelled"
	Internal  Class = "internal"
)

// Advice is a class with one sentence for the user.
type Advice struct {
	Class    Class
	Sentence string
}

// Classes lists every class, in the order of a fetch.
func Classes() []Advice {
	return []Advice{
		{OK, "A whole response arrived; its status tells the rest."},
		{Input, "The URL cannot be fetched as it is written; correct the list."},
		{DNSNotFound, "The name does not exist; check its spelling, or give its address with --resolve."},
		{DNSNoData, "The name exists, and has no address; a site may have one under another name, as www."},
		{DNSServFail, "The resolver tried, and failed: the servers of that name are out of order; try again later."},
		{DNSRefused, "The resolver does not answer such questions, or not ours; name another with --dns-server."},
		{DNSFailed, "The resolver gave no usable answer; try again later, or another resolver."},
		{DNSTimeout, "The resolver did not answer in time; is the network up?"},
		{AddressPrivate, "A public page led to a private address, which was not asked; --allow-private lets it."},
		{ConnectFamily, "The host has no address of the family that -4 or -6 asks for."},
		{ConnectRefused, "Nobody listens on that port."},
		{ConnectUnreachable, "There is no route to that address."},
		{ConnectFailed, "The connection could not be made; the error says why."},
		{TimeoutConnect, "The server did not accept the connection in time; see --connect-timeout."},
		{TimeoutTLS, "The server did not complete the TLS handshake in time; see --connect-timeout."},
		{TLSExpired, "The server's certificate has expired or is not valid yet; tell its owner, or is this machine's clock wrong?"},
		{TLSHostname, "The server's certificate is for other names; is it the right host?"},
		{TLSAuthority, "No authority that is trusted here stands behind the server's certificate; if you trust another, see --cacert."},
		{TLSCertificate, "The server's certificate cannot be accepted; the error says why."},
		{TLSVersion, "The server and we have no version of TLS in common; see --tls-min."},
		{TLSAlert, "The server refused to speak TLS with us; the error has its reason (it may want a certificate: --cert)."},
		{TLSNotTLS, "The server does not speak TLS on that port; is it an http:// URL?"},
		{TLSFailed, "What the server sent is not right in TLS; the error says why."},
		{ProxyConnect, "The proxy could not be reached, or not by TLS if it is an https one, so nothing is known of the server; are -x and the environment right?"},
		{TimeoutProxy, "The proxy did not connect us with the server in time, or could not be reached in time itself; see --connect-timeout."},
		{ProxyAuth, "The proxy wants other credentials; give them as USER:PASSWORD@ in its URL."},
		{ProxyRefused, "The proxy does not let us through to that server; the error has its answer."},
		{ProxyFailed, "The proxy did not get through to the server, or gave up; the error has its answer."},
		{ProxySOCKS, "The SOCKS proxy failed for a reason of its own; the error has its answer."},
		{ProxyProtocol, "What the proxy sent is no answer of a proxy of its kind; is the scheme in its URL right?"},
		{TimeoutWrite, "The server did not take the request in time."},
		{TimeoutFirstByte, "The server took the request and did not begin to answer in time; see --timeout."},
		{TimeoutRead, "The server stopped in the middle of its answer; see --timeout."},
		{TimeoutTotal, "The whole fetch took too long; see --max-time."},
		{ClosedReset, "The server broke the connection off."},
		{ClosedEarly, "The server closed the connection without an answer."},
		{ProtocolHead, "What the server sent is not a response in HTTP/1.x."},
		{ProtocolFraming, "The response contradicts itself about where it ends."},
		{ProtocolChunk, "The chunked coding of the body is broken."},
		{ProtocolTruncated, "The connection ended before the response did; what came is not the whole."},
		{ProtocolRange, "The server sent another part than it was asked for, or another than it says."},
		{ProtocolCoding, "The body is damaged, or not in the coding that its Content-Encoding names; see --compressed."},
		{ProtocolUnknownCoding, "The Content-Encoding of the body is none that crawl knows; see --compressed."},
		{RedirectLocation, "The redirect leads to nothing that can be fetched, or to several places at once."},
		{RedirectLoop, "The redirects lead in a circle."},
		{RedirectLimit, "There are more redirects than --max-redirects."},
		{LimitHead, "The head of the response is larger than the limit."},
		{LimitHeaders, "The response has more header fields, or longer ones, than the limit."},
		{LimitBody, "The body is larger than --max-body, as it came or decoded."},
		{LimitCoding, "The body unpacks to a thousand times its size, or has too many codings; it looks like a bomb."},
		{LocalDescriptors, "This machine ran out of descriptors: our fault, not the server's; use a smaller -c, or raise ulimit -n."},
		{LocalPorts, "This machine ran out of local ports: our fault, not the server's; use a smaller -c."},
		{LocalMemory, "There was no memory, of the system's for a socket or of ours to decode a body: our fault, not the server's; use a smaller -c."},
		{LocalLate, "This machine was too busy to keep up, so this was not the server's doing; use a smaller -c, or another core."},
		{Cancelled, "The crawl was stopped before this URL was done."},
		{Internal, "A bug in crawl; please report it."},
	}
}

// Family is the general word of a class: "timeout" of "timeout.read".
func (c Class) Family() string {
	family, _, _ := strings.Cut(string(c), ".")
	return family
}

// Transient reports whether another attempt may well go better.
func (c Class) Transient() bool {
	switch c {
	case DNSServFail, DNSFailed, ConnectRefused, ConnectUnreachable, ConnectFailed, ClosedReset, ClosedEarly, ProtocolTruncated,
		ProxyConnect, ProxyFailed, ProxySOCKS:
		return true
	}
	return c.Family() == "timeout" || c.Family() == "local"
}

// An Error is why a fetch gave no whole response.
type Error struct {
	Class Class
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// ClassOf is the class of a fetch that ended with err.
func ClassOf(err error) Class {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Internal
}

func fail(class Class, err error) error { return &Error{Class: class, Err: err} }

var (
	errBodyLimit  = errors.New("body is larger than the limit")
	errEarlyClose = errors.New("connection closed without an answer")
	errSwitched   = errors.New("server switched to another protocol, which was not asked for")
)

// classify gives err, which came up while waiting for what timeout stands for, its class.
func classify(ctx context.Context, err error, timeout Class) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return fail(classFor(ctx, err, timeout), err)
}

// ClassFor is the class of an error that came up, outside of a Client, while waiting for what timeout stands for:
// one of the system's, of package net, or of http1.
func ClassFor(err error, timeout Class) Class { return classFor(context.Background(), err, timeout) }

// classFor goes from the certain to the vague.
func classFor(ctx context.Context, err error, timeout Class) Class {
	if ctx.Err() != nil {
		return Cancelled
	}
	for _, is := range []struct {
		err   error
		class Class
	}{
		{os.ErrDeadlineExceeded, timeout},
		{http1.ErrHead, ProtocolHead},
		{http1.ErrField, ProtocolHead},
		{http1.ErrFraming, ProtocolFraming},
		{http1.ErrChunk, ProtocolChunk},
		{http1.ErrTruncated, ProtocolTruncated},
		{http1.ErrHeadLimit, LimitHead},
		{http1.ErrFieldLimit, LimitHeaders},
		{http1.ErrRequest, Input},
		{errBodyLimit, LimitBody},
		{errEarlyClose, ClosedEarly},
		{errSwitched, ProtocolHead},
		{syscall.EMFILE, LocalDescriptors},
		{syscall.ENFILE, LocalDescriptors},
		{syscall.EADDRNOTAVAIL, LocalPorts},
		{syscall.ENOBUFS, LocalMemory},
		{syscall.ENOMEM, LocalMemory},
		{syscall.ECONNREFUSED, ConnectRefused},
		{syscall.ENETUNREACH, ConnectUnreachable},
		{syscall.EHOSTUNREACH, ConnectUnreachable},
		{syscall.ECONNRESET, ClosedReset},
		{syscall.EPIPE, ClosedReset},
		{syscall.ETIMEDOUT, timeout},
		{io.EOF, ClosedEarly},
		{io.ErrUnexpectedEOF, ClosedEarly},
	} {
		if errors.Is(err, is.err) {
			return is.class
		}
	}
	var netErr net.Error
	if errors.As(err, &netErr) && netErr.Timeout() {
		return timeout
	}
	return Internal
}
