//go:build unix

package eventloop

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// pollPoller is poll(2): portable, level-triggered, and O(descriptors somebody waits for) at each call, which
// is what epoll is for. A descriptor is in the set only while somebody waits for it.
type pollPoller struct {
	set   []unix.PollFd
	gens  []uint32
	at    map[int]pollEntry // by descriptor
	calls uint64
	from  int // where in set the next list of events begins
}

type pollEntry struct {
	gen   uint32
	place int // in set, plus one; 0 while nobody waits
}

func newPollPoller() *pollPoller { return &pollPoller{at: map[int]pollEntry{}} }

func (p *pollPoller) Add(fd int, gen uint32) error {
	if _, ok := p.at[fd]; ok {
		return fmt.Errorf("poll: add descriptor %d: %w", fd, unix.EEXIST)
	}
	p.at[fd] = pollEntry{gen: gen}
	return nil
}

func (p *pollPoller) EdgeTriggered() bool { return false }

func (p *pollPoller) Want(fd int, ready Readiness) {
	e, ok := p.at[fd]
	if !ok {
		return
	}
	var bits int16
	if ready&Readable != 0 {
		bits |= unix.POLLIN
	}
	if ready&Writable != 0 {
		bits |= unix.POLLOUT
	}
	switch {
	case bits == 0:
		p.drop(fd, e)
	case e.place != 0:
		p.set[e.place-1].Events = bits
	default:
		p.set = append(p.set, unix.PollFd{Fd: int32(fd), Events: bits})
		p.gens = append(p.gens, e.gen)
		e.place = len(p.set)
		p.at[fd] = e
	}
}

// drop takes fd out of the set; the last entry moves into its place.
func (p *pollPoller) drop(fd int, e pollEntry) {
	if e.place == 0 {
		return
	}
	i, last := e.place-1, len(p.set)-1
	if i != last {
		p.set[i], p.gens[i] = p.set[last], p.gens[last]
		moved := int(p.set[i].Fd)
		m := p.at[moved]
		m.place = i + 1
		p.at[moved] = m
	}
	p.set, p.gens = p.set[:last], p.gens[:last]
	e.place = 0
	p.at[fd] = e
}

func (p *pollPoller) Remove(fd int, _ bool) error {
	e, ok := p.at[fd]
	if !ok {
		return fmt.Errorf("poll: remove descriptor %d: %w", fd, unix.ENOENT)
	}
	p.drop(fd, e)
	delete(p.at, fd)
	return nil
}

func (p *pollPoller) Wait(events []Event, timeout time.Duration) (int, error) {
	p.calls++
	n, err := unix.Poll(p.set, milliseconds(timeout))
	if err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("poll: %w", err)
	}
	filled, from := 0, p.from
	for i := 0; i < len(p.set) && n > 0 && filled < len(events); i++ {
		at := (from + i) % len(p.set)
		if bits := p.set[at].Revents; bits != 0 {
			events[filled] = Event{FD: int(p.set[at].Fd), Gen: p.gens[at], Ready: pollReadiness(bits)}
			filled++
			n--
			p.from = at + 1 // or those at the front, always ready, would keep the rest from being heard
		}
	}
	return filled, nil
}

func pollReadiness(bits int16) (r Readiness) {
	if bits&unix.POLLIN != 0 {
		r |= Readable
	}
	if bits&unix.POLLOUT != 0 {
		r |= Writable
	}
	if bits&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
		r |= Readable | Writable | Hangup
	}
	return r
}

func (p *pollPoller) SystemCalls() uint64 { return p.calls }

func (p *pollPoller) Close() error { return nil }
