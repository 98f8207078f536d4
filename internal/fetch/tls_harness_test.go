//go:build unix

package fetch

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// authority issues certificates, and is trusted by who has its pool.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthority(t testing.TB) *authority { return newAuthorityOf(t, nil) }

// newAuthorityOf makes an authority that above vouches for, or itself.
func newAuthorityOf(t testing.TB, above *authority) *authority {
	t.Helper()
	a := &authority{key: newKey(t), pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test authority"}, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	signer, parent := a.key, template
	if above != nil {
		template.Subject.CommonName = "test intermediate"
		signer, parent = above.key, above.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, a.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

// issue makes a certificate for 127.0.0.1 and name.test, as edit changes it.
func (a *authority) issue(t testing.TB, edit func(c *x509.Certificate)) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"name.test"},
	}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// PEM is the certificate of the authority as a file has it.
func (a *authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// wire is a way to speak HTTP: plain, or in a version of TLS.
type wire struct {
	name   string
	server *tls.Config // nil: plain
	client TLSOptions
}

// wires are all of them. They trust each other.
func wires(t testing.TB) []wire {
	t.Helper()
	a := newAuthority(t)
	certs := []tls.Certificate{a.issue(t, nil)}
	all := []wire{{name: "plain"}}
	for name, version := range map[string]uint16{"tls1.2": tls.VersionTLS12, "tls1.3": tls.VersionTLS13} {
		all = append(all, wire{name, &tls.Config{Certificates: certs, MaxVersion: version}, TLSOptions{Roots: a.pool}})
	}
	return all
}

// onEachWire runs a test with every engine over every wire.
func onEachWire(t *testing.T, test func(t *testing.T, k kind, w wire)) {
	t.Helper()
	for _, w := range wires(t) {
		t.Run(w.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) { test(t, k, w) })
		})
	}
}

// secured is the wire of most tests of TLS.
func secured(t testing.TB) wire {
	t.Helper()
	a := newAuthority(t)
	return wire{"tls", &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}}, TLSOptions{Roots: a.pool}}
}

// serve is serve over the wire. A script that ends without peer.close breaks the connection off: no close_notify.
func (w wire) serve(t testing.TB, script func(p *peer)) *server {
	t.Helper()
	return w.serveBelow(t, func(c net.Conn) net.Conn { return c }, script)
}

// serveBelow is serve with something between TLS and the socket.
func (w wire) serveBelow(t testing.TB, below func(net.Conn) net.Conn, script func(p *peer)) *server {
	t.Helper()
	if w.server == nil {
		return serve(t, script)
	}
	s := serve(t, func(p *peer) {
		c := tls.Server(below(p.Conn), w.server)
		if c.Handshake() != nil {
			return
		}
		p.Conn, p.reader = c, bufio.NewReader(c)
		script(p)
	})
	s.base = strings.Replace(s.base, "http:", "https:", 1)
	return s
}

// splitting writes bytes in parts of their own.
type splitting struct {
	net.Conn
	step int
}

func (c splitting) Write(p []byte) (written int, err error) {
	for written < len(p) && err == nil {
		var n int
		n, err = c.Conn.Write(p[written:min(len(p), written+c.step)])
		written += n
	}
	return written, err
}
