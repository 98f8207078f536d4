//go:build unix

package eventloop_test

import (
	"os"
	"os/signal"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// testSignal is ignored by default, so that a handler which is gone does not end the tests.
const testSignal = unix.SIGWINCH

func raise(t testing.TB, sig unix.Signal) {
	t.Helper()
	noError(t, unix.Kill(unix.Getpid(), sig))
}

// posted waits until n functions were posted to a loop that does not run.
func posted(t testing.TB, l *eventloop.Loop, n uint64) {
	t.Helper()
	eventually(t, "posts", func() bool { m := l.Metrics(); return m.WakeupsSent+m.WakeupsCoalesced >= n })
}

// A signal ends a poll that has nothing else to wait for, and its handler is an ordinary callback.
func TestSignalHandler(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		var tr trace
		noError(t, l.AddSignalHandler(testSignal, func() {
			_, inTask := l.CurrentTask()
			tr.add("window:%v", inTask)
			raise(t, unix.SIGUSR1)
		}))
		noError(t, l.AddSignalHandler(unix.SIGUSR1, tr.note("replaced")))
		noError(t, l.AddSignalHandler(unix.SIGUSR1, func() { tr.add("user"); l.Stop() }))
		raise(t, testSignal)
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		tr.want(t, "window:false user")
	})
}

// Every handler can be taken back, also when its call is on its way. One that is replaced then leaves the signal
// to the next: it has come, and is not lost.
func TestRemoveSignalHandler(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	var tr trace
	noError(t, l.AddSignalHandler(testSignal, tr.note("removed")))
	noError(t, l.AddSignalHandler(unix.SIGUSR1, tr.note("replaced")))
	raise(t, testSignal)
	posted(t, l, 1)
	raise(t, unix.SIGUSR1)
	posted(t, l, 2)
	noError(t, l.CallSoonThreadsafe(func() { // behind the two, in the same turn: they are in the ready queue now
		if !l.RemoveSignalHandler(testSignal) || l.RemoveSignalHandler(testSignal) {
			t.Error("RemoveSignalHandler said the wrong thing")
		}
		noError(t, l.AddSignalHandler(unix.SIGUSR1, tr.note("new")))
	}))
	turns(t, l, 4) // wake-up, posts, handlers, and one in which nothing may come
	tr.want(t, "new")
}

// Others in the process who listen to the same signal still hear it when the loop lets go.
func TestSignalOfOthers(t *testing.T) {
	for _, how := range []string{"remove", "close"} {
		t.Run(how, func(t *testing.T) {
			ours := make(chan os.Signal, 1)
			signal.Notify(ours, testSignal)
			defer signal.Stop(ours)
			l := newLoop(t, "", eventloop.Options{})
			noError(t, l.AddSignalHandler(testSignal, func() {}))
			if how == "remove" {
				l.RemoveSignalHandler(testSignal)
			} else {
				noError(t, l.Close())
			}
			raise(t, testSignal)
			select {
			case <-ours:
			case <-time.After(bound):
				t.Error("the signal no longer reaches others")
			}
		})
	}
}

// Signals that come in a burst call the handler at least once, and never after the loop is closed.
func TestSignalBurst(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	calls, closed := 0, false
	noError(t, l.AddSignalHandler(testSignal, func() {
		calls++
		if closed {
			t.Error("a handler ran after Close")
		}
		l.Stop()
	}))
	for range 100 {
		raise(t, testSignal)
	}
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	if calls == 0 || calls > 100 {
		t.Errorf("%d calls for 100 signals", calls)
	}
	noError(t, l.Close())
	closed = true
	raise(t, testSignal)
}
