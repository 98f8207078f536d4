//go:build unix

package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"crawl/internal/engine"
	"crawl/internal/origin"
)

// TestClassesTLS: what a server does wrong in HTTP has the same class over TLS.
func TestClassesTLS(t *testing.T) {
	w := secured(t)
	_, base := web(t, origin.Config{TLS: w.server})
	for _, s := range scenarios() {
		if s.path == "" || s.then != nil && s.class == ProtocolTruncated {
			continue
		}
		s.options.TLS = w.client
		t.Run(string(s.class)+" "+s.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) { s.play(t, k, base) })
		})
	}
}

// gathering keeps what is written until it is told to send it.
type gathering struct {
	net.Conn
	kept bytes.Buffer
	on   bool
}

func (c *gathering) Write(p []byte) (int, error) {
	if c.on {
		return c.kept.Write(p)
	}
	return c.Conn.Write(p)
}

func (c *gathering) release() {
	c.on = false
	_, _ = c.Conn.Write(c.kept.Bytes())
	c.kept.Reset()
}

// TestTLSRecords: however a response is cut into records, and these into segments, it is the same response, and the
// connection serves again.
func TestTLSRecords(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 20_000)
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	for name, c := range map[string]struct {
		below func(net.Conn) net.Conn
		send  func(p *peer)
		want  string
	}{
		"every byte in a segment": {func(c net.Conn) net.Conn { return splitting{c, 1} }, func(p *peer) { p.send(hello) }, "hello"},
		"segments across records": {func(c net.Conn) net.Conn { return splitting{c, 1009} }, func(p *peer) { p.send(answer) }, body},
		"every byte in a record": {nil, func(p *peer) {
			for i := range len(hello) {
				p.send(hello[i : i+1])
			}
		}, "hello"},
		"many records at once": {func(c net.Conn) net.Conn { return &gathering{Conn: c} }, func(p *peer) {
			g := p.Conn.(*tls.Conn).NetConn().(*gathering)
			g.on = true
			for i := 0; i < len(answer); i += 100 {
				p.send(answer[i:min(len(answer), i+100)])
			}
			g.release()
		}, body},
		"the largest records": {nil, func(p *peer) { p.send(answer) }, body},
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range wires(t)[1:] {
				w.server.DynamicRecordSizingDisabled = true
				below := c.below
				if below == nil {
					below = func(c net.Conn) net.Conn { return c }
				}
				onEach(t, func(t *testing.T, k kind) {
					s := w.serveBelow(t, below, func(p *peer) {
						for p.request() != nil {
							c.send(p)
						}
					})
					with(t, k.engine(t), Options{TLS: w.client}, func(cl client) error {
						for i := range 3 {
							v := cl.get(s.base)
							v.want(t, 200, c.want)
							if v.Reused != (i > 0) || !v.TLS.Used() || "tls"+v.TLS.Version() != w.name {
								t.Errorf("fetch %d: reused %v, %s", i, v.Reused, v.TLS.Version())
							}
						}
						return nil
					})
				})
			}
		})
	}
}

// TestTLSUpload: a large request arrives whole, from several tasks at once, while answers come.
func TestTLSUpload(t *testing.T) {
	w := secured(t)
	s := w.serve(t, func(p *peer) {
		for {
			req, err := http.ReadRequest(p.reader)
			if err != nil {
				return
			}
			got, _ := io.ReadAll(req.Body)
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(got), got))
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		e := k.engine(t)
		c := NewClient(e, Options{TLS: w.client})
		var left atomic.Int64
		left.Store(4)
		for i := range 4 {
			e.Go("uploader", func(ctx context.Context) error {
				sent := bytes.Repeat(fmt.Appendf(nil, "%06d", i), 200_000)
				for range 2 {
					client{c, t, ctx, e}.do(s.base, Request{Method: "PUT", Body: sent}).want(t, 200, string(sent))
				}
				if left.Add(-1) == 0 {
					c.Close()
				}
				return nil
			})
		}
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestTLSResumption: the second connection to a host is made by the session of the first, and both sides say so.
func TestTLSResumption(t *testing.T) {
	for _, w := range wires(t)[1:] {
		t.Run(w.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				var full, resumed atomic.Int64
				s := w.serve(t, func(p *peer) {
					if p.Conn.(*tls.Conn).ConnectionState().DidResume {
						resumed.Add(1)
					} else {
						full.Add(1)
					}
					p.request()
					p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
					p.close()
				})
				with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
					for i := range 3 {
						v := c.get(s.base)
						v.want(t, 200, "hello")
						if v.TLS.Resumed() != (i > 0) || v.TLS.Cipher() == "" || v.Timings.TLS <= 0 {
							t.Errorf("fetch %d: resumed %v, cipher %q, handshake of %v", i, v.TLS.Resumed(), v.TLS.Cipher(), v.Timings.TLS)
						}
					}
					return nil
				})
				if full.Load() != 1 || resumed.Load() != 2 {
					t.Errorf("the server counted %d full handshakes and %d resumed, want 1 and 2", full.Load(), resumed.Load())
				}
			})
		})
	}
}

