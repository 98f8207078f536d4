//go:build unix

package fetch

import (
	"net/netip"
	"testing"
)

// TestPrivateBlocks: of each block of the IANA special-purpose address registries (and of multicast, RFC 5771 and RFC
// 4291) the first and last address are private, and those beside it are public where they are of no other block.
func TestPrivateBlocks(t *testing.T) {
	for _, tt := range []struct {
		block         string
		before, after bool // these are public
	}{
		{"0.0.0.0/8", false, true},
		{"10.0.0.0/8", true, true},
		{"100.64.0.0/10", true, true},
		{"127.0.0.0/8", true, true},
		{"169.254.0.0/16", true, true},
		{"172.16.0.0/12", true, true},
		{"192.0.0.0/24", true, true},
		{"192.0.2.0/24", true, true},
		{"192.88.99.0/24", true, true},
		{"192.168.0.0/16", true, true},
		{"198.18.0.0/15", true, true},
		{"198.51.100.0/24", true, true},
		{"203.0.113.0/24", true, true},
		{"224.0.0.0/4", true, false},
		{"240.0.0.0/4", false, false},
		{"255.255.255.255/32", false, false},

		{"::/128", false, false},
		{"::1/128", false, false},
		{"::/96", false, false},
		{"64:ff9b:1::/48", false, false},
		{"100::/64", false, false},
		{"100:0:0:1::/64", false, false},
		{"2001::/23", true, true},
		{"2001::/32", true, false},
		{"2001:2::/48", false, false},
		{"2001:10::/28", false, false},
		{"2001:db8::/32", true, true},
		{"3fff::/20", true, true},
		{"5f00::/16", false, false},
		{"fc00::/7", false, false},
		{"fe80::/10", false, false},
		{"fec0::/10", false, false},
		{"ff00::/8", false, false},
	} {
		block := netip.MustParsePrefix(tt.block)
		first, last := block.Addr(), lastOf(block)
		for _, addr := range []netip.Addr{first, last, first.Next(), last.Prev()} {
			if block.Contains(addr) && !isPrivate(addr) {
				t.Errorf("%s of %s is public", addr, block)
			}
		}
		if before := first.Prev(); before.IsValid() && isPrivate(before) == tt.before {
			t.Errorf("before %s, %s is public: %v", block, before, !tt.before)
		}
		if after := last.Next(); after.IsValid() && isPrivate(after) == tt.after {
			t.Errorf("behind %s, %s is public: %v", block, after, !tt.after)
		}
	}
}

// lastOf is the last address of a block.
func lastOf(block netip.Prefix) netip.Addr {
	raw := block.Addr().AsSlice()
	for bit := block.Bits(); bit < 8*len(raw); bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(raw)
	return addr
}

// TestPrivateForms: an IPv4 address within an IPv6 address is what it is outside, and a zone changes nothing.
func TestPrivateForms(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": false, "1.1.1.1": false, "93.184.216.34": false, "223.255.255.255": false,
		"2606:4700::1111": false, "2a00:1450:4001::68": false, "2620:4f:8000::1": false, "2001:4860:4860::8888": false,

		"::ffff:127.0.0.1": true, "::ffff:10.1.2.3": true, "::ffff:169.254.169.254": true, "::ffff:8.8.8.8": false,
		"::127.0.0.1": true, "::8.8.8.8": true, // nobody has these any more
		"::ffff:0:127.0.0.1": true, // RFC 2765
		"64:ff9b::127.0.0.1": true, "64:ff9b::a9fe:a9fe": true, "64:ff9b::192.168.0.1": true, "64:ff9b::8.8.8.8": false,
		"64:ff9b:1::8.8.8.8": true, // a network's own
		"2002:7f00:1::":      true, "2002:a00:1::1": true, "2002:a9fe:a9fe::": true, "2002:c0a8:1::1": true, "2002:808:808::1": false,
		"2001:0:808:808::1": true, // Teredo

		"fe80::1%eth0": true, "2001:db8::1%eth0": true, "2606:4700::1111%eth0": false, "::1%lo": true,
	} {
		if got := isPrivate(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is private: %v, want %v", addr, got, want)
		}
	}
	if !isPrivate(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

// TestPrivateAllocates: it is asked of every connection.
func TestPrivateAllocates(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("2606:4700::1111"), netip.MustParseAddr("::ffff:10.0.0.1")}
	if n := testing.AllocsPerRun(100, func() {
		for _, addr := range addrs {
			isPrivate(addr)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
