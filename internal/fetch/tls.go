package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync"
	"time"

	"crawl/internal/engine"
)

// TLSOptions are the choices there are for https. The zero value verifies servers by the system's authorities.
type TLSOptions struct {
	Insecure    bool             // do not verify who the server is
	Roots       *x509.CertPool   // authorities to trust instead of the system's; nil: the system's
	Certificate *tls.Certificate // shown to a server that asks for one
	MinVersion  uint16           // tls.VersionTLS10 or later; default TLS 1.2
}

// TLSInfo is what was agreed on with the server. The zero value is a connection without TLS.
type TLSInfo struct {
	version, cipher uint16
	resumed         bool
}

// NewTLSInfo is what a connection with that version and cipher suite of crypto/tls has.
func NewTLSInfo(version, cipher uint16, resumed bool) TLSInfo {
	return TLSInfo{version: version, cipher: cipher, resumed: resumed}
}

// Used reports whether there was TLS.
func (i TLSInfo) Used() bool { return i.version != 0 }

// Resumed reports whether the handshake was short, by a session that was there before.
func (i TLSInfo) Resumed() bool { return i.resumed }

// Version is "1.3" and the like.
func (i TLSInfo) Version() string {
	switch i.version {
	case tls.VersionTLS10:
		return "1.0"
	case tls.VersionTLS11:
		return "1.1"
	case tls.VersionTLS12:
		return "1.2"
	}
	return "1.3"
}

// Cipher is the name of the cipher suite, as IANA has it.
func (i TLSInfo) Cipher() string { return tls.CipherSuiteName(i.cipher) }

// Bounds of what is kept for servers that are met again.
const (
	// A session lets a connection to the same host be made with half of the CPU and without the server's certificate. It
	// holds 4 KB or so (the ticket, and certificates that no connection uses any more), so this is some megabytes.
	// The hosts of a crawl come in turns, and their idle connections are used before that, so more would seldom help.
	maxSessions = 1024
	// A configuration holds 0.5 KB, and each connection one; hosts have several connections.
	maxConfigs = 1024
)

// security is what connections with TLS share. It comes into being with the first, so that a crawl without them does
// not load the authorities.
type security struct {
	engine  engine.Engine
	options TLSOptions
	leaf    *tlsLeaf // another than that of connections below or above these

	mu      sync.Locker // guards what follows
	loading engine.Cond
	state   rootState
	base    *tls.Config
	configs map[string]*tls.Config // by host
}

// rootState is where the authorities are.
type rootState uint8

const (
	rootsUnknown rootState = iota
	rootsLoading
	rootsLoaded
)

func newSecurity(e engine.Engine, o TLSOptions) *security {
	if o.MinVersion == 0 {
		o.MinVersion = tls.VersionTLS12
	}
	mu := e.NewMutex()
	return &security{
		engine: e, options: o, leaf: newTLSLeaf(e),
		mu: mu, loading: e.NewCond(mu, "authorities"), configs: map[string]*tls.Config{},
	}
}

// config is the configuration for connections to host, a name or an address.
func (s *security) config(ctx context.Context, host string) (*tls.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	if config := s.configs[host]; config != nil {
		return config, nil
	}
	if s.base == nil {
		s.base = s.newConfig()
	}
	if len(s.configs) >= maxConfigs {
		clear(s.configs) // connections keep theirs
	}
	config := s.base.Clone()
	config.ServerName = host
	s.configs[host] = config
	return config, nil
}

