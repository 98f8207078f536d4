package eventloop

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epollPoller registers every descriptor once, edge-triggered for both directions, so that a fetch on a warm
// connection costs no epoll_ctl (455 ns each). The 64 bits of user data are descriptor and generation; never
// a pointer, which the collector would not see.
type epollPoller struct {
	fd     int
	events []unix.EpollEvent
	calls  uint64
}

var pollerNames = []string{"epoll", "poll"}

func newPoller(name string) (Poller, error) {
	switch name {
	case "epoll":
		fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			return nil, fmt.Errorf("epoll_create1: %w", err)
		}
		return &epollPoller{fd: fd}, nil
	case "poll":
		return newPollPoller(), nil
	}
	return nil, fmt.Errorf("not one of %q", pollerNames)
}

func (p *epollPoller) Add(fd int, gen uint32) error {
	ev := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET&0xffffffff,
		Fd:     int32(fd), Pad: int32(gen),
	}
	p.calls++
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("epoll_ctl add: %w", err)
	}
	return nil
}

func (p *epollPoller) EdgeTriggered() bool { return true }

func (p *epollPoller) Want(int, Readiness) {} // it is told of everything

// Remove leaves a descriptor that is about to be closed to the kernel: close removes it, for the loop's
// descriptors are never duplicated, and the generation covers what was reported before.
func (p *epollPoller) Remove(fd int, closing bool) error {
	if closing {
		return nil
	}
	p.calls++
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil); err != nil {
		return fmt.Errorf("epoll_ctl del: %w", err)
	}
	return nil
}

func (p *epollPoller) Wait(events []Event, timeout time.Duration) (int, error) {
	if len(p.events) != len(events) {
		p.events = make([]unix.EpollEvent, len(events))
	}
	p.calls++
	n, errno := epollWait(p.fd, p.events, milliseconds(timeout))
	if errno == unix.EINTR { // the runtime's preemption signal, mostly; the loop knows what time is left
		return 0, nil
	}
	if errno != 0 {
		return 0, fmt.Errorf("epoll_wait: %w", errno)
	}
	for i, ev := range p.events[:n] {
		events[i] = Event{FD: int(ev.Fd), Gen: uint32(ev.Pad), Ready: epollReadiness(ev.Events)}
	}
	return n, nil
}

// epollReadiness: a hang-up or an error makes both directions ready, and the operation says what it is. RDHUP
// is an end of input behind what can still be read, and PRI is urgent data (RFC 9293 section 3.8.5), which is not
// read but cuts a read short as an end does, with more behind it.
func epollReadiness(bits uint32) (r Readiness) {
	if bits&unix.EPOLLIN != 0 {
		r |= Readable
	}
	if bits&unix.EPOLLOUT != 0 {
		r |= Writable
	}
	if bits&(unix.EPOLLRDHUP|unix.EPOLLPRI) != 0 {
		r |= Readable | Hangup
	}
	if bits&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		r |= Readable | Writable | Hangup
	}
	return r
}

// epollWait tells the Go scheduler only of a wait that may sleep.
func epollWait(fd int, events []unix.EpollEvent, ms int) (int, unix.Errno) {
	var n uintptr
	var errno unix.Errno
	if ms == 0 {
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	} else {
		n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ms), 0, 0)
	}
	return int(n), errno
}

func (p *epollPoller) SystemCalls() uint64 { return p.calls }

func (p *epollPoller) Close() error { return unix.Close(p.fd) }
