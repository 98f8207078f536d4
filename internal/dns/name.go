package dns

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// The limits of names (RFC 1035 section 2.3.4). 255 bytes on the wire are 253 characters without the last dot.
const (
	maxName  = 253
	maxLabel = 63
)

// validName reports whether s, without a last dot, can be looked up: labels of 1 to 63 bytes, printable ASCII
// without spaces. The DNS takes any byte; hosts with others do not come out of a URL.
func validName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	label := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case c <= ' ' || c >= 0x7f:
			return false
		}
		if label++; label > maxLabel {
			return false
		}
	}
	return label > 0
}

// candidates are the absolute names that a name stands for, in the order in which they are tried: with a dot at its
// end it is one already; with fewer dots than ndots the search list comes first, else it comes last.
func (c *Config) candidates(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	names := make([]string, 0, 1+len(c.Search))
	if strings.Count(name, ".") >= c.Ndots {
		names = append(names, name+".")
	}
	for _, domain := range c.Search {
		if n := name + "." + domain; len(n) <= maxName {
			names = append(names, n+".")
		}
	}
	if strings.Count(name, ".") < c.Ndots {
		names = append(names, name+".")
	}
	return names
}

// isLocalhost: such a name is this machine, and no server is asked (RFC 6761 section 6.3).
func isLocalhost(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// sameName compares names as the DNS does, without regard to the case of ASCII letters (RFC 4343).
func sameName(a, b *dnsmessage.Name) bool {
	if a.Length != b.Length {
		return false
	}
	for i := range a.Length {
		if x, y := a.Data[i], b.Data[i]; x != y && lower(x) != lower(y) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Families are the families of addresses that are wanted.
type Families uint8

// The families. Of one that is not wanted nothing is asked.
const (
	Both Families = iota
	OnlyIPv4
	OnlyIPv6
)

func (f Families) String() string {
	switch f {
	case OnlyIPv4:
		return "IPv4"
	case OnlyIPv6:
		return "IPv6"
	}
	return "IPv4 or IPv6"
}

func (f Families) has(a netip.Addr) bool {
	return f == Both || a.Is4() == (f == OnlyIPv4)
}

// interleave orders addresses as they are to be tried (RFC 8305 section 4): IPv6 first, then by turns. It drops what
// is not wanted, or is there twice.
func (f Families) interleave(addrs []netip.Addr) []netip.Addr {
	var six, four []netip.Addr
	for _, a := range addrs {
		switch {
		case !f.has(a), slices.Contains(six, a), slices.Contains(four, a):
		case a.Is4():
			four = append(four, a)
		default:
			six = append(six, a)
		}
	}
	ordered := make([]netip.Addr, 0, len(six)+len(four))
	for i := range max(len(six), len(four)) {
		if i < len(six) {
			ordered = append(ordered, six[i])
		}
		if i < len(four) {
			ordered = append(ordered, four[i])
		}
	}
	return ordered
}
