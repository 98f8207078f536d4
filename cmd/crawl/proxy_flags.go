package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// proxyFlags say by which proxies URLs are fetched. The letters are curl's.
type proxyFlags struct {
	proxy   setting
	noProxy setting
	tunnel  bool

	getenv func(string) string // nil: the environment has no say
	rules  proxyRules          // what it all comes to, when check has been called
}

// setting is a string flag for which "" is something to say, too.
type setting struct {
	value string
	set   bool
}

func (s *setting) Type() string   { return "string" }
func (s *setting) String() string { return s.value }

// Set implements pflag.Value. It refuses nothing, for pflag would repeat what may be a password.
func (s *setting) Set(value string) error {
	s.value, s.set = value, true
	return nil
}

func (p *proxyFlags) add(f *pflag.FlagSet) {
	f.VarP(&p.proxy, "proxy", "x", "fetch by `PROXY`, as socks5h://user:password@127.0.0.1:1080; http (the default), https (verified as servers are: --cacert, -k), socks5, or socks5h, which resolves names; \"\" is none")
	f.Var(&p.noProxy, "noproxy", "hosts to fetch without it, as `LIST` of names, addresses and networks, or * for all; instead of NO_PROXY")
	f.BoolVarP(&p.tunnel, "proxytunnel", "p", false, "connect through an HTTP proxy for http:// URLs too (CONNECT), as always for https://")
}

// check makes the rules. headers are those of -H.
func (p *proxyFlags) check(headers []string) error {
	for _, line := range headers {
		if name, _, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(name), "Proxy-Authorization") {
			err := errors.New("-H Proxy-Authorization: a server would get it, too")
			return &exitErr{code: exitUsage, err: err, hint: "-x USER:PASSWORD@HOST:PORT"}
		}
	}
	if p.proxy.set {
		if p.proxy.value != "" {
			chosen, err := p.parse(p.proxy.value)
			if err != nil {
				return usageError("-x: %w", err)
			}
			p.rules.http, p.rules.https, p.rules.local = chosen, chosen, true
		}
	} else if err := p.fromEnvironment(); err != nil {
		return err
	}
	list := p.noProxy.value
	if !p.noProxy.set {
		_, list = p.environment("no_proxy", "NO_PROXY")
	}
	p.rules.exempt(list)
	return nil
}

// fromEnvironment asks the environment as curl does: HTTP_PROXY is not asked for, since to a CGI program that is the
// field "Proxy" of somebody's request (RFC 3875 section 4.1.18).
func (p *proxyFlags) fromEnvironment() (err error) {
	for _, of := range []struct {
		proxy **fetch.Proxy
		names []string
	}{
		{&p.rules.http, []string{"http_proxy", "all_proxy", "ALL_PROXY"}},
		{&p.rules.https, []string{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}},
	} {
		name, value := p.environment(of.names...)
		if value == "" {
			continue
		}
		if *of.proxy, err = p.parse(value); err != nil {
			return &exitErr{code: exitUsage, err: fmt.Errorf("%s in the environment: %w", name, err), hint: `-x "" leaves the environment alone`}
		}
	}
	return nil
}

// environment is the first of these variables that is not empty.
func (p *proxyFlags) environment(names ...string) (name, value string) {
	if p.getenv == nil {
		return "", ""
	}
	for _, name := range names {
		if value := p.getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}

func (p *proxyFlags) parse(s string) (*fetch.Proxy, error) {
	proxy, err := fetch.ParseProxy(s)
	if err != nil {
		return nil, err
	}
	proxy.Tunnel = p.tunnel
	return proxy, nil
}

// choose is fetch.Options.Proxy: nil if there is no proxy for anything.
func (p *proxyFlags) choose() func(*link.URL) *fetch.Proxy {
	if p.rules.http == nil && p.rules.https == nil {
		return nil
	}
	return p.rules.proxy
}

// announce says which proxies there are: they may come from an environment that nobody thinks of.
func (p *proxyFlags) announce(w io.Writer) {
	r := &p.rules
	switch {
	case r.http == nil && r.https == nil:
	case r.http == nil:
		fmt.Fprintf(w, "crawl: https:// by proxy %s\n", r.https)
	case r.https == nil:
		fmt.Fprintf(w, "crawl: http:// by proxy %s\n", r.http)
	case r.http.String() == r.https.String():
		fmt.Fprintf(w, "crawl: by proxy %s\n", r.http)
	default:
		fmt.Fprintf(w, "crawl: http:// by proxy %s, https:// by proxy %s\n", r.http, r.https)
	}
}
