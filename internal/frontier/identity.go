package frontier

import (
	"hash/maphash"

	"crawl/internal/link"
)

// A URL is known by its host and the key of its target (link.TargetKey), under which index has it; what is kept is the target
// as it was found. Keys are not kept: nearly every target is its own, and of the others it is made anew whenever one
// has to be compared, which is when the hashes are equal.
//
// What was found Exact beside another target of the same key is under the hash of its own target: else a site could have as
// many under one hash as it likes, and index would never have enough tables.

// find is the URL that has this target, or else the first whose key is the same, or 0. Hash is what such a one is entered under.
func (m *Memory) find(h HostID, target string) (id URLID, hash uint32) {
	key := link.TargetKey(target)
	hash = m.hash(h, key)
	if id = m.findTarget(h, target, hash); id != 0 {
		return id, hash
	}
	if key != target {
		if id = m.findTarget(h, target, m.hash(h, target)); id != 0 {
			return id, hash
		}
	}
	return m.findKey(h, key, hash), hash
}

// findTarget is the URL that has exactly this target.
func (m *Memory) findTarget(h HostID, target string, hash uint32) URLID {
	return URLID(m.urls.find(hash, func(id uint32) bool {
		p := m.pages.at(id)
		return p.host == h && string(m.target(p)) == target
	}))
}

// findKey is the first URL with this key. There may be a second, found Exact, whose target is the key.
func (m *Memory) findKey(h HostID, key string, hash uint32) (first URLID) {
	m.urls.find(hash, func(id uint32) bool {
		p := m.pages.at(id)
		if p.host == h && (first == 0 || URLID(id) < first) && link.TargetKey(string(m.target(p))) == key {
			first = URLID(id)
		}
		return false
	})
	return first
}

// hash is of a target or a key at the host h. The same one is common to many hosts, so the number of the host is spread over
// all bits.
func (m *Memory) hash(h HostID, s string) uint32 {
	const odd = 0x9e3779b97f4a7c15
	return uint32((maphash.String(m.seed, s) ^ uint64(h)*odd) * odd >> 32)
}

// isAnother reports whether target, found in this way, is another URL than the known one that was found for it.
func (m *Memory) isAnother(id URLID, target string, l Link) bool {
	p := m.pages.at(uint32(id))
	return l.Exact && !l.Skip && !p.isOpen() && string(m.target(p)) != target
}

// Knows reports that Add would change nothing.
func (m *Memory) Knows(u *link.URL, l Link) bool {
	origin, target := u.Origin(), u.Target()
	h := m.findHost(origin)
	if h == 0 {
		return false
	}
	id, _ := m.find(h, target)
	l.Skip = false
	if id == 0 || m.isAnother(id, target, l) {
		return false
	}
	p := m.pages.at(uint32(id))
	return !p.isOpen() && (p.state >= Fetched || p.depth <= depth(l) && p.kind&^l.Kind&m.options.Shared == 0)
}

// isOpen reports whether a URL was to be skipped, and may be fetched nevertheless when there is a reason to.
func (p *page) isOpen() bool { return p.state == Skipped && p.attempts == 0 } // else it was Done that settled it

// spell has p fetched as target, which has the same key.
func (m *Memory) spell(p *page, target string) {
	if string(m.target(p)) == target || m.texts.full() {
		return
	}
	at := m.texts.add(target)
	p.target, p.targetHigh = uint32(at), uint8(at>>32)
}
