package dns

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// HostsPath is where systems keep the addresses of names that no server is asked for.
const HostsPath = "/etc/hosts"

// Hosts are the names of a hosts file. It is not written to once it is made; nil has no names.
type Hosts struct {
	addrs map[string][]netip.Addr // by name in lower case, without a last dot
}

// ReadHosts reads a hosts file. It blocks, as files do.
func ReadHosts(path string) (*Hosts, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("hosts file: %w", err)
	}
	return ParseHosts(data), nil
}

// ParseHosts reads the text of a hosts file (hosts(5)): an address, its name and its aliases on a line. A name has all
// the addresses that it has anywhere, of both families, in the order of the file. Lines without an address, and names
// that can be none, count for nothing.
func ParseHosts(data []byte) *Hosts {
	h := &Hosts{addrs: map[string][]netip.Addr{}}
	for fields := range lines(data, "#") {
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		addr = addr.Unmap()
		for _, name := range fields[1:] {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			if validName(name) && len(h.addrs[name]) < maxAddresses && !slices.Contains(h.addrs[name], addr) {
				h.addrs[name] = append(h.addrs[name], addr)
			}
		}
	}
	return h
}

// lookup returns the addresses of a name in lower case without a last dot. They are not to be written to.
func (h *Hosts) lookup(name string) []netip.Addr {
	if h == nil {
		return nil
	}
	return h.addrs[name]
}