// TestTLSClientCertificate: a server that asks for a certificate is shown the user's, whatever authorities it names.
func TestTLSClientCertificate(t *testing.T) {
	for _, w := range wires(t)[1:] {
		a := newAuthority(t)
		cert := a.issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		w.server.ClientAuth, w.server.ClientCAs = tls.RequireAndVerifyClientCert, a.pool
		w.client.Certificate = &cert
		t.Run(w.name, func(t *testing.T) {
			s := w.serve(t, answering(hello))
			onEach(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
					c.get(s.base).want(t, 200, "hello")
					return nil
				})
			})
		})
	}
}

// TestTLSServerName: a name is told to the server before it chooses a certificate, an address is not (RFC 6066
// section 3), and the one protocol that is offered is ours.
func TestTLSServerName(t *testing.T) {
	w := secured(t)
	var mu sync.Mutex // guards hellos
	var hellos []string
	w.server.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		mu.Lock()
		defer mu.Unlock()
		hellos = append(hellos, fmt.Sprintf("%q %q", h.ServerName, h.SupportedProtos))
		return nil, nil
	}
	s := w.serve(t, answering(hello))
	_, port, _ := net.SplitHostPort(s.address)
	onEach(t, func(t *testing.T, k kind) {
		mu.Lock()
		hellos = nil
		mu.Unlock()
		o := Options{TLS: w.client, Resolve: map[string][]netip.Addr{"name.test:" + port: {netip.MustParseAddr("127.0.0.1")}}}
		with(t, k.engine(t), o, func(c client) error {
			c.get("https://name.test:"+port+"/").want(t, 200, "hello")
			c.get(s.base).want(t, 200, "hello")
			return nil
		})
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Join(hellos, ", "); got != `"name.test" ["http/1.1"], "" ["http/1.1"]` {
			t.Errorf("the server was told %s", got)
		}
	})
}

// noticing notes the type of the last record that is read through it.
type noticing struct {
	net.Conn
	last *atomic.Int64
}

func (c noticing) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.last.Store(int64(p[0]))
	}
	return n, err
}

// TestTLSClose: the server is told of the end of an idle connection, by a close_notify. The types of records can be
// seen in TLS 1.2.
func TestTLSClose(t *testing.T) {
	w := secured(t)
	w.server.MaxVersion = tls.VersionTLS12
	onEach(t, func(t *testing.T, k kind) {
		var last atomic.Int64
		ended := make(chan struct{})
		s := w.serveBelow(t, func(c net.Conn) net.Conn { return noticing{c, &last} }, func(p *peer) {
			defer close(ended)
			answering(hello)(p)
		})
		with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
			c.get(s.base).want(t, 200, "hello")
			return nil
		})
		<-ended
		const alert = 21
		if last.Load() != alert {
			t.Errorf("the last record was of type %d, want an alert", last.Load())
		}
	})
}

// TestTLSCloseDoesNotWait: a connection whose server reads nothing is closed at once, from a callback.
func TestTLSCloseDoesNotWait(t *testing.T) {
	w := secured(t)
	s := w.serve(t, func(p *peer) { <-t.Context().Done() })
	onEach(t, func(t *testing.T, k kind) {
		e := punctual(k.engine(t))
		with(t, e, Options{TLS: w.client, Timeout: short}, func(c client) error {
			v := c.do(s.base, Request{Method: "PUT", Body: large()})
			v.wantClass(t, TimeoutWrite)
			return nil
		})
	})
}

// TestTLSIsNotLoaded: a crawl of plain HTTP has nothing of TLS.
func TestTLSIsNotLoaded(t *testing.T) {
	s := serve(t, answering(hello))
	with(t, engine.NewGoroutine(), Options{}, func(c client) error {
		c.get(s.base).want(t, 200, "hello")
		if c.security != nil {
			t.Error("it has been made")
		}
		return nil
	})
}

// TestTLSOracle: status and body are what the standard client gets of the same server.
func TestTLSOracle(t *testing.T) {
	w := secured(t)
	_, base := web(t, origin.Config{TLS: w.server, Size: origin.Size{Min: 200, Max: 100_000}, Pages: 20, Links: 0})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.client.Roots}, DisableCompression: true}
	defer transport.CloseIdleConnections()
	paths := []string{"/f/chunked/100000?chunk=777&trailers=1", "/f/close-delimited/100000", "/f/interim/103?n=3", "/f/size/300000", "/f/no-content", "/f/drip/100?step=9&every=0s"}
	for i := range 20 {
		paths = append(paths, fmt.Sprintf("/p/%d", i))
	}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
			for _, path := range paths {
				req, err := http.NewRequest("GET", base+path, nil)
				if err != nil {
					return err
				}
				theirs, err := transport.RoundTrip(req)
				if err != nil {
					return err
				}
				body, err := io.ReadAll(theirs.Body)
				theirs.Body.Close()
				if err != nil {
					return err
				}
				c.get(base+path).want(t, theirs.StatusCode, string(body))
			}
			return nil
		})
	})
}
