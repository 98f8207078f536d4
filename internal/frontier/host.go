package frontier

import (
	"hash/maphash"
	"time"

	"crawl/internal/link"
)

// host is an origin.
type host struct {
	tempo    Tempo
	counts   [Skipped + 1]uint32 // of its URLs by state; the first is not used
	queue    uint32              // the first bucket; 0: empty
	pos      uint32              // in Memory.turns; 0: not there
	note     uint32
	name     uint32 // where the text of the origin is, without the upper bits
	nameHigh uint8
	held     bool
	shard    uint16
}

func (h *host) origin(t *texts) []byte { return t.at(place(h.name) | place(h.nameHigh)<<32) }

// urls is how many it has, settled or not.
func (h *host) urls() (n int) {
	for _, of := range h.counts {
		n += int(of)
	}
	return n
}

func (m *Memory) hashOrigin(origin string) uint32 { return uint32(maphash.String(m.seed, origin)) }

// findHost is the host of an origin, or 0. Neighbouring links lead to the same one most often.
func (m *Memory) findHost(origin string) HostID {
	is := func(id uint32) bool { return string(m.hosts.at(id).origin(&m.texts)) == origin }
	if m.recent != 0 && is(uint32(m.recent)) {
		return m.recent
	}
	id := HostID(m.names.find(m.hashOrigin(origin), is))
	if id != 0 {
		m.recent = id
	}
	return id
}

func (m *Memory) addHost(u *link.URL, origin string) HostID {
	id := m.hosts.extend()
	m.names.add(m.hashOrigin(origin), id)
	at := m.texts.add(origin)
	*m.hosts.at(id) = host{name: uint32(at), nameHigh: uint8(at >> 32), shard: Shard(u.Host())}
	return HostID(id)
}

// arm has the host wait for its turn, if it has something that may be asked for. Since is when that became so: in the
// past it is when the host's turn has come, whatever the time is now.
func (m *Memory) arm(id HostID, since Instant) {
	m.weigh(id, since)
	h := m.hosts.at(uint32(id))
	if h.queue == 0 || h.held || !m.options.Pace.Allows(int(h.counts[InFlight])) {
		if h.pos != 0 {
			m.turns.remove(h.pos)
		}
		return
	}
	at := m.options.Pace.Next(&h.tempo)
	if h.pos == 0 {
		m.turns.add(uint32(id), max(at, since))
		return
	}
	switch set := m.turns.at(h.pos); {
	case set < at:
		m.turns.move(h.pos, at)
	case set > max(at, since):
		m.turns.move(h.pos, max(at, since))
	}
}

// enqueue makes a URL one that may be fetched, since then.
func (m *Memory) enqueue(id URLID, e end, since Instant) {
	p := m.pages.at(uint32(id))
	m.pass(p, Queued)
	h := m.hosts.at(uint32(p.host))
	h.queue = m.push(h.queue, id, e)
	m.arm(p.host, since)
}

// Hold begins or ends a time in which a host is not asked.
func (m *Memory) Hold(id HostID, held bool, now time.Time) {
	m.hosts.at(uint32(id)).held = held
	m.arm(id, m.instant(now))
}

// SetCrawlDelay has a host asked as seldom as its robots.txt wants it.
func (m *Memory) SetCrawlDelay(id HostID, d time.Duration, now time.Time) {
	m.options.Pace.SetCrawlDelay(&m.hosts.at(uint32(id)).tempo, d)
	m.arm(id, m.instant(now))
}

// Note is the caller's number of a host.
func (m *Memory) Note(id HostID) uint32 { return m.hosts.at(uint32(id)).note }

// SetNote changes it.
func (m *Memory) SetNote(id HostID, note uint32) { m.hosts.at(uint32(id)).note = note }

// Host tells what is known of a host.
func (m *Memory) Host(id HostID) Host {
	h := m.hosts.at(uint32(id))
	return Host{
		ID: id, Shard: h.shard, Origin: string(h.origin(&m.texts)),
		Queued: int(h.counts[Queued]), InFlight: int(h.counts[InFlight]), Waiting: int(h.counts[Waiting]),
		Fetched: int(h.counts[Fetched]), Failed: int(h.counts[Failed]), Skipped: int(h.counts[Skipped]),
		Held: h.held, Failures: h.tempo.Failures(),
		Latency: h.tempo.Latency(), Interval: m.options.Pace.Interval(&h.tempo),
	}
}
