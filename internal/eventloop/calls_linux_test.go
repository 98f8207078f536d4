package eventloop_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// What a child under strace looks up before and after the work, which is in the trace then.
const (
	callsBegin = "/the calls of the loop begin here"
	callsEnd   = "/the calls of the loop end here"
)

// TestSystemCalls holds Metrics.SystemCalls to what strace counts on the loop's thread, call for call.
func TestSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED: there is no strace here")
	}
	eachPoller(t, func(t *testing.T, poller string) {
		trace := filepath.Join(t.TempDir(), "trace")
		cmd := exec.Command(strace, "-f", "-qq", "-o", trace, os.Args[0], "-test.run=^TestSystemCallsChild$")
		cmd.Env = append(os.Environ(), "EVENTLOOP_CALLS="+poller)
		out, err := cmd.CombinedOutput()
		if bytes.Contains(out, []byte("Operation not permitted")) {
			t.Skip("SKIPPED: strace may not trace here")
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		_, rest, _ := strings.Cut(string(out), "calls: ")
		var counted int
		if _, err := fmt.Sscan(rest, &counted); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		data, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		traced, byName := loopCalls(string(data))
		if counted != traced || traced < 100 {
			t.Errorf("the loop has counted %d calls, strace %d: %v", counted, traced, byName)
		}
	})
}

// loopCalls counts the calls of a loop in a trace: on the thread that has looked up callsBegin, until it looks up callsEnd.
func loopCalls(trace string) (n int, byName map[string]int) {
	byName = map[string]int{}
	thread := ""
	for line := range strings.Lines(trace) {
		pid, call, _ := strings.Cut(line, " ")
		name, _, _ := strings.Cut(strings.TrimSpace(call), "(")
		switch {
		case strings.Contains(call, callsBegin):
			thread = pid
		case strings.Contains(call, callsEnd):
			return n, byName
		case pid == thread && slices.Contains(ofTheLoop(), name): // "<... read resumed>" is the end of one that has been
			n++
			byName[name]++
		}
	}
	return 0, nil
}

// ofTheLoop are the calls that a loop makes. The rest on its thread is Go's runtime.
func ofTheLoop() []string {
	return []string{
		"epoll_pwait", "epoll_ctl", "poll", "ppoll", "socket", "setsockopt", "getsockopt", "connect", "getsockname",
		"recvfrom", "sendto", "read", "write", "close",
	}
}

// TestSystemCallsChild does a bit of all that a loop does, in a process of its own.
func TestSystemCallsChild(t *testing.T) {
	poller := os.Getenv("EVENTLOOP_CALLS")
	if poller == "" {
		t.Skip("SKIPPED: it is run by TestSystemCalls")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			}()
		}
	}()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()

	l := newLoop(t, poller, eventloop.Options{})
	start(l, "main", func() error {
		defer l.Stop()
		lookUp(callsBegin)
		before := l.Metrics()
		for range 20 {
			exchange(t, l, ln.Addr().String())
		}
		if c, err := l.Dial(context.Background(), "tcp", nobody.Addr().String()); err == nil {
			c.Close()
			t.Error("somebody listens")
		}
		woken := eventloop.NewCondition(l, "the wake-up")
		go func() { _ = l.CallSoonThreadsafe(woken.NotifyAll) }()
		if err := woken.Wait(); err != nil {
			return err
		}
		if err := callbackExchange(l, netip.MustParseAddrPort(ln.Addr().String())); err != nil {
			return err
		}
		after := l.Metrics()
		lookUp(callsEnd)
		// Wake-ups are the calls of other threads.
		fmt.Printf("calls: %d\n", after.SystemCalls-before.SystemCalls-(after.WakeupsSent-before.WakeupsSent))
		return nil
	})
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
}

// lookUp makes a system call that is easy to find.
func lookUp(name string) { _ = unix.Access(name, unix.F_OK) }

// exchange is a connection with two questions and answers.
func exchange(t *testing.T, l *eventloop.Loop, address string) {
	c, err := l.Dial(context.Background(), "tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for range 2 {
		if c.Stale() {
			t.Error("it is stale")
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
			t.Error(err)
		}
	}
}

// callbackExchange is one question and answer by callbacks, waited for by a task.
func callbackExchange(l *eventloop.Loop, to netip.AddrPort) error {
	fd, err := l.SockConnect(to)
	if err != nil {
		return err
	}
	done := eventloop.NewCondition(l, "the answer")
	var got []byte
	var end error
	finish := func(err error) {
		end = err
		done.NotifyAll()
	}
	onReadable := func() {
		b := make([]byte, 64)
		n, _, err := l.SockRead(fd, b)
		if got = append(got, b[:n]...); err != nil || len(got) == 5 {
			finish(err)
		}
	}
	onWritable := func() {
		l.RemoveWriter(fd)
		if err := l.SockConnected(fd, to); err != nil {
			finish(err)
			return
		}
		if n, err := l.SockWrite(fd, []byte("hello")); n != 5 || err != nil {
			finish(fmt.Errorf("%d bytes were written: %w", n, err))
		}
	}
	if err := l.AddReader(fd, onReadable); err != nil {
		return err
	}
	if err := l.AddWriter(fd, onWritable); err != nil {
		return err
	}
	for end == nil && len(got) < 5 {
		if err := done.Wait(); err != nil {
			return err
		}
	}
	if err := l.SockClose(fd); err != nil {
		return err
	}
	return end
}
