package fetch

import "net/netip"

// private reports whether addr is one to which no public page may lead: see Request.Guarded.
func (c *Client) private(addr netip.Addr) bool {
	if c.options.Private != nil {
		return c.options.Private(addr.Unmap())
	}
	return isPrivate(addr)
}

// fromPublic reports whether a response is a public page's, as far as that is known of one that came by a proxy.
func (c *Client) fromPublic(res *Response) bool {
	if v := res.via(); v != nil && v.proxy.remote {
		return !v.known.IsValid() || !c.private(v.known)
	}
	return res.Public
}

// isPrivate reports whether addr is anything but an address of the public Internet: of this machine, of a network of
// somebody's own, or of nobody. It goes by the IANA IPv4 and IPv6 special-purpose address registries (RFC 6890). What
// these call globally reachable within a block that as a whole is not (192.0.0.9, 2001:3::/32 and the like) is for
// protocols and has no pages, and stays private. An IPv4 address that stands in an IPv6 address is judged itself.
func isPrivate(addr netip.Addr) bool {
	addr = addr.Unmap() // ::ffff:0:0/96 (RFC 4291)
	switch {
	case addr.Is4():
		return isPrivate4(addr.As4())
	case addr.Is6():
		return isPrivate6(addr.As16())
	}
	return true // none at all
}

func isPrivate4(a [4]byte) bool {
	switch a[0] {
	case 0, // 0.0.0.0/8: this host on this network (RFC 791, RFC 1122)
		10,  // 10.0.0.0/8: private use (RFC 1918)
		127: // 127.0.0.0/8: loopback (RFC 1122)
		return true
	case 100: // 100.64.0.0/10: shared by the customers of a carrier (RFC 6598)
		return a[1]&0xc0 == 64
	case 169: // 169.254.0.0/16: link local (RFC 3927); 169.254.169.254 has the secrets of cloud machines
		return a[1] == 254
	case 172: // 172.16.0.0/12: private use (RFC 1918)
		return a[1]&0xf0 == 16
	case 192:
		switch {
		case a[1] == 168, // 192.168.0.0/16: private use (RFC 1918)
			a[1] == 0 && a[2] == 0,   // 192.0.0.0/24: protocol assignments (RFC 6890)
			a[1] == 0 && a[2] == 2,   // 192.0.2.0/24: documentation (RFC 5737)
			a[1] == 88 && a[2] == 99: // 192.88.99.0/24: relays of 6to4, deprecated (RFC 7526)
			return true
		}
	case 198:
		return a[1]&0xfe == 18 || // 198.18.0.0/15: benchmarks (RFC 2544)
			a[1] == 51 && a[2] == 100 // 198.51.100.0/24: documentation (RFC 5737)
	case 203: // 203.0.113.0/24: documentation (RFC 5737)
		return a[1] == 0 && a[2] == 113
	}
	return a[0] >= 224 // multicast (RFC 5771), reserved (RFC 1112), broadcast (RFC 919)
}

// isPrivate6 takes as public what is in 2000::/3, from which all global unicast addresses come that there are so far, less
// the blocks below. So loopback, unique local (RFC 4193), link local, multicast, IPv4-compatible (RFC 4291), local NAT64
// (RFC 8215), discard only (RFC 6666), segment routing (RFC 9602) and all that nobody has yet is private.
func isPrivate6(a [16]byte) bool {
	switch {
	case [12]byte(a[:12]) == [12]byte{0, 0x64, 0xff, 0x9b}: // 64:ff9b::/96: NAT64 of the IPv4 address behind it (RFC 6052)
		return isPrivate4([4]byte(a[12:]))
	case !isGlobal(a):
		return true
	case a[0] == 0x20 && a[1] == 0x02: // 2002::/16: 6to4 of the IPv4 address behind it (RFC 3056)
		return isPrivate4([4]byte(a[2:6]))
	case a[0] == 0x20 && a[1] == 0x01:
		return a[2] < 0x02 || // 2001::/23: protocol assignments (RFC 2928), Teredo, benchmarks and ORCHID among them
			a[2] == 0x0d && a[3] == 0xb8 // 2001:db8::/32: documentation (RFC 3849)
	}
	return a[0] == 0x3f && a[1] == 0xff && a[2]&0xf0 == 0 // 3fff::/20: documentation (RFC 9637)
}

// isGlobal6 reports whether addr is a global unicast IPv6 address.
func isGlobal6(addr netip.Addr) bool { return addr.Is6() && isGlobal(addr.As16()) }

// isGlobal: 2000::/3 (RFC 4291 section 2.4, as IANA assigns it).
func isGlobal(a [16]byte) bool { return a[0]&0xe0 == 0x20 }
