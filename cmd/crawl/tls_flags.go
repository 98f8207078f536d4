package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
)

// tlsFlags say how a server of an https URL is verified, and who we are. Their names are curl's, but for --tls-min.
type tlsFlags struct {
	insecure   bool
	cacert     string
	cert       string
	key        string
	minVersion string

	options fetch.TLSOptions // when check has been
}

func (h *tlsFlags) add(f *pflag.FlagSet) {
	f.BoolVarP(&h.insecure, "insecure", "k", false, "do not verify who the server is")
	f.StringVar(&h.cacert, "cacert", "", "trust the authorities in `FILE` (PEM) instead of the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR")
	f.StringVar(&h.cert, "cert", "", "certificate to show to servers that ask for one, `FILE` (PEM), with its key or with --key")
	f.StringVar(&h.key, "key", "", "private key of --cert, `FILE` (PEM)")
	f.StringVar(&h.minVersion, "tls-min", "1.2", "oldest `VERSION` of TLS to speak, 1.0 to 1.3")
}

// check reads the files, so that what is wrong with them is known before the first fetch.
func (h *tlsFlags) check() (err error) {
	versions := map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13, "": tls.VersionTLS12}
	version, ok := versions[h.minVersion]
	switch {
	case !ok:
		return usageError("--tls-min %q: must be 1.0, 1.1, 1.2 or 1.3", h.minVersion)
	case h.key != "" && h.cert == "":
		return usageError("--key without --cert")
	}
	h.options = fetch.TLSOptions{Insecure: h.insecure, MinVersion: version}
	if h.cacert != "" {
		if h.options.Roots, err = readAuthorities(h.cacert); err != nil {
			return err
		}
	}
	if h.cert != "" {
		h.options.Certificate, err = readPair(h.cert, h.key)
	}
	return err
}

// readAuthorities reads certificates. One that cannot be read is an error, and not left out without a word.
func readAuthorities(file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, ioError(fmt.Errorf("--cacert: %w", err))
	}
	pool, n := x509.NewCertPool(), 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, ioError(fmt.Errorf("--cacert %s: certificate %d: %w", file, n+1, err))
		}
		pool.AddCert(cert)
		n++
	}
	if n == 0 {
		return nil, ioError(fmt.Errorf("--cacert %s: no certificate in it (PEM)", file))
	}
	return pool, nil
}

// readPair reads a certificate and its key, which may be in one file.
func readPair(certFile, keyFile string) (*tls.Certificate, error) {
	if keyFile == "" {
		keyFile = certFile
	}
	certPEM, err := os.ReadFile(certFile)
	if err != nil {
		return nil, ioError(fmt.Errorf("--cert: %w", err))
	}
	keyPEM, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, ioError(fmt.Errorf("--key: %w", err))
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, ioError(fmt.Errorf("--cert %s, --key %s: %w", certFile, keyFile, err))
	}
	return &pair, nil
}
