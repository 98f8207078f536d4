package fetch

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"crawl/internal/http1"
	"crawl/internal/link"
)

// A Proxy is a server that fetches for us (http, https) or connects us with others (socks5, socks5h). It is made by
// ParseProxy, and does not change while a Client knows it. Its name and password stand in no error and no record.
type Proxy struct {
	// Tunnel has an HTTP proxy connect us with the server (CONNECT) for http URLs too, as is always done for https.
	Tunnel bool

	name   string // scheme://host:port
	host   string
	port   uint16
	secure bool // TLS, with the proxy
	socks  bool
	remote bool // it resolves names; with socks5 that is for us to do

	user, password string  // of SOCKS; "" is none
	fields         []Field // of HTTP: what it is told with each request that is for itself
}

// Ports of a proxy that is given without one, which are curl's.
const (
	proxyPort       = 1080
	secureProxyPort = 443
)

// ParseProxy parses [SCHEME://][USER:PASSWORD@]HOST[:PORT]: as curl does, for whom the scheme is http and the port
// 1080 (443 of an https proxy) unless they are given; user and password may be percent-encoded. Its errors do not
// repeat what may be a password.
func ParseProxy(s string) (*Proxy, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "http", s
	}
	p, port := &Proxy{}, uint16(proxyPort)
	switch scheme = strings.ToLower(scheme); scheme {
	case "http":
		p.remote = true
	case "https":
		p.remote, p.secure, port = true, true, secureProxyPort
	case "socks5":
		p.socks = true
	case "socks5h":
		p.socks, p.remote = true, true
	default:
		if !http1.ValidToken(scheme) {
			scheme = ""
		}
		return nil, fmt.Errorf("proxy: scheme %q is not one of http, https, socks5, socks5h", scheme)
	}
	rest = strings.TrimSuffix(rest, "/")
	at := strings.LastIndexByte(rest, '@')
	if at >= 0 {
		if err := p.identify(rest[:at]); err != nil {
			return nil, err
		}
	}
	if err := p.locate(rest[at+1:], port); err != nil {
		return nil, err
	}
	p.name = scheme + "://" + p.address()
	return p, nil
}

var (
	errProxyAddress = errors.New("proxy: no host and port of a proxy in it")
	errProxyUser    = errors.New("proxy: no user and password of a proxy in it")
)

// locate takes host and port, and spells them as those of a URL are.
func (p *Proxy) locate(authority string, port uint16) error {
	u, err := link.Parse("http://" + authority + "/")
	if err != nil || u.String() != u.Origin()+"/" {
		return errProxyAddress
	}
	p.host, p.port = u.Host(), port
	if _, given, err := net.SplitHostPort(authority); err == nil && given != "" {
		p.port = u.Port()
	}
	if p.port == 0 {
		return errProxyAddress
	}
	return nil
}

// identify takes user and password.
func (p *Proxy) identify(userinfo string) error {
	name, word, _ := strings.Cut(userinfo, ":")
	user, err := url.PathUnescape(name)
	if err != nil {
		return errProxyUser
	}
	password, err := url.PathUnescape(word)
	if err != nil {
		return errProxyUser
	}
	const longest = 255 // RFC 1929 section 2
	switch {
	case !p.socks && strings.Contains(user, ":"): // RFC 7617 section 2
		return errProxyUser
	case p.socks && (user == "" || len(user) > longest || len(password) > longest):
		return errProxyUser
	case p.socks:
		p.user, p.password = user, password
	default:
		basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		p.fields = []Field{{Name: "Proxy-Authorization", Value: "Basic " + basic}}
	}
	return nil
}

// String is scheme, host and port.
func (p *Proxy) String() string { return p.name }

func (p *Proxy) address() string { return net.JoinHostPort(p.host, strconv.Itoa(int(p.port))) }

// tunnels reports whether the proxy connects us with the server of u; else it is asked for u itself.
func (p *Proxy) tunnels(u *link.URL) bool { return p.socks || p.Tunnel || u.Secure() }

// wrap says of err which proxy it is about, and while doing what.
func (p *Proxy) wrap(err error, target string) error {
	if target == "" {
		return fmt.Errorf("proxy %s: %w", p, err)
	}
	return fmt.Errorf("proxy %s: to %s: %w", p, target, err)
}
