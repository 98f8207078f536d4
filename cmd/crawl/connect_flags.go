package main

import (
	"github.com/spf13/pflag"

	"crawl/internal/dns"
	"crawl/internal/fetch"
)

// connectFlags say to which addresses connections may be made.
type connectFlags struct {
	ipv4         bool
	ipv6         bool
	allowPrivate bool
}

func (c *connectFlags) add(f *pflag.FlagSet) {
	f.BoolVarP(&c.ipv4, "ipv4", "4", false, "use IPv4 addresses only")
	f.BoolVarP(&c.ipv6, "ipv6", "6", false, "use IPv6 addresses only")
	f.BoolVar(&c.allowPrivate, "allow-private", false, "let public pages lead to private addresses (loopback, 10.0.0.0/8 …)")
}

func (c *connectFlags) check() error {
	if c.ipv4 && c.ipv6 {
		return usageError("-4 and -6: together they leave no address")
	}
	return nil
}

// apply sets what of o they say.
func (c *connectFlags) apply(o *fetch.Options) {
	switch {
	case c.ipv4:
		o.Family = fetch.IPv4
	case c.ipv6:
		o.Family = fetch.IPv6
	}
	o.AllowPrivate = c.allowPrivate
}

// families are those whose addresses are to be asked for.
func (c *connectFlags) families() dns.Families {
	switch {
	case c.ipv4:
		return dns.OnlyIPv4
	case c.ipv6:
		return dns.OnlyIPv6
	}
	return dns.Both
}
