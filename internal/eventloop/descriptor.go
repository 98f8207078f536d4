//go:build unix

package eventloop

import "fmt"

// A descriptor is a file descriptor registered with the loop's poller. Readiness is sticky: an event sets it
// and it stays until an operation finds nothing left to do, so that a task which stops early misses nothing.
// (tokio's readiness also carries a tick, for an event may come between the operation and the clearing; here
// both happen in one step on the thread that also takes the events.)
//
// The order of an end is always: out of the table, out of the poller, waiters woken, closed. Events that were
// fetched before carry the old generation and find nobody.
type descriptor struct {
	loop  *Loop
	fd    int
	gen   uint32
	ready Readiness
	read  direction
	write direction
}

// direction is who is to be told when a descriptor becomes readable, or writable: a parked task or a callback.
type direction struct {
	task     *task
	callback *Handle
}

func (d *direction) wanted() bool { return d.task != nil || d.callback != nil }

// wake schedules whoever waits. A task has then to come back; a callback stays.
func (d *direction) wake(l *Loop, err error) {
	if t := d.task; t != nil {
		d.task = nil
		t.unpark(err)
	}
	if d.callback != nil && !d.callback.cancelled {
		l.ready.push(d.callback)
	}
}

// register adds fd to the table and the poller.
func (l *Loop) register(d *descriptor, fd int) error {
	l.generation++
	*d = descriptor{loop: l, fd: fd, gen: l.generation}
	if err := l.poller.Add(fd, d.gen); err != nil {
		return err
	}
	for fd >= len(l.descriptors) {
		l.descriptors = append(l.descriptors, make([]*descriptor, max(64, len(l.descriptors)))...)
	}
	l.descriptors[fd] = d
	l.registered++
	return nil
}

// unregister forgets d and wakes its waiters with err.
func (d *descriptor) unregister(closing bool, err error) error {
	l := d.loop
	if l.lookup(d.fd) != d {
		return nil
	}
	l.descriptors[d.fd] = nil
	l.registered--
	removed := l.poller.Remove(d.fd, closing)
	d.read.wake(l, err)
	d.write.wake(l, err)
	return removed
}

func (l *Loop) lookup(fd int) *descriptor {
	if fd < 0 || fd >= len(l.descriptors) {
		return nil
	}
	return l.descriptors[fd]
}

// want tells the poller in which directions somebody waits.
func (d *descriptor) want() {
	var r Readiness
	if d.read.wanted() {
		r |= Readable
	}
	if d.write.wanted() {
		r |= Writable
	}
	d.loop.poller.Want(d.fd, r)
}

// dispatch makes what an event says known to who waits for it.
func (l *Loop) dispatch(ev Event) {
	d := l.lookup(ev.FD)
	if d == nil || d.gen != ev.Gen {
		l.metrics.StaleEvents++
		return
	}
	d.ready |= ev.Ready
	if ev.Ready&Readable != 0 {
		d.read.wake(l, nil)
	}
	if ev.Ready&Writable != 0 {
		d.write.wake(l, nil)
	}
	d.want()
}

// AddReader has fn called whenever fd becomes readable, or is at an end. fd must be non-blocking and its
// owner must keep it open until RemoveReader. fn has to read until EAGAIN: it is told of changes only
// (edge-triggered), though more often where the poller is level-triggered. A second AddReader replaces the
// first. The descriptors of packages net and os belong to the runtime's own poller and must not come here.
func (l *Loop) AddReader(fd int, fn func()) error { return l.addCallback(fd, fn, Readable) }

// AddWriter has fn called whenever fd becomes writable or has failed; a connect has then ended, one way or
// the other. The rest is as for AddReader.
func (l *Loop) AddWriter(fd int, fn func()) error { return l.addCallback(fd, fn, Writable) }

func (l *Loop) addCallback(fd int, fn func(), ready Readiness) error {
	if l.closed {
		return ErrClosed
	}
	d := l.lookup(fd)
	if d == nil {
		d = new(descriptor)
		if err := l.register(d, fd); err != nil {
			return fmt.Errorf("eventloop: descriptor %d: %w", fd, err)
		}
	}
	dir := d.direction(ready)
	if dir.callback != nil {
		dir.callback.Cancel()
	}
	dir.callback = l.newHandle(fn)
	if d.ready&ready != 0 { // that event has been: there will not be another
		l.ready.push(dir.callback)
	}
	d.want()
	return nil
}

func (d *descriptor) direction(ready Readiness) *direction {
	if ready == Readable {
		return &d.read
	}
	return &d.write
}

// RemoveReader takes back AddReader, and reports whether there was one. A call that is already scheduled does
// not come.
func (l *Loop) RemoveReader(fd int) bool { return l.removeCallback(fd, Readable) }

// RemoveWriter takes back AddWriter.
func (l *Loop) RemoveWriter(fd int) bool { return l.removeCallback(fd, Writable) }

func (l *Loop) removeCallback(fd int, ready Readiness) bool {
	d := l.lookup(fd)
	if d == nil || d.direction(ready).callback == nil {
		return false
	}
	dir := d.direction(ready)
	dir.callback.Cancel()
	dir.callback = nil
	if d.read.wanted() || d.write.wanted() {
		d.want()
		return true
	}
	if err := d.unregister(false, nil); err != nil {
		l.report("removing a descriptor", err)
	}
	return true
}
