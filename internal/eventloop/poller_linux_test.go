package eventloop_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// A signal that interrupts a poll, as the runtime's preemption signal does, is no error and no event.
func TestPollerIsInterrupted(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		a, b := p.pair()
		p.add(a, 1, eventloop.Readable)
		thread := unix.Gettid()
		var interrupted atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !interrupted.Load() {
				_ = unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)
				runtime.Gosched()
			}
			p.send(b)
		}()
		for {
			events := p.poll(8, bound)
			if len(events) > 0 && events[0].Ready&eventloop.Readable != 0 {
				break
			}
			if len(events) == 0 { // it said no more than that: go on with the time that is left
				interrupted.Store(true)
			}
		}
		<-done
		if !interrupted.Load() {
			p.t.Error("the poll was never interrupted")
		}
	})
}

// A poller that is closed says so instead of waiting.
func TestClosedPoller(t *testing.T) {
	p, err := eventloop.NewPoller("epoll")
	if err != nil {
		t.Fatal(err)
	}
	noError(t, p.Close())
	for _, timeout := range []time.Duration{0, bound} {
		_, err := p.Wait(make([]eventloop.Event, 1), timeout)
		wantErr(t, "Wait", err, unix.EBADF)
	}
}
