package frontier

import (
	"fmt"
	"hash/maphash"
	"math"
	"time"

	"crawl/internal/link"
)

// Options of a Memory.
type Options struct {
	Pace       Pace
	MaxPerHost int    // URLs of one host, whatever becomes of them; 0: no limit
	Shared     uint16 // bits of a Kind that a URL loses, as long as it is pending, by a link that has them not
	// Levels has a URL given out only when all that were known to be less deep are settled. Whoever adds nothing less deep
	// than what led to it so finds each URL by a shortest way before it is given out.
	Levels bool
}

// Memory is a Frontier in memory.
//
// A URL takes 24 bytes (page), its target as it was found with a byte of length, and 10 to 20 bytes of an index; the text of its origin
// is kept once. A host takes 88 bytes (host), its origin's text, 10 to 20 bytes of an index, and while it has something in its queue 16 for
// its place among the hosts (moment) and 16 for each priority in its queue (bucket). A URL that waits for another attempt takes 16 more.
type Memory struct {
	options Options
	epoch   time.Time
	seed    maphash.Seed // nobody can make URLs whose hashes are equal

	texts  texts
	pages  column[page] // by URLID; the first is not used
	urls   index
	hosts  column[host] // by HostID; the first is not used
	names  index        // hosts by origin
	recent HostID       // that was found last
	queues
	levels

	turns   timeline // hosts that may be asked, by when
	waiting timeline // URLs by when their next attempt is due
	counts  [Skipped + 1]int64
	refused int64

	begun   begun
	longest HostID // the host that has most to do of those seen, in time
	asked   asked
}

var _ Frontier = (*Memory)(nil)

// page is a URL.
type page struct {
	target     uint32 // where the text is, without the upper bits
	host       HostID
	from       URLID
	next       uint32 // URL behind it in its queue
	depth      uint16
	kind       uint16
	targetHigh uint8
	state      State
	attempts   uint8
	priority   int8
}

// begun is the last start, so that it can be taken back if the host was not asked after all.
type begun struct {
	url    URLID
	before Instant // when its host was started before that
}

// NewMemory makes a Frontier. No time that it is told of may be before epoch.
func NewMemory(o Options, epoch time.Time) *Memory {
	m := &Memory{options: o, epoch: epoch, seed: maphash.MakeSeed(), urls: newIndex(), names: newIndex()}
	m.pages.extend()
	m.hosts.extend()
	m.queues = newQueues(&m.pages)
	m.turns.moved = func(id, pos uint32) { m.hosts.at(id).pos = pos }
	return m
}

// instant is a time as it is kept: the difference, for a clock may be monotonic.
func (m *Memory) instant(t time.Time) Instant {
	return Instant(min(max(t.Sub(m.epoch), 0), math.MaxInt64-2)) + 1
}

func (m *Memory) time(i Instant) time.Time { return m.epoch.Add(time.Duration(i - 1)) }

// Add enters a URL.
func (m *Memory) Add(u *link.URL, l Link, now time.Time) Added {
	origin, target := u.Origin(), u.Target()
	h := m.findHost(origin)
	var hash uint32
	if h != 0 {
		var id URLID
		if id, hash = m.find(h, target); id != 0 {
			if !m.isAnother(id, target, l) {
				return m.again(id, target, l, now)
			}
			hash = m.hash(h, target)
		}
	}
	if m.isFull(h) {
		m.refused++
		return Added{Refused: true}
	}
	added := Added{New: true, NewHost: h == 0}
	if h == 0 {
		h = m.addHost(u, origin)
		hash = m.hash(h, link.TargetKey(target))
	}
	id := URLID(m.pages.extend())
	m.urls.add(hash, uint32(id))
	at := m.texts.add(target)
	p := m.pages.at(uint32(id))
	*p = page{target: uint32(at), targetHigh: uint8(at >> 32), host: h}
	p.found(l)
	if l.Skip {
		m.pass(p, Skipped)
	} else {
		m.admit(id, m.instant(now))
	}
	added.Key = m.key(id)
	return added
}

