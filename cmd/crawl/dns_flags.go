package main

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"crawl/internal/dns"
	"crawl/internal/engine"
)

// systemResolver is the --dns-server that leaves names to the system's resolver.
const systemResolver = "system"

// Queries that are out at a time take a descriptor each. Few of them fit into what is reserved anyway; when there are
// many descriptors, more are taken from the connections.
const (
	dnsShare       = 32 // of so many descriptors, one
	reservedForDNS = reservedDescriptors / 2
)

// dnsFlags say who resolves names.
type dnsFlags struct {
	servers []string
	timeout time.Duration

	parsedServers []netip.AddrPort
	queries       int // out at a time
}

func (d *dnsFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&d.servers, "dns-server", nil, "ask the name server at `ADDR[:PORT]`, instead of those of /etc/resolv.conf; may be repeated; or system: the system's resolver")
	f.DurationVar(&d.timeout, "dns-timeout", 0, "for one query to a name server (default what /etc/resolv.conf says, or 5s); a name takes no longer than --connect-timeout")
}

func (d *dnsFlags) check() error {
	if d.timeout < 0 {
		return usageError("--dns-timeout %v: must be more than 0", d.timeout)
	}
	d.parsedServers = nil
	for _, text := range d.servers {
		if text == systemResolver {
			continue
		}
		server, err := netip.ParseAddrPort(text)
		if err != nil {
			bare := text
			if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
				bare = text[1 : len(text)-1]
			}
			var addr netip.Addr
			addr, err = netip.ParseAddr(bare)
			server = netip.AddrPortFrom(addr, 53)
		}
		if err != nil || server.Port() == 0 {
			return usageError("--dns-server %q: must be an IP address, or one and a port, as 192.0.2.1:53 or [2001:db8::1]:53, or %s", text, systemResolver)
		}
		d.parsedServers = append(d.parsedServers, netip.AddrPortFrom(server.Addr().Unmap(), server.Port()))
	}
	switch system := slices.Contains(d.servers, systemResolver); {
	case system && len(d.servers) > 1:
		return usageError("--dns-server %s: is instead of any other", systemResolver)
	case system && d.timeout > 0:
		return usageError("--dns-timeout: the system's resolver has its own")
	}
	return nil
}

// reserve leaves descriptors to queries.
func (d *dnsFlags) reserve(p *plan) {
	d.queries = dns.DefaultMaxQueries
	if p.limit > 0 {
		d.queries = min(d.queries, max(1, p.limit/dnsShare))
		p.maxConns = max(1, p.maxConns-max(0, d.queries-reservedForDNS))
		p.concurrency = min(p.concurrency, p.maxConns)
	}
}

// resolver makes the resolver of a crawl, or nil for that of the system: if it is asked for, and where there is no
// /etc/resolv.conf and no server is named. It asks for addresses of these families only, and a name takes no longer than
// limit. It reads files.
func (d *dnsFlags) resolver(e engine.Engine, families dns.Families, limit time.Duration) *dns.Resolver {
	if slices.Contains(d.servers, systemResolver) {
		return nil
	}
	config, err := dns.ReadConfig(dns.ConfigPath)
	if err != nil {
		if len(d.parsedServers) == 0 {
			return nil
		}
		config = dns.DefaultConfig()
	}
	if len(d.parsedServers) > 0 {
		config.Servers = d.parsedServers
	}
	hosts, err := dns.ReadHosts(dns.HostsPath)
	if err != nil {
		hosts = nil // a system may do without
	}
	return dns.New(e, dns.Options{
		Config: config, Hosts: hosts, Families: families, Timeout: d.timeout, Limit: limit, MaxQueries: d.queries,
	})
}
