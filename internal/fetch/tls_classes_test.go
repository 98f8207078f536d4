//go:build unix

package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// handshakeScenario is a server with a certificate, and a client that trusts its authority.
func handshakeScenario(class Class, name string, edit func(c *x509.Certificate), config func(c *tls.Config), client func(o *TLSOptions)) scenario {
	return scenario{class: class, name: name, secure: func(t *testing.T, o *Options) string {
		a := newAuthority(t)
		w := wire{name, &tls.Config{Certificates: []tls.Certificate{a.issue(t, edit)}}, TLSOptions{Roots: a.pool}}
		if config != nil {
			config(w.server)
		}
		o.TLS = w.client
		if client != nil {
			client(&o.TLS)
		}
		return w.serve(t, answering(hello)).base
	}}
}

// saying is a server that answers a ClientHello so. Then it waits, or resets the connection.
func saying(class Class, name, answer string, reset bool) scenario {
	return scenario{class: class, name: name, secure: func(t *testing.T, o *Options) string {
		return securedBase(serve(t, func(p *peer) {
			readRecord(p)
			p.send(answer)
			if reset {
				p.reset()
				return
			}
			p.close()
		}))
	}}
}

func securedBase(s *server) string { return strings.Replace(s.base, "http:", "https:", 1) }

// readRecord reads one record of TLS.
func readRecord(p *peer) {
	var header [5]byte
	if _, err := io.ReadFull(p.reader, header[:]); err == nil {
		_, _ = io.CopyN(io.Discard, p.reader, int64(header[3])<<8|int64(header[4]))
	}
}

// stalled is a handshake that does not go on after this much of an answer.
func stalled(class Class, name, answer string, o Options, takes func(*Options) time.Duration) scenario {
	s := scenario{class: class, name: name, options: o, takes: takes}
	s.secure = func(t *testing.T, o *Options) string {
		return securedBase(serve(t, func(p *peer) {
			readRecord(p)
			p.send(answer)
			p.idle()
		}))
	}
	return s
}

// tlsScenarios has at least one for each class that only https has, and those that a handshake adds to others.
func tlsScenarios() []scenario {
	const half = "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" // of a ServerHello
	// A ServerHello that chooses TLS 1.0, though that was not offered.
	old := "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + strings.Repeat("r", 32) + "\x00\xc0\x13\x00"
	all := []scenario{
		stalled(TimeoutTLS, "silent server", "", Options{ConnectTimeout: short}, connectTimeout),
		stalled(TimeoutTLS, "half a ServerHello", half, Options{ConnectTimeout: short}, connectTimeout),
		stalled(TimeoutTotal, "in the handshake", half, Options{TotalTimeout: short}, totalTimeout),
		{class: Cancelled, name: "in the handshake", cancel: short, secure: func(t *testing.T, o *Options) string {
			return securedBase(serve(t, func(p *peer) { p.idle() }))
		}},

		{class: ProtocolHead, name: "of a port for TLS", answer: "\x15\x03\x01\x00\x02\x02\x28", then: func(t *testing.T, _ *Client, v *visit) {
			if !strings.Contains(v.err.Error(), "https") {
				t.Errorf("the error does not say what to do: %v", v.err)
			}
		}},

		saying(ClosedReset, "in the handshake", "", true),
		saying(ClosedEarly, "in the handshake", "", false),
		saying(ClosedEarly, "in a record of the handshake", half, false),
		saying(TLSNotTLS, "HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", false),
		saying(TLSNotTLS, "a mail server", "220 mail.test ESMTP\r\n", false),
		saying(TLSVersion, "chosen by the server", old, false),
		saying(TLSVersion, "alert", "\x15\x03\x01\x00\x02\x02\x46", false),
		saying(TLSAlert, "handshake failure", "\x15\x03\x03\x00\x02\x02\x28", false),
		saying(TLSAlert, "unrecognized name", "\x15\x03\x03\x00\x02\x02\x70", false),
		saying(TLSFailed, "garbage in a record", "\x16\x03\x03\x00\x04\x02\x00\x00\x00", false),
		saying(TLSFailed, "a record that is too long", "\x16\x03\x03\xff\xff", false),
		saying(TLSFailed, "data before the handshake", "\x16\x03\x03\x00\x04\xff\x00\x00\x00", false),

		handshakeScenario(OK, "https", nil, nil, nil),
		handshakeScenario(OK, "TLS 1.2 only", nil, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, nil),
		handshakeScenario(OK, "TLS 1.0 on demand", nil, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 },
			func(o *TLSOptions) { o.MinVersion = tls.VersionTLS10 }),
		handshakeScenario(OK, "not verified", func(c *x509.Certificate) { c.NotAfter, c.IPAddresses = time.Now().Add(-time.Minute), nil }, nil,
			func(o *TLSOptions) { *o = TLSOptions{Insecure: true} }),
		handshakeScenario(TLSExpired, "yesterday", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, nil, nil),
		handshakeScenario(TLSExpired, "not yet", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, nil, nil),
		handshakeScenario(TLSHostname, "other address", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} }, nil, nil),
		handshakeScenario(TLSHostname, "only a name", func(c *x509.Certificate) { c.IPAddresses = nil }, nil, nil),
		handshakeScenario(TLSHostname, "no name at all", func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, nil }, nil, nil),
		handshakeScenario(TLSAuthority, "no authority is trusted", nil, nil, func(o *TLSOptions) { o.Roots = x509.NewCertPool() }),
		handshakeScenario(TLSAuthority, "not one of the system's", nil, nil, func(o *TLSOptions) { o.Roots = nil }),
		handshakeScenario(TLSCertificate, "not for servers", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, nil, nil),
		handshakeScenario(TLSCertificate, "garbage", nil, func(c *tls.Config) { c.Certificates[0].Certificate = [][]byte{[]byte("garbage")} }, nil),
		handshakeScenario(TLSVersion, "too old", nil, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, nil),
		handshakeScenario(TLSVersion, "below --tls-min", nil, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, func(o *TLSOptions) { o.MinVersion = tls.VersionTLS13 }),
		handshakeScenario(TLSAlert, "wants a certificate, TLS 1.2", nil, func(c *tls.Config) {
			c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
		}, nil),
		handshakeScenario(TLSAlert, "wants a certificate, TLS 1.3", nil, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, nil),
		handshakeScenario(TLSAlert, "no cipher in common", nil, func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}
		}, nil),
		{class: TLSAuthority, name: "intermediate not sent", secure: func(t *testing.T, o *Options) string {
			root := newAuthority(t)
			a := newAuthorityOf(t, root)
			o.TLS = TLSOptions{Roots: root.pool}
			return wire{server: &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}}}.serve(t, answering(hello)).base
		}},
		{class: OK, name: "intermediate sent", secure: func(t *testing.T, o *Options) string {
			root := newAuthority(t)
			a := newAuthorityOf(t, root)
			cert := a.issue(t, nil)
			cert.Certificate = append(cert.Certificate, a.cert.Raw)
			o.TLS = TLSOptions{Roots: root.pool}
			return wire{server: &tls.Config{Certificates: []tls.Certificate{cert}}}.serve(t, answering(hello)).base
		}},
		{class: TLSFailed, name: "a record in the response is broken", secure: func(t *testing.T, o *Options) string {
			w := secured(t)
			o.TLS = w.client
			return w.serve(t, func(p *peer) {
				p.request()
				_, _ = p.socket().Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)))
				p.idle()
			}).base
		}},
	}
	return append(all, endings()...)
}

