package dns

import (
	"fmt"
	"iter"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ConfigPath is where systems keep the configuration of their resolver.
const ConfigPath = "/etc/resolv.conf"

// What resolv.conf may ask for at most, as in the GNU C library (resolv.conf(5)).
const (
	maxServers  = 3
	maxSearch   = 32 // there it has no limit any more; a name is asked for with each
	maxNdots    = 15
	maxTimeout  = 30 // seconds
	maxAttempts = 5
	serverPort  = 53
)

// Config is what resolv.conf says. Options that change nothing here are taken and ignored: edns0 and trust-ad
// (EDNS0 is always used, and what a server says of DNSSEC never), inet6, ip6-dotint and others of the past.
type Config struct {
	Servers  []netip.AddrPort // at least one
	Search   []string         // domains, in lower case, without a last dot
	Ndots    int              // a name with fewer dots is looked for in Search first
	Timeout  time.Duration    // for one query
	Attempts int              // rounds through Servers

	Rotate        bool // begin with another server each time
	UseTCP        bool // use-vc
	SingleRequest bool // AAAA after A, not along with it
	NoAAAA        bool // no-aaaa

	hasSearch bool
}

// DefaultConfig is an empty resolv.conf: the servers are on this machine.
func DefaultConfig() Config {
	return Config{
		Servers: []netip.AddrPort{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), serverPort),
			netip.AddrPortFrom(netip.IPv6Loopback(), serverPort),
		},
		Ndots: 1, Timeout: 5 * time.Second, Attempts: 2,
	}
}

// ReadConfig reads resolv.conf, and takes the domain of this machine's name if it says nothing of a search list. It
// blocks, as files do.
func ReadConfig(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration of the resolver: %w", err)
	}
	c := ParseConfig(data)
	if !c.hasSearch {
		if name, err := os.Hostname(); err == nil {
			_, domain, _ := strings.Cut(name, ".")
			c.setSearch([]string{domain})
		}
	}
	return c, nil
}

// ParseConfig reads the text of a resolv.conf. As every resolver does, it goes by what it understands: a line that it
// does not counts for nothing.
func ParseConfig(data []byte) Config {
	c := DefaultConfig()
	var servers []netip.AddrPort
	for fields := range lines(data, ";#") {
		switch fields[0] {
		case "nameserver":
			if len(fields) < 2 || len(servers) == maxServers {
				continue
			}
			if addr, err := netip.ParseAddr(fields[1]); err == nil {
				servers = append(servers, netip.AddrPortFrom(addr.Unmap(), serverPort))
			}
		case "domain":
			if len(fields) > 1 {
				c.setSearch(fields[1:2])
			}
		case "search": // the last one counts, of these two
			c.setSearch(fields[1:])
		case "options":
			for _, option := range fields[1:] {
				c.setOption(option)
			}
		}
	}
	if len(servers) > 0 {
		c.Servers = servers
	}
	return c
}

func (c *Config) setSearch(domains []string) {
	c.Search, c.hasSearch = nil, true
	for _, d := range domains {
		d = strings.ToLower(strings.TrimSuffix(d, "."))
		if validName(d) && len(c.Search) < maxSearch && !slices.Contains(c.Search, d) {
			c.Search = append(c.Search, d)
		}
	}
}

func (c *Config) setOption(option string) {
	name, value, _ := strings.Cut(option, ":")
	n, err := strconv.Atoi(value)
	number := err == nil && n >= 0
	switch {
	case name == "ndots" && number:
		c.Ndots = min(n, maxNdots)
	case name == "timeout" && number:
		c.Timeout = time.Duration(max(1, min(n, maxTimeout))) * time.Second
	case name == "attempts" && number:
		c.Attempts = max(1, min(n, maxAttempts))
	case name == "rotate":
		c.Rotate = true
	case name == "use-vc":
		c.UseTCP = true
	case name == "single-request", name == "single-request-reopen":
		c.SingleRequest = true
	case name == "no-aaaa":
		c.NoAAAA = true
	}
}

// lines are the fields of each line that has any, without what stands behind one of the marks of a comment.
func lines(data []byte, marks string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(string(data)) {
			if i := strings.IndexAny(line, marks); i >= 0 {
				line = line[:i]
			}
			if fields := strings.Fields(line); len(fields) > 0 && !yield(fields) {
				return
			}
		}
	}
}
