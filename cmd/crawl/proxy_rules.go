package main

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// proxyRules say by which proxy a URL is fetched. What a list of exceptions means is for golang.org/x/net to say, as
// for other programs in Go: a name stands for itself and all below it, with a dot before it only for those below. That
// package never sends what is for this machine itself to a proxy, which is right for one of the environment's, and not
// for one of the command line.
type proxyRules struct {
	http, https *fetch.Proxy // for URLs of that scheme; nil: none
	local       bool         // for this machine itself, too

	except []string                         // the list's entries
	others func(*url.URL) (*url.URL, error) // of httpproxy: nil for those on the list
}

// exempt takes the list: entries between commas or, as curl has it, white space; a dot at the end, and the brackets of
// an address without a port, mean nothing.
func (r *proxyRules) exempt(list string) {
	r.except = strings.FieldsFunc(strings.ToLower(list), func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
	for i, entry := range r.except {
		if len(entry) > 2 && entry[0] == '[' && entry[len(entry)-1] == ']' {
			entry = entry[1 : len(entry)-1]
		}
		r.except[i] = strings.TrimSuffix(entry, ".")
	}
	const some = "http://proxy" // which one is not its business
	config := httpproxy.Config{HTTPProxy: some, HTTPSProxy: some, NoProxy: strings.Join(r.except, ",")}
	r.others = config.ProxyFunc()
}

// proxy is fetch.Options.Proxy.
func (r *proxyRules) proxy(u *link.URL) *fetch.Proxy {
	p := r.http
	if u.Secure() {
		p = r.https
	}
	if p == nil {
		return nil
	}
	host, port := strings.TrimSuffix(u.Host(), "."), strconv.Itoa(int(u.Port()))
	addr, _ := netip.ParseAddr(host)
	if host == "localhost" || addr.Unmap().IsLoopback() {
		if r.local && !r.exceptsLocal(host, addr.Unmap(), port) {
			return p
		}
		return nil
	}
	if by, err := r.others(&url.URL{Scheme: u.Scheme(), Host: net.JoinHostPort(host, port)}); err != nil || by == nil {
		return nil
	}
	return p
}

// exceptsLocal reports whether the list has this machine itself, by the rules of httpproxy, which does not say.
func (r *proxyRules) exceptsLocal(host string, addr netip.Addr, port string) bool {
	return slices.ContainsFunc(r.except, func(entry string) bool {
		if network, err := netip.ParsePrefix(entry); err == nil {
			return network.Contains(addr)
		}
		if name, only, err := net.SplitHostPort(entry); err == nil {
			if only != "" && only != port {
				return false
			}
			entry = name
		}
		if listed, err := netip.ParseAddr(entry); err == nil {
			return listed.Unmap() == addr
		}
		return entry == "*" || entry == host
	})
}