// endings are bodies that do not come whole, over TLS, and one that does: where the end of the connection is that of
// the body, it is so only with a close_notify.
func endings() []scenario {
	ending := func(class Class, name, answer string, end func(p *peer)) scenario {
		return scenario{class: class, name: name, secure: func(t *testing.T, o *Options) string {
			w := secured(t)
			o.TLS = w.client
			return w.serve(t, func(p *peer) {
				p.request()
				p.send(answer)
				end(p)
			}).base
		}}
	}
	cut := func(p *peer) {
		_ = p.socket().CloseWrite()
		_, _ = io.Copy(io.Discard, p.socket())
	}
	inRecord := func(p *peer) {
		_, _ = p.socket().Write([]byte("\x17\x03\x03\x00\x20half"))
		cut(p)
	}
	const untilEnd, chunked = "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	const length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	return []scenario{
		ending(OK, "until close_notify", untilEnd+"hello", (*peer).close),
		ending(OK, "length, without close_notify", length+"hello", cut),
		ending(OK, "chunked, without close_notify", chunked+"5\r\nhello\r\n0\r\n\r\n", cut),
		ending(ProtocolTruncated, "until the end, without close_notify", untilEnd+"hello", cut),
		ending(ProtocolTruncated, "until the end, in a record", untilEnd+"hello", inRecord),
		ending(ProtocolTruncated, "length, without close_notify", length+"hel", cut),
		ending(ProtocolTruncated, "length, with close_notify", length+"hel", (*peer).close),
		ending(ProtocolTruncated, "chunked, without close_notify", chunked+"5\r\nhello\r\n", cut),
		ending(ProtocolTruncated, "chunked, with close_notify", chunked+"5\r\nhello\r\n", (*peer).close),
		ending(ProtocolTruncated, "head, without close_notify", "HTTP/1.1 200 OK\r\nConte", cut),
		ending(ClosedEarly, "no answer, with close_notify", "", (*peer).close),
		ending(ClosedEarly, "no answer, without close_notify", "", cut),
	}
}
