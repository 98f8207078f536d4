//go:build unix

package eventloop

import (
	"fmt"
	"time"
)

// Readiness says what a descriptor can do without blocking.
type Readiness uint8

const (
	Readable Readiness = 1 << iota
	Writable
	Hangup // closed or failed, at least by the peer, or out of step with it; an operation tells which
)

// An Event says that the descriptor FD has become ready. Gen is what it was added with, so that an event of a
// descriptor that has been closed is not taken for one of a newer descriptor with the same number.
type Event struct {
	FD    int
	Gen   uint32
	Ready Readiness
}

// A Poller waits for descriptors to become ready. One file each: epoll on Linux, poll everywhere. The loop
// needs no more than that an event comes at least once after a descriptor has become ready in a direction
// somebody wants, so an edge-triggered mechanism and a level-triggered one serve alike.
type Poller interface {
	// Add registers fd for reading and writing, once and for all its life.
	Add(fd int, gen uint32) error
	// EdgeTriggered reports whether there is an event of whatever happens to a descriptor, or only, while somebody
	// wants that, of the state it is in.
	EdgeTriggered() bool
	// Want tells a level-triggered mechanism in which directions somebody waits for fd.
	Want(fd int, ready Readiness)
	// Remove ends the registration of fd. When fd is about to be closed, closing is true.
	Remove(fd int, closing bool) error
	// Wait fills events with what is ready and returns their number. It waits for at most timeout, not at
	// all if that is 0, without limit if it is negative. A signal may end it early, with 0 events.
	Wait(events []Event, timeout time.Duration) (int, error)
	// SystemCalls is how many it has made since it was made.
	SystemCalls() uint64
	Close() error
}

// Pollers are the names that NewPoller takes, the default of this platform first.
func Pollers() []string { return pollerNames }

// NewPoller makes the poller of that name; "" is the default of the platform.
func NewPoller(name string) (Poller, error) {
	if name == "" {
		name = pollerNames[0]
	}
	p, err := newPoller(name)
	if err != nil {
		return nil, fmt.Errorf("poller %q: %w", name, err)
	}
	return p, nil
}

// milliseconds rounds a timeout up, for a poll that wakes before its timer is due finds nothing to do and
// spins. It stays within what the system call takes.
func milliseconds(timeout time.Duration) int {
	if timeout < 0 {
		return -1
	}
	const most = 24 * time.Hour
	return int((min(timeout, most) + time.Millisecond - 1) / time.Millisecond)
}
