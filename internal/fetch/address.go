package fetch

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A Family is a version of the Internet protocol.
type Family uint8

// The families. Addresses of the other one are left out, wherever they come from.
const (
	AnyFamily Family = iota
	IPv4
	IPv6
)

// String is "IPv4" or "IPv6".
func (f Family) String() string {
	switch f {
	case IPv4:
		return "IPv4"
	case IPv6:
		return "IPv6"
	}
	return "IP"
}

func familyOf(addr netip.Addr) Family {
	if addr.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}

// mostAddresses is how many of a host's addresses are looked at: one that has more is not to keep us busy for longer.
const mostAddresses = 32

// noIPv6For is how long IPv6 addresses come last when it has turned out that this machine has no way to them.
const noIPv6For = time.Minute

// choose decides which of a host's addresses are tried, in which order, and whether one after the other.
func (d *dialing) choose(addrs []netip.Addr) {
	if len(addrs) == 1 { // as nearly always: nothing to allocate
		if class := d.unfit(addrs[0]); class != "" {
			d.refuse(class, addrs[0])
			return
		}
		d.own.addrs = addrs
	} else {
		d.chooseAmong(addrs)
	}
	if !d.over && !d.several {
		d.start()
	}
}

func (d *dialing) chooseAmong(addrs []netip.Addr) {
	c := d.client
	addrs = addrs[:min(len(addrs), mostAddresses)]
	var fit []netip.Addr
	why, culprit := ConnectFamily, addrs[0]
	for _, addr := range addrs {
		switch class := d.unfit(addr); {
		case class != "":
			if class == AddressPrivate {
				why, culprit = class, addr
			}
		case !slices.Contains(fit, addr.Unmap()):
			fit = append(fit, addr.Unmap())
		}
	}
	if len(fit) == 0 {
		d.refuse(why, culprit)
		return
	}
	c.mu.Lock()
	noIPv6 := c.engine.Now().Before(c.noIPv6)
	c.mu.Unlock()
	var race int
	d.own.addrs, race = order(fit, noIPv6)
	d.several = race > 1
}

// unfit is the class of a host that has no other address than addr, if that cannot be used.
func (d *dialing) unfit(addr netip.Addr) Class {
	c := d.client
	switch {
	case c.options.Family != AnyFamily && familyOf(addr) != c.options.Family:
		return ConnectFamily
	case d.need&needPublic != 0 && !d.given && c.private(addr):
		return AddressPrivate
	}
	return ""
}

// refuse ends a dialing none of whose addresses can be used; addr is one of them.
func (d *dialing) refuse(class Class, addr netip.Addr) {
	host, family := d.route.host, d.client.options.Family
	written := d.written[0].IsValid() && !d.given
	var reason string
	switch {
	case class == ConnectFamily && written:
		reason = fmt.Sprintf("is not an %s address", family)
	case class == ConnectFamily:
		reason = fmt.Sprintf("has no %s address", family)
	case written:
		reason = "is a private address, to which no public page may lead"
	default:
		reason = fmt.Sprintf("has a private address (%s), to which no public page may lead", addr)
	}
	d.err, d.over = fail(class, fmt.Errorf("%q %s", host, reason)), true
}

// order has the addresses by family in turn, IPv6 first, and of a family in the order they came in (RFC 8305 section 4).
// The first race of them are worth trying at once; where there is no IPv6, these are the others.
func order(addrs []netip.Addr, noIPv6 bool) (ordered []netip.Addr, race int) {
	var six, four []netip.Addr
	for _, addr := range addrs {
		if addr.Is4() {
			four = append(four, addr)
		} else {
			six = append(six, addr)
		}
	}
	if noIPv6 && len(four) > 0 {
		return append(four, six...), len(four)
	}
	for i := range max(len(six), len(four)) {
		if i < len(six) {
			ordered = append(ordered, six[i])
		}
		if i < len(four) {
			ordered = append(ordered, four[i])
		}
	}
	return ordered, len(ordered)
}

// attempts are what is left to try of a host's addresses, and how those that were tried have failed. They belong to one
// dialing, or to all that race for a connection, under Client.mu.
type attempts struct {
	addrs  []netip.Addr
	latest time.Time // when the last one began
	active int       // dialings that have taken an address, and not ended yet with an error
	tried  int
	err    error // the most telling
}

// note adds a failure.
func (a *attempts) note(err error) {
	a.tried++
	if a.err == nil || telling(err) >= telling(a.err) {
		a.err = err
	}
}

// telling is larger for an error that says more of why a host with several addresses cannot be reached. What is our
// fault is not to be hidden, nor is a server that is there behind a network of ours that is not.
func telling(err error) int {
	switch class := ClassOf(err); {
	case class == TimeoutTotal:
		return 5
	case class.Family() == "local":
		return 4
	case class == ConnectRefused:
		return 3
	case class == TimeoutConnect:
		return 2
	case class == ConnectUnreachable:
		return 0
	}
	return 1
}

// verdict is the error when all have failed.
func (a *attempts) verdict() error {
	if a.tried < 2 {
		return a.err
	}
	return fail(ClassOf(a.err), fmt.Errorf("no connection to any of %d addresses: %w", a.tried, a.err))
}
