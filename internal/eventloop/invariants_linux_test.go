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

// 10. A loop with nothing to do uses no processor time: it sleeps until another thread has something for it.
func TestInvariantIdle(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		const nothing = 200 * time.Millisecond
		l := newLoop(t, poller, eventloop.Options{})
		l.CallLater(time.Hour, func() {})
		start(l, "parked", eventloop.NewSemaphore(l, 0).Acquire)
		turns(t, l, 3) // from here on this goroutine is tied to the loop's thread: that is the one that is measured
		before, used := l.Metrics(), threadTime(t)
		time.AfterFunc(nothing, func() { noError(t, l.CallSoonThreadsafe(l.Stop)) })
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		used = threadTime(t) - used
		after := l.Metrics()
		if n := after.Iterations - before.Iterations; n > 20 {
			t.Errorf("%d turns while there was nothing to do", n)
		}
		if idle := after.Idle - before.Idle; idle < nothing*9/10 {
			t.Errorf("idle for %v of %v", idle, nothing)
		}
		if used > nothing/10 {
			t.Errorf("%v of processor time in %v", used, nothing)
		}
		t.Logf("%v of processor time and %d turns in %v", used, after.Iterations-before.Iterations, nothing)
	})
}
