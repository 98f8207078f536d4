package frontier

import "math"

// levels is how URLs go by their depth, if they are to (Options.Levels): what is deeper than the level that is being fetched
// stands in no queue, but is kept back until the level has ended. A page in a queue, in flight, or waiting for another attempt is
// active.
//
// A page that is kept back takes 16 bytes more, and once more for each time that a shorter way to it is found.
type levels struct {
	level    uint16
	later    timeline // by depth, in the order of Add
	deferred int64    // pages that are in it. Moments are more: of a page that has become less deep, only the last counts
}

// keptBack, as page.next, is of a page in no queue: it is no number of a page.
const keptBack = math.MaxUint32

// portion is how many pages a call of Next takes into their queues at most: 1 ms.
const portion = 4096

func (p *page) isKeptBack() bool { return p.state == Queued && p.next == keptBack }

// admit makes a URL one that may be fetched, now or when its level has come.
func (m *Memory) admit(id URLID, now Instant) {
	if p := m.pages.at(uint32(id)); m.options.Levels && m.isLater(p.depth) {
		m.pass(p, Queued)
		p.next = keptBack
		m.deferred++
		m.later.add(uint32(id), Instant(p.depth))
		m.weigh(p.host, now)
		return
	}
	m.enqueue(id, atEnd, now)
}

// isLater reports whether a URL so deep has to wait: for its level, or for those of its level that were found before.
func (m *Memory) isLater(depth uint16) bool {
	return depth > m.level || m.later.n > 0 && m.later.first().at <= Instant(depth)
}

// lower notes a shorter way to a URL that is pending.
func (m *Memory) lower(id URLID, depth uint16, now Instant) {
	p := m.pages.at(uint32(id))
	if depth >= p.depth {
		return
	}
	p.depth = depth
	if !p.isKeptBack() {
		return
	}
	m.deferred--
	p.next = 0
	m.admit(id, now)
}

// advance begins the next level if the last has ended, and takes what belongs to it into the queues.
func (m *Memory) advance(now Instant) {
	for range portion {
		if m.later.n == 0 {
			return
		}
		first := m.later.first()
		p := m.pages.at(first.id)
		if p.isKeptBack() && Instant(p.depth) == first.at {
			if p.depth > m.level {
				if m.active() > 0 {
					return
				}
				m.level = p.depth
			}
			m.deferred--
			m.enqueue(URLID(first.id), atEnd, now)
		} else if first.at > Instant(m.level) && m.active() > 0 {
			return
		}
		m.later.remove(1)
	}
}

func (m *Memory) active() int64 {
	return m.counts[Queued] - m.deferred + m.counts[InFlight] + m.counts[Waiting]
}

// mayAdvance reports whether advance would do something.
func (m *Memory) mayAdvance() bool {
	return m.deferred > 0 && (m.active() == 0 || m.later.first().at <= Instant(m.level))
}
