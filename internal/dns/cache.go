package dns

import (
	"net/netip"
	"time"

	"crawl/internal/engine"
)

// Answer is what is known of a name. It does not change any more once it has arrived (see Resolver.Wait); until then
// its fields mean nothing.
type Answer struct {
	Addrs []netip.Addr // IPv6 and IPv4 by turns (RFC 8305 section 4), at least one, if Err is nil; not to be written to
	Err   error        // an *Error
	Local bool         // no server was asked: the hosts file has it, or it is this machine

	name    string      // as it was asked for, in lower case
	expires time.Time   // zero until it arrives
	arrived engine.Cond // nil once it has
	waiting int         // in Wait

	newer, older *Answer // in the cache
}

// pending reports whether the answer has not arrived.
func (a *Answer) pending() bool { return a.expires.IsZero() }

// cache has the answers that are known or on their way, by name: never more than most. When it is full, the one that
// nobody has asked for the longest goes, and what is on its way stays. It costs the same however many there are.
type cache struct {
	most  int
	names map[string]*Answer

	newest, oldest *Answer // of those that have arrived, by their last use
}

func newCache(most int) *cache { return &cache{most: most, names: map[string]*Answer{}} }

// get returns the answer for a name, which may have expired, and notes that it was of use.
func (c *cache) get(name string) *Answer {
	a := c.names[name]
	if a != nil && !a.pending() && c.newest != a {
		c.unlink(a)
		c.link(a)
	}
	return a
}

// put has a stand for its name from now on. If everything there is is on its way and there is no room, it does not: then
// whoever asks for the name too has a lookup of his own.
func (c *cache) put(a *Answer) {
	old := c.names[a.name]
	switch {
	case old != nil:
		if !old.pending() {
			c.unlink(old)
		}
	case len(c.names) < c.most:
	case c.oldest == nil:
		return
	default:
		delete(c.names, c.oldest.name)
		c.unlink(c.oldest)
	}
	c.names[a.name] = a
	if !a.pending() {
		c.link(a)
	}
}

// arrived is told when a pending answer has arrived: from now on it may go.
func (c *cache) arrived(a *Answer) {
	if c.names[a.name] == a {
		c.link(a)
	}
}

// replace has the new answer for a name stand in place of the old, if that is still there.
func (c *cache) replace(old, with *Answer) {
	if c.names[old.name] == old {
		c.put(with)
	}
}

func (c *cache) link(a *Answer) {
	a.older, a.newer = c.newest, nil
	if c.newest != nil {
		c.newest.newer = a
	} else {
		c.oldest = a
	}
	c.newest = a
}

func (c *cache) unlink(a *Answer) {
	if a.newer != nil {
		a.newer.older = a.older
	} else {
		c.newest = a.older
	}
	if a.older != nil {
		a.older.newer = a.newer
	} else {
		c.oldest = a.newer
	}
	a.newer, a.older = nil, nil
}
