//go:build unix

package fetch

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// nginxConfig is that of an nginx as it is set up, in a folder of its own.
const nginxConfig = `daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s ssl;
		ssl_certificate %[1]s/pair.pem;
		ssl_certificate_key %[1]s/pair.pem;
		ssl_protocols %[3]s;
		root %[1]s/root;
	}
}
`

// startNginx serves files over TLS.
func startNginx(t *testing.T, a *authority, protocols string, files map[string][]byte) (base string) {
	t.Helper()
	requires(t, "nginx")
	dir := t.TempDir()
	cert := a.issue(t, nil)
	key, err := x509.MarshalECPrivateKey(cert.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	pair := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	pair = append(pair, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})...)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	files["../pair.pem"], files["../nginx.conf"] = pair, fmt.Appendf(nil, nginxConfig, dir, address, protocols)
	for name, data := range files {
		path := filepath.Join(dir, "root", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.Command("nginx", "-c", filepath.Join(dir, "nginx.conf"), "-p", dir)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for end := time.Now().Add(bound); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return "https://" + address
		}
		if time.Now().After(end) {
			t.Fatalf("nginx does not listen: %v: %s", err, &said)
		}
	}
}

// TestTLSNginx: what nginx serves is what the standard client gets of it; the tickets that it sends cost no connection,
// and a second one is made by them. (They come behind the handshake, before the first answer, and are read with it.)
func TestTLSNginx(t *testing.T) {
	a := newAuthority(t)
	files := map[string][]byte{"small": []byte("hello"), "empty": nil, "large": bytes.Repeat([]byte("0123456789abcdef"), 100_000)}
	for _, protocols := range []string{"TLSv1.2", "TLSv1.3"} {
		t.Run(protocols, func(t *testing.T) {
			base := startNginx(t, a, protocols, files)
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool}, DisableCompression: true}
			defer transport.CloseIdleConnections()
			standard := &http.Client{Transport: transport}
			onEach(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), Options{TLS: TLSOptions{Roots: a.pool}}, func(c client) error {
					for i, name := range []string{"small", "small", "empty", "large", "none", "small"} {
						theirs, err := standard.Get(base + "/" + name)
						if err != nil {
							return err
						}
						body, err := io.ReadAll(theirs.Body)
						theirs.Body.Close()
						if err != nil {
							return err
						}
						v := c.get(base + "/" + name)
						v.want(t, theirs.StatusCode, string(body))
						if v.Reused != (i > 0) || v.TLS.Resumed() || "TLSv"+v.TLS.Version() != protocols {
							t.Errorf("%s: reused %v, TLS %s, resumed %v", name, v.Reused, v.TLS.Version(), v.TLS.Resumed())
						}
					}
					c.do(base+"/small", Request{Fields: []Field{{Name: "Connection", Value: "close"}}}).want(t, 200, "hello")
					if v := c.get(base + "/small"); v.Reused || !v.TLS.Resumed() {
						t.Errorf("a second connection: reused %v, resumed %v", v.Reused, v.TLS.Resumed())
					}
					return nil
				})
			})
		})
	}
}