// found notes how a URL was found.
func (p *page) found(l Link) {
	p.from, p.kind, p.depth = l.From.URL, l.Kind, depth(l)
	p.priority = int8(min(max(l.Depth+l.Bias, math.MinInt8), math.MaxInt8))
}

func depth(l Link) uint16 { return uint16(min(max(l.Depth, 0), math.MaxUint16)) }

// again is Add of a URL that is known.
func (m *Memory) again(id URLID, target string, l Link, now time.Time) Added {
	added := Added{Key: m.key(id)}
	if l.Skip {
		return added
	}
	switch p := m.pages.at(uint32(id)); {
	case p.isOpen():
		added.Revived, added.Kind = true, p.kind
		p.found(l)
		m.spell(p, target)
		m.admit(id, m.instant(now))
	case p.state < Fetched:
		p.kind &= l.Kind | ^m.options.Shared
		m.lower(id, depth(l), m.instant(now))
	}
	return added
}

// isFull reports whether the host h, or a new one if it is 0, may not have another URL.
func (m *Memory) isFull(h HostID) bool {
	if m.pages.n == math.MaxUint32 || m.hosts.n == math.MaxUint32 || m.texts.full() {
		return true
	}
	return h != 0 && m.options.MaxPerHost > 0 && m.hosts.at(uint32(h)).urls() >= m.options.MaxPerHost
}

func (m *Memory) target(p *page) []byte { return m.texts.at(place(p.target) | place(p.targetHigh)<<32) }

func (m *Memory) key(id URLID) Key {
	if id == 0 {
		return Key{}
	}
	h := m.pages.at(uint32(id)).host
	return Key{Shard: m.hosts.at(uint32(h)).shard, Host: h, URL: id}
}

// Find is the key of a URL and what has become of it.
func (m *Memory) Find(u *link.URL) (Key, State, bool) {
	origin, target := u.Origin(), u.Target()
	h := m.findHost(origin)
	if h == 0 {
		return Key{}, 0, false
	}
	id, _ := m.find(h, target)
	if id == 0 {
		return Key{}, 0, false
	}
	return m.key(id), m.pages.at(uint32(id)).state, true
}

// URL is what stands for k. It allocates once.
func (m *Memory) URL(k Key) link.URL {
	p := m.pages.at(uint32(k.URL))
	u, err := link.Restore(m.hosts.at(uint32(p.host)).origin(&m.texts), m.target(p))
	if err != nil {
		panic(fmt.Sprintf("frontier: a URL has become another: %v", err))
	}
	return u
}

// Kind is that of k at present.
func (m *Memory) Kind(k Key) uint16 { return m.pages.at(uint32(k.URL)).kind }

// NextSkipped is the URL behind that number that was added to be skipped and is skipped. Of ten million others that lie between,
// it takes 20 ms.
func (m *Memory) NextSkipped(after URLID) (Entry, bool) {
	for id := uint32(after) + 1; id < m.pages.n; id++ {
		if p := m.pages.at(id); p.state == Skipped && p.attempts == 0 {
			k := m.key(URLID(id))
			return Entry{Key: k, URL: m.URL(k), From: m.key(p.from), Depth: int(p.depth), Kind: p.kind}, true
		}
	}
	return Entry{}, false
}

// Counts is exact at any time.
func (m *Memory) Counts() Counts {
	return Counts{
		Queued: m.counts[Queued], InFlight: m.counts[InFlight], Waiting: m.counts[Waiting],
		Fetched: m.counts[Fetched], Failed: m.counts[Failed], Skipped: m.counts[Skipped],
		Refused: m.refused, Hosts: int64(m.hosts.n - 1),
	}
}

// pass changes the state of a URL, in all accounts.
func (m *Memory) pass(p *page, s State) {
	h := m.hosts.at(uint32(p.host))
	if p.state != 0 {
		m.counts[p.state]--
		h.counts[p.state]--
	}
	p.state = s
	m.counts[s]++
	h.counts[s]++
}
