package eventloop_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// threadTime is the processor time that the calling thread has used.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(unix.TimevalToNsec(usage.Utime) + unix.TimevalToNsec(usage.Stime))
}

// 10. A loop with nothing to do uses no processor time: it sleeps until another thread has something for it,
// whether there is a timer far ahead or none at all.
func TestInvariantIdle(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		const nothing = 100 * time.Millisecond
		l := newLoop(t, poller, eventloop.Options{})
		start(l, "parked", eventloop.NewSemaphore(l, 0).Acquire)
		noError(t, l.CallSoonThreadsafe(func() {})) // a wake-up that has been is not there for ever
		for _, timer := range []bool{false, true} {
			if timer {
				l.CallLater(time.Hour, func() {})
			}
			turns(t, l, 3) // from here on this goroutine is tied to the loop's thread: that is the one that is measured
			before, used := l.Metrics(), threadTime(t)
			time.AfterFunc(nothing, func() { noError(t, l.CallSoonThreadsafe(l.Stop)) })
			if err := l.RunForever(); err != nil {
				t.Fatal(err)
			}
			used = threadTime(t) - used
			after := l.Metrics()
			if n := after.Iterations - before.Iterations; n > 20 {
				t.Errorf("timer %v: %d turns while there was nothing to do", timer, n)
			}
			if used > nothing/10 {
				t.Errorf("timer %v: %v of processor time in %v", timer, used, nothing)
			}
			t.Logf("%v of processor time and %d turns in %v", used, after.Iterations-before.Iterations, nothing)
		}
	})
}