// load loads the system's authorities, off the loop, for they are some hundred files or a large one: 10 ms, and a
// megabyte. crypto/x509 keeps them, and finds them by itself where a configuration names none; it also looks at
// SSL_CERT_FILE and SSL_CERT_DIR. If there are none, that is said when a certificate is to be verified.
func (s *security) load(ctx context.Context) error {
	if s.options.Insecure || s.options.Roots != nil {
		return nil
	}
	for s.state != rootsLoaded {
		if s.state == rootsLoading {
			if err := s.loading.Wait(ctx); err != nil {
				return err
			}
			continue
		}
		s.state = rootsLoading
		s.mu.Unlock()
		err := s.engine.Blocking(ctx, func() error {
			_, _ = x509.SystemCertPool()
			return nil
		})
		s.mu.Lock()
		s.state = rootsLoaded
		if err != nil {
			s.state = rootsUnknown // it was cancelled, or panicked
		}
		s.loading.Broadcast()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *security) newConfig() *tls.Config {
	o := &s.options
	c := &tls.Config{
		Time:               s.engine.Now,
		RootCAs:            o.Roots,
		InsecureSkipVerify: o.Insecure,
		MinVersion:         o.MinVersion,
		NextProtos:         []string{"http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(maxSessions),
	}
	if o.Certificate != nil {
		// Shown whatever authorities the server names: the user has said that it is for these servers.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return o.Certificate, nil }
	}
	return c
}

// secured is what is made for the first connection that needs it: with a server, or else with a proxy, which is not
// shown the certificate that is for servers.
func (c *Client) secured(server bool) *security {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, options := &c.security, c.options.TLS
	if !server {
		s, options.Certificate = &c.proxySecurity, nil
	}
	if *s == nil {
		*s = newSecurity(c.engine, options)
	}
	return *s
}

// secure makes a TLS connection with the server of conn.
func (e *establishing) secure(ctx context.Context, conn *conn) error {
	state, err := e.shake(ctx, conn, nil, &e.response.Timings.TLS)
	if err == nil {
		conn.tls = NewTLSInfo(state.Version, state.CipherSuite, state.DidResume)
	}
	return err
}

// secureProxy makes a TLS connection with the proxy of conn. As all that it takes to get to where the server can be
// asked, its time is that of the connect.
func (e *establishing) secureProxy(ctx context.Context, conn *conn) error {
	_, err := e.shake(ctx, conn, e.route.via.proxy, &e.response.Timings.Connect)
	return e.route.blame(err)
}

// shake does a handshake, on the stack of this task, which may grow (see establishing): with p, or with the server if
// that is nil. It adds to spent how long it took.
func (e *establishing) shake(ctx context.Context, conn *conn, p *Proxy, spent *time.Duration) (state tls.ConnectionState, err error) {
	c, host := e.client, e.route.url.Host()
	if p != nil {
		host = p.host
	}
	s := c.secured(p == nil)
	config, err := s.config(ctx, host)
	if err != nil {
		return state, fail(Cancelled, err)
	}
	before := c.engine.Now()
	deadline, timeout := before.Add(c.options.ConnectTimeout), TimeoutTLS
	if last := c.deadline(&e.response); last.Before(deadline) {
		deadline, timeout = last, TimeoutTotal
	}
	if err = conn.SetDeadline(deadline); err == nil {
		state, err = s.handshake(conn, config, p, func() { c.noteLag(&e.response, c.engine.Now()) })
	}
	now := c.engine.Now()
	*spent += now.Sub(before)
	c.noteLag(&e.response, now)
	if e.response.trace() != nil {
		e.response.trace().tell(&Event{
			Kind: EventTLS, Text: host, Took: now.Sub(before), State: &state, Insecure: s.options.Insecure, Err: err,
		})
	}
	if err != nil {
		return state, handshakeError(ctx, err, timeout)
	}
	return state, nil
}

// handshake puts a TLS connection in the place of the one that conn has, which may be one with a proxy. p is the proxy
// that it is with, or nil. crypto/tls gets a context that nothing can cancel, for else it would close the connection
// from another goroutine: the deadline of the connection ends it, and so does the cancellation of the task. woken is
// called whenever something has come.
func (s *security) handshake(conn *conn, config *tls.Config, p *Proxy, woken func()) (state tls.ConnectionState, err error) {
	var session *tls.Conn
	var events engine.ReadWaiter
	var over net.Conn
	if raw, ok := conn.Conn.(steppable); ok {
		c := &steppedConn{steppable: heeded{raw, woken}, leaf: s.leaf, proxy: p, waits: true, more: true}
		if below, ok := conn.Conn.(*steppedConn); ok {
			below.carries = true
		}
		c.session = tls.Client((*ciphertext)(c), config)
		session, over, events = c.session, c, c
		defer func() { c.steppable, c.waits = raw, false }()
	} else {
		below := &uncut{Conn: conn.Conn}
		session = tls.Client(below, config)
		over = &wholeConn{Conn: session, below: below, proxy: p}
	}
	if err := session.HandshakeContext(context.Background()); err != nil {
		return state, err
	}
	conn.Conn, conn.events = over, events
	return session.ConnectionState(), nil
}
