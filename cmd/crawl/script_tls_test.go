//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// tlsWeb starts a server that asks for a client's certificate, or speaks no newer version than it is told.
func (s *script) tlsWeb(ts *testscript.TestScript, args []string) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10} //nolint:gosec // what old servers speak is the point
	for len(args) > 0 {
		switch {
		case args[0] == "-client":
			server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, clientFiles(ts)
		case args[0] == "-max" && len(args) > 1:
			args = args[1:]
			version, known := map[string]uint16{"1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12}[args[0]]
			if !known {
				fatal("what is TLS %q?", args[0])
			}
			server.TLS.MaxVersion = version
		default:
			fatal("what is %q?", args[0])
		}
		args = args[1:]
	}
	server.StartTLS()
	s.closers = append(s.closers, closing{server})
	ts.Setenv("TLSWEB", server.URL)
	check(os.WriteFile(ts.MkAbs("tls.pem"), certificatePEM(server.Certificate().Raw), 0o600))
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// clientFiles writes a client's certificate and its key, and returns who vouches for it.
func clientFiles(ts *testscript.TestScript) *x509.CertPool {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	certificate, secretPEM := certificatePEM(der), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	check(os.WriteFile(ts.MkAbs("client.pem"), certificate, 0o600))
	check(os.WriteFile(ts.MkAbs("client-key.pem"), secretPEM, 0o600))
	check(os.WriteFile(ts.MkAbs("both.pem"), slices.Concat(certificate, secretPEM), 0o600))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	return pool
}
