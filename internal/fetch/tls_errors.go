package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"crawl/internal/http1"
)

// handshakeError gives the error of a handshake its class; timeout is that of a deadline that passes.
func handshakeError(ctx context.Context, err error, timeout Class) error {
	class := classFor(ctx, err, timeout)
	if below := ClassOf(err); below != Internal && class != Cancelled { // of the TLS connection with a proxy
		class = below
	} else if class == Internal {
		class = tlsClass(err)
	}
	var header tls.RecordHeaderError
	switch {
	case class == TLSNotTLS && errors.As(err, &header):
		err = fmt.Errorf("tls handshake: the answer begins with %q, which is not TLS", header.RecordHeader[:])
	case class == ClosedEarly:
		err = fmt.Errorf("tls handshake: connection closed: %w", io.ErrUnexpectedEOF)
	default:
		err = fmt.Errorf("tls handshake: %w", trimmed{err})
	}
	return fail(class, err)
}

// errSpeaksTLS is the answer to a request without TLS.
var errSpeaksTLS = fmt.Errorf("%w: the server speaks TLS on that port; is it an https:// URL?", http1.ErrHead)

// isAlert reports whether p begins as an alert of TLS does, and no response in HTTP (RFC 8446 section 6).
func isAlert(p []byte) bool {
	const alert, version = 21, 3
	return len(p) > 1 && p[0] == alert && p[1] == version
}

// trimmed is an error of crypto/tls without the word that begins it.
type trimmed struct{ error }

func (t trimmed) Error() string { return strings.TrimPrefix(t.error.Error(), "tls: ") }
func (t trimmed) Unwrap() error { return t.error }

// tlsError gives what crypto/tls says of an established connection with p, or with the server if that is nil, its class,
// and leaves alone what is of the connection below: that is as without TLS. A class of tls is for what a server does.
func tlsError(err error, p *Proxy) error {
	if err == nil || err == io.EOF || err == syscall.EAGAIN || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if ClassOf(err) != Internal { // of the TLS connection with a proxy
		return err
	}
	var opErr *net.OpError
	if errors.As(err, &opErr) && opErr.Op != "remote error" && opErr.Op != "local error" {
		return err
	}
	if p != nil {
		return fail(ProxyFailed, p.wrap(err, ""))
	}
	return fail(tlsClass(err), err)
}

// tlsClass is the class of an error of crypto/tls. Where that has no types, its words decide; a test holds them to it.
func tlsClass(err error) Class {
	var (
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		roots   x509.SystemRootsError
		verify  *tls.CertificateVerificationError
		header  tls.RecordHeaderError
		opErr   *net.OpError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return TLSExpired
	case errors.As(err, &host):
		return TLSHostname
	case errors.As(err, &unknown), errors.As(err, &roots):
		return TLSAuthority
	case errors.As(err, &verify), strings.Contains(err.Error(), "certificate from server"), strings.Contains(err.Error(), "server's certificate"),
		strings.Contains(err.Error(), "server sent certificate"):
		return TLSCertificate
	case errors.As(err, &header) && header.Conn != nil:
		return TLSNotTLS
	case strings.Contains(err.Error(), "server selected unsupported protocol version"):
		return TLSVersion
	case errors.As(err, &opErr) && opErr.Op == "remote error":
		const protocolVersion = 70
		if opErr.Err.Error() == tls.AlertError(protocolVersion).Error() {
			return TLSVersion
		}
		return TLSAlert
	}
	return TLSFailed
}
