//go:build unix

package eventloop_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// socketpair is two connected non-blocking sockets, closed with the test.
func socketpair(t testing.TB) (int, int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		noError(t, unix.SetNonblock(fd, true))
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	return fds[0], fds[1]
}

// drain reads until nothing is left, as a reader has to, and reports the number of bytes and whether the end came.
func drain(fd int) (n int, end bool) {
	for buf := make([]byte, 100); ; {
		m, err := unix.Read(fd, buf)
		switch {
		case err != nil:
			return n, false
		case m == 0:
			return n, true
		}
		n += m
	}
}

func TestAddReader(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		a, b := socketpair(t)
		got, ended := 0, false
		// The first to be added is replaced and never called.
		noError(t, l.AddReader(a, func() { t.Error("a reader that was replaced was called") }))
		noError(t, l.AddReader(a, func() {
			n, end := drain(a)
			got += n
			if end {
				ended = true
				l.RemoveReader(a)
			}
		}))
		mustRun(t, l, func() error {
			for i := 1; i <= 3; i++ {
				if _, err := unix.Write(b, []byte("abc")); err != nil {
					return err
				}
				for got < 3*i {
					if err := l.Sleep(time.Millisecond); err != nil {
						return err
					}
				}
			}
			noError(t, unix.Shutdown(b, unix.SHUT_RDWR))
			for !ended {
				if err := l.Sleep(time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
		if l.RemoveReader(a) || l.RemoveWriter(a) || l.Metrics().Descriptors != 1 {
			t.Error("the reader is still there")
		}
	})
}

// Both directions of one descriptor come and go on their own.
func TestAddReaderAndWriter(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		a, b := socketpair(t)
		var tr trace
		noError(t, l.AddReader(a, func() { drain(a); tr.add("read") }))
		noError(t, l.AddWriter(a, func() {
			tr.add("write")
			if !l.RemoveWriter(a) || l.RemoveWriter(a) {
				t.Error("RemoveWriter said the wrong thing")
			}
		}))
		await := func(n int) error {
			for len(tr.words) < n {
				if err := l.Sleep(time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		}
		mustRun(t, l, func() error {
			noError(t, await(1))
			if _, err := unix.Write(b, []byte("x")); err != nil {
				return err
			}
			return await(2)
		})
		tr.want(t, "write read")
		if !l.RemoveReader(a) {
			t.Error("there was no reader")
		}
		// Added again, with something to read from before.
		if _, err := unix.Write(b, []byte("x")); err != nil {
			t.Fatal(err)
		}
		noError(t, l.AddReader(a, func() { drain(a); tr.add("again") }))
		mustRun(t, l, func() error { return await(1) })
		tr.want(t, "again")
	})
}

// Readiness that came while nobody listened in that direction is told to who listens next.
func TestAddReaderLate(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	var tr trace
	noError(t, l.AddWriter(1005, tr.note("writer")))
	p.Ready(1005, eventloop.Readable|eventloop.Writable)
	turns(t, l, 1)
	tr.want(t, "writer")
	noError(t, l.AddReader(1005, tr.note("reader")))
	turns(t, l, 1)
	tr.want(t, "reader")
	if p.Wanted[1005] != eventloop.Readable|eventloop.Writable {
		t.Errorf("wanted for %b", p.Wanted[1005])
	}
	l.RemoveWriter(1005)
	if p.Wanted[1005] != eventloop.Readable {
		t.Errorf("wanted for %b", p.Wanted[1005])
	}
	l.RemoveReader(1005)
	if _, ok := p.Generations[1005]; ok {
		t.Error("a descriptor that nobody listens to is still registered")
	}
}

func TestAddReaderFails(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	if err := l.AddReader(-1, func() {}); err == nil {
		t.Error("a descriptor that is none was added")
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := l.AddReader(int(file.Fd()), func() {}); err == nil && eventloop.Pollers()[0] == "epoll" {
		t.Error("epoll took a file")
	}
	if l.RemoveReader(-1) || l.RemoveWriter(12345) {
		t.Error("something was removed that was never added")
	}
}

// The owner has closed the descriptor too early: it is told.
func TestRemoveReaderFails(t *testing.T) {
	p := broken(t)
	var log errorLog
	l, err := eventloop.New(eventloop.Options{Poller: p, OnError: log.add})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, _ := socketpair(t)
	noError(t, l.AddReader(a, func() {}))
	p.remove = errBoom
	if !l.RemoveReader(a) {
		t.Error("there was no reader")
	}
	log.want(t, "removing a descriptor: boom")
	p.remove = nil
	if errors.Is(l.AddReader(a, func() {}), errBoom) {
		t.Error("it cannot be added again")
	}
}
