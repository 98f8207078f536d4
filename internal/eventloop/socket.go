//go:build unix

package eventloop

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketBase is what connections and packet sockets share: a descriptor, deadlines, and waiting for either.
//
// A deadline that only moves forward, as one does from fetch to fetch, costs nothing: the timer stays where it
// is, and when it fires early it is set again.
type socketBase struct {
	descriptor
	closed bool
	timer  TimerHandle

	readDeadline, writeDeadline time.Duration // loop time; 0: none
	readExpired, writeExpired   bool
}

// readSide and writeSide are a socket as what a task is parked on.
type (
	readSide  socketBase
	writeSide socketBase
)

func (s *readSide) cancelWait(t *task) bool {
	if s.read.task != t {
		return false
	}
	s.read.wake(s.loop, ErrCancelled)
	(*socketBase)(s).want()
	return true
}

func (s *readSide) waitsFor() string { return "read" }

func (s *writeSide) cancelWait(t *task) bool {
	if s.write.task != t {
		return false
	}
	s.write.wake(s.loop, ErrCancelled)
	(*socketBase)(s).want()
	return true
}

func (s *writeSide) waitsFor() string { return "write" }

// errBusy is the answer to a second task in the same direction: a connection has one reader and one writer.
var errBusy = errors.New("another task is waiting in this direction")

// waitReadable suspends the running task until an event says that there may be something to read.
func (s *socketBase) waitReadable() error {
	for s.ready&Readable == 0 || s.closed || s.readExpired {
		switch {
		case s.closed:
			return net.ErrClosed
		case s.readExpired:
			return os.ErrDeadlineExceeded
		}
		t, err := s.loop.enterAwait()
		if err != nil {
			return err
		}
		if s.read.task != nil {
			return errBusy
		}
		s.read.task = t
		s.want()
		if err := t.park((*readSide)(s)); err != nil {
			return err
		}
	}
	return nil
}

// waitWritable is waitReadable for writing.
func (s *socketBase) waitWritable() error {
	for s.ready&Writable == 0 || s.closed || s.writeExpired {
		switch {
		case s.closed:
			return net.ErrClosed
		case s.writeExpired:
			return os.ErrDeadlineExceeded
		}
		t, err := s.loop.enterAwait()
		if err != nil {
			return err
		}
		if s.write.task != nil {
			return errBusy
		}
		s.write.task = t
		s.want()
		if err := t.park((*writeSide)(s)); err != nil {
			return err
		}
	}
	return nil
}

// SetDeadline sets the time after which reads and writes fail with os.ErrDeadlineExceeded; the zero time is
// never. It is measured on the loop's clock.
func (s *socketBase) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline is SetDeadline for reads.
func (s *socketBase) SetReadDeadline(t time.Time) error {
	return s.setDeadline(&s.readDeadline, &s.readExpired, t)
}

// SetWriteDeadline is SetDeadline for writes.
func (s *socketBase) SetWriteDeadline(t time.Time) error {
	return s.setDeadline(&s.writeDeadline, &s.writeExpired, t)
}

func (s *socketBase) setDeadline(deadline *time.Duration, expired *bool, t time.Time) error {
	if s.closed {
		return net.ErrClosed
	}
	*expired = false
	if t.IsZero() {
		*deadline = 0
		return nil
	}
	l := s.loop
	due := t.Sub(l.clock.Epoch())
	*deadline = max(1, due) // 0 is none
	// The time of the last poll is good enough to see that a deadline is far away, and costs nothing.
	if due < l.polled+time.Second && due <= l.Time() {
		*expired = true
		s.wakeExpired()
		return nil
	}
	if s.timer.index == 0 || s.timer.when > *deadline {
		s.arm(*deadline)
	}
	return nil
}

func (s *socketBase) arm(when time.Duration) {
	if s.timer.fn == nil {
		s.timer = TimerHandle{Handle: Handle{fn: s.onTimer, ctx: s.loop.ctx}, loop: s.loop}
	}
	s.loop.schedule(&s.timer, when)
}

// onTimer expires what is due, and sets the timer for what is not.
func (s *socketBase) onTimer() {
	if s.closed {
		return
	}
	now := s.loop.polled
	next := time.Duration(0)
	for _, d := range []struct {
		deadline time.Duration
		expired  *bool
	}{{s.readDeadline, &s.readExpired}, {s.writeDeadline, &s.writeExpired}} {
		switch {
		case d.deadline == 0 || *d.expired:
		case d.deadline <= now:
			*d.expired, s.loop.expired = true, true
		case next == 0 || d.deadline < next:
			next = d.deadline
		}
	}
	if next != 0 {
		s.arm(next)
	}
	s.wakeExpired()
}

// wakeExpired wakes the tasks whose deadline has passed.
func (s *socketBase) wakeExpired() {
	if s.readExpired {
		s.read.wake(s.loop, nil)
	}
	if s.writeExpired {
		s.write.wake(s.loop, nil)
	}
	s.want()
}

// close closes the socket; a task that waits for it gets net.ErrClosed. Closing twice is an error.
func (s *socketBase) close() error {
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	s.loop.timers.remove(&s.timer)
	err := s.unregister(true, nil)
	return errors.Join(err, s.loop.closeFD(s.fd))
}

func (s *socketBase) localAddr() netip.AddrPort {
	if s.closed { // its number may be another's by now
		return netip.AddrPort{}
	}
	return localAddr(s.fd)
}

// localAddr counts nothing: net.Conn's LocalAddr may be asked for on any thread.
func localAddr(fd int) netip.AddrPort {
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPort(sa)
}

// sockaddr converts an address for the system. A zone is the index or the name of an interface.
func sockaddr(a netip.AddrPort) (unix.Sockaddr, int) {
	addr := a.Addr()
	if addr.Is4() || addr.Is4In6() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: addr.As4()}, unix.AF_INET
	}
	sa := &unix.SockaddrInet6{Port: int(a.Port()), Addr: addr.As16()}
	if zone := addr.Zone(); zone != "" {
		if ifi, err := net.InterfaceByName(zone); err == nil {
			sa.ZoneId = uint32(ifi.Index)
		} else if index, err := strconv.ParseUint(zone, 10, 32); err == nil {
			sa.ZoneId = uint32(index)
		}
	}
	return sa, unix.AF_INET6
}

// addrPort is an address as package syscall has it: x/sys asks the system for the protocol of the socket with each
// (SO_PROTOCOL), which is one more call.
func addrPort(sa syscall.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).WithZone(zoneName(sa.ZoneId)), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// zoneName is the name of an interface, its index if it has none any more, "" for 0.
func zoneName(index uint32) string {
	if index == 0 {
		return ""
	}
	if ifi, err := net.InterfaceByIndex(int(index)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}
