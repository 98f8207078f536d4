//go:build unix

package eventloop_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// pollerTest is a poller with descriptors to try it on. What the suite asks of a poller is what the loop needs
// and no more: an event comes at least once after a descriptor has become ready in a direction somebody wants.
type pollerTest struct {
	t *testing.T
	eventloop.Poller
}

func eachPollerTest(t *testing.T, test func(p *pollerTest)) {
	eachPoller(t, func(t *testing.T, name string) {
		p, err := eventloop.NewPoller(name)
		if err != nil {
			t.Fatal(err)
		}
		test(&pollerTest{t, p})
		noError(t, p.Close())
	})
}

// pair is two connected sockets. They are closed with the test; closing one earlier is close's work.
func (p *pollerTest) pair() (int, int) {
	p.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, fd := range fds {
		noError(p.t, unix.SetNonblock(fd, true))
		p.t.Cleanup(func() { _ = unix.Close(fd) })
	}
	return fds[0], fds[1]
}

func (p *pollerTest) add(fd int, gen uint32, want eventloop.Readiness) {
	p.t.Helper()
	if err := p.Add(fd, gen); err != nil {
		p.t.Fatal(err)
	}
	p.Want(fd, want)
}

func (p *pollerTest) send(fd int) {
	p.t.Helper()
	if _, err := unix.Write(fd, []byte{1}); err != nil {
		p.t.Fatal(err)
	}
}

// poll is one Wait.
func (p *pollerTest) poll(room int, timeout time.Duration) []eventloop.Event {
	p.t.Helper()
	events := make([]eventloop.Event, room)
	n, err := p.Wait(events, timeout)
	if err != nil {
		p.t.Fatal(err)
	}
	return events[:n]
}

// ready waits for an event of fd that says at least want, and checks its generation.
func (p *pollerTest) ready(fd int, gen uint32, want eventloop.Readiness) eventloop.Readiness {
	p.t.Helper()
	for deadline := time.Now().Add(bound); time.Now().Before(deadline); {
		for _, ev := range p.poll(8, time.Second) {
			if ev.FD != fd || ev.Gen != gen {
				p.t.Errorf("event of descriptor %d, generation %d, want %d, %d", ev.FD, ev.Gen, fd, gen)
			} else if ev.Ready&want == want {
				return ev.Ready
			}
		}
	}
	p.t.Fatalf("descriptor %d never became ready for %b", fd, want)
	return 0
}

// quiet checks that no event says anything of want.
func (p *pollerTest) quiet(what string, want eventloop.Readiness) {
	p.t.Helper()
	for range 3 {
		for _, ev := range p.poll(8, 0) {
			if ev.Ready&want != 0 {
				p.t.Errorf("%s: event of descriptor %d, generation %d, ready for %b", what, ev.FD, ev.Gen, ev.Ready)
			}
		}
	}
}

func TestPollerNames(t *testing.T) {
	names := eventloop.Pollers()
	if len(names) == 0 || names[len(names)-1] != "poll" {
		t.Errorf("pollers are %q: poll is everywhere", names)
	}
	p, err := eventloop.NewPoller("")
	if err != nil {
		t.Fatal(err)
	}
	noError(t, p.Close())
	if _, err := eventloop.NewPoller("kqueue 9"); err == nil {
		t.Error("a poller that there is not was made")
	}
}

func TestPollerReadAndWrite(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		a, b := p.pair()
		p.add(a, 7, eventloop.Readable)
		p.quiet("nothing to read", eventloop.Readable)
		p.send(b)
		if r := p.ready(a, 7, eventloop.Readable); r&eventloop.Hangup != 0 {
			p.t.Error("something to read was taken for a hang-up")
		}
		p.Want(a, eventloop.Writable)
		p.send(b) // an edge-triggered poller tells of both directions again
		p.ready(a, 7, eventloop.Writable)
		noError(p.t, p.Remove(a, false))
		p.send(b)
		p.quiet("removed", eventloop.Readable|eventloop.Writable|eventloop.Hangup)
		p.Want(a, eventloop.Readable) // of what is not registered: nothing
		p.quiet("wanted, but not registered", eventloop.Readable)
		p.add(a, 8, eventloop.Readable) // what was there before it was added counts
		p.ready(a, 8, eventloop.Readable)
	})
}

// A full socket becomes writable when the other end has read.
func TestPollerBecomesWritable(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		a, b := p.pair()
		chunk := make([]byte, 1<<16)
		fill := func() (n int) {
			for {
				m, err := unix.Write(a, chunk)
				if err != nil {
					return n
				}
				n += m
			}
		}
		filled := fill()
		p.add(a, 1, eventloop.Writable)
		p.quiet("full", eventloop.Writable)
		for filled > 0 {
			n, err := unix.Read(b, chunk)
			if err != nil {
				p.t.Fatal(err)
			}
			filled -= n
		}
		p.ready(a, 1, eventloop.Writable)
	})
}

func TestPollerHangUp(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		a, b := p.pair()
		p.add(a, 1, eventloop.Readable)
		p.send(b)
		noError(p.t, unix.Shutdown(b, unix.SHUT_RDWR))
		p.ready(a, 1, eventloop.Readable)
		var buf [2]byte
		if n, err := unix.Read(a, buf[:]); n != 1 || err != nil {
			p.t.Errorf("what was sent before the end: %d bytes, %v", n, err)
		}
		if n, err := unix.Read(a, buf[:]); n != 0 || err != nil {
			p.t.Errorf("the end: %d bytes, %v", n, err)
		}
		// The end of input alone is readable too, whatever it is called.
		c, d := p.pair()
		p.add(c, 2, eventloop.Readable)
		noError(p.t, unix.Shutdown(d, unix.SHUT_WR))
		noError(p.t, p.Remove(a, false))
		p.ready(c, 2, eventloop.Readable)
	})
}

// An error makes both directions ready and is a hang-up: the operation tells what it is.
func TestPollerError(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		var pipe [2]int
		if err := unix.Pipe(pipe[:]); err != nil {
			p.t.Fatal(err)
		}
		defer unix.Close(pipe[1])
		noError(p.t, unix.SetNonblock(pipe[1], true))
		p.add(pipe[1], 3, eventloop.Writable)
		p.ready(pipe[1], 3, eventloop.Writable)
		noError(p.t, unix.Close(pipe[0])) // nobody will ever read
		p.ready(pipe[1], 3, eventloop.Readable|eventloop.Writable|eventloop.Hangup)
		if _, err := unix.Write(pipe[1], []byte{1}); !errors.Is(err, unix.EPIPE) {
			p.t.Errorf("write: %v", err)
		}
		noError(p.t, p.Remove(pipe[1], false))
	})
}

// A connection that is refused becomes writable, with a hang-up.
func TestPollerConnectRefused(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		ln, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			p.t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		noError(p.t, ln.Close())
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			p.t.Fatal(err)
		}
		defer unix.Close(fd)
		noError(p.t, unix.SetNonblock(fd, true))
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		if !errors.Is(err, unix.EINPROGRESS) {
			p.t.Skipf("connect did not go on in the background: %v", err)
		}
		p.add(fd, 4, eventloop.Writable)
		p.ready(fd, 4, eventloop.Writable|eventloop.Hangup)
		if code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); unix.Errno(code) != unix.ECONNREFUSED || err != nil {
			p.t.Errorf("SO_ERROR is %v, %v", unix.Errno(code), err)
		}
		noError(p.t, p.Remove(fd, false))
	})
}

// A number that is closed and taken again brings events of the new generation only.
func TestPollerReusedNumber(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		a, b := p.pair()
		number, err := unix.Dup(a)
		if err != nil {
			p.t.Fatal(err)
		}
		noError(p.t, unix.Close(a)) // number alone stands for this end now
		p.add(number, 1, eventloop.Readable)
		p.send(b)
		p.ready(number, 1, eventloop.Readable)
		p.send(b)
		noError(p.t, p.Remove(number, true))
		c, d := p.pair()
		if err := unix.Dup2(c, number); err != nil { // closes the old one and takes its number
			p.t.Fatal(err)
		}
		defer unix.Close(number)
		p.add(number, 2, eventloop.Readable)
		p.quiet("the new descriptor has nothing", eventloop.Readable)
		p.send(d)
		p.ready(number, 2, eventloop.Readable)
		noError(p.t, p.Remove(number, true))
	})
}

func TestPollerMisuse(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		a, _ := p.pair()
		p.add(a, 1, eventloop.Readable)
		if err := p.Add(a, 2); !errors.Is(err, unix.EEXIST) {
			p.t.Errorf("added twice: %v", err)
		}
		noError(p.t, p.Remove(a, false))
		if err := p.Remove(a, false); !errors.Is(err, unix.ENOENT) {
			p.t.Errorf("removed twice: %v", err)
		}
	})
}

// Want is what a level-triggered poller goes by: what nobody wants it does not report, and what was taken
// back and wanted again it does. The set is kept in one piece whatever is dropped from it.
func TestPollerWantsComeAndGo(t *testing.T) {
	p, err := eventloop.NewPoller("poll")
	if err != nil {
		t.Fatal(err)
	}
	suite := &pollerTest{t, p}
	var fds []int
	for i := range 5 {
		a, b := suite.pair()
		suite.send(b)
		suite.add(a, uint32(i), eventloop.Readable)
		fds = append(fds, a)
	}
	want := map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true}
	check := func(what string) {
		t.Helper()
		got := suite.poll(8, 0)
		if len(got) != len(want) {
			t.Errorf("%s: %d events, want %d", what, len(got), len(want))
		}
		for _, ev := range got {
			if !want[int(ev.Gen)] || fds[ev.Gen] != ev.FD {
				t.Errorf("%s: event of descriptor %d, generation %d", what, ev.FD, ev.Gen)
			}
		}
	}
	check("all")
	check("again: level-triggered")
	p.Want(fds[1], 0)
	p.Want(fds[1], 0)
	delete(want, 1)
	check("without one in the middle")
	noError(t, p.Remove(fds[4], true))
	delete(want, 4)
	noError(t, p.Remove(fds[0], true))
	delete(want, 0)
	check("without the last and the first")
	p.Want(fds[1], eventloop.Readable)
	want[1] = true
	check("with the one in the middle again")
	p.Want(fds[2], eventloop.Writable)
	for _, ev := range suite.poll(8, 0) {
		if ev.Gen == 2 && ev.Ready != eventloop.Writable {
			t.Errorf("wanted for writing, reported for %b", ev.Ready)
		}
	}
}

// When more is ready than the list takes, the rest comes with the next polls; nobody is always left out.
func TestPollerShortList(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		const descriptors = 7
		missing := map[int]bool{}
		for i := range descriptors {
			a, b := p.pair()
			p.send(b)
			p.add(a, uint32(i), eventloop.Readable)
			missing[a] = true
		}
		for range descriptors {
			for _, ev := range p.poll(2, 0) {
				delete(missing, ev.FD)
			}
		}
		if len(missing) != 0 {
			p.t.Errorf("%d of %d descriptors were never reported", len(missing), descriptors)
		}
	})
}

func TestPollerManyDescriptors(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		const descriptors = 1000
		type end struct{ fd, other int }
		var ends []end
		for i := range descriptors {
			a, b := p.pair()
			p.add(a, uint32(i), eventloop.Readable)
			ends = append(ends, end{a, b})
		}
		p.quiet("nothing was sent", eventloop.Readable)
		missing := map[int]uint32{}
		for i, e := range ends {
			if i%3 == 0 {
				p.send(e.other)
				missing[e.fd] = uint32(i)
			}
		}
		for range descriptors {
			for _, ev := range p.poll(100, 0) {
				if ev.Ready&eventloop.Readable == 0 {
					continue // an edge-triggered poller tells of writing too
				}
				if gen, ok := missing[ev.FD]; ok && gen != ev.Gen {
					p.t.Errorf("descriptor %d has generation %d, want %d", ev.FD, ev.Gen, gen)
				} else if ok {
					p.Want(ev.FD, 0)
					delete(missing, ev.FD)
				}
			}
		}
		if len(missing) != 0 {
			p.t.Errorf("%d descriptors were never reported", len(missing))
		}
	})
}

// A poll waits as long as it was told, never less: a poll that wakes early makes the loop spin.
func TestPollerTimeout(t *testing.T) {
	eachPollerTest(t, func(p *pollerTest) {
		for _, timeout := range []time.Duration{1, 300 * time.Microsecond, 1100 * time.Microsecond, 5 * time.Millisecond} {
			begun := time.Now()
			if got := p.poll(8, timeout); len(got) != 0 {
				p.t.Errorf("events %v of nothing", got)
			}
			// A signal of the runtime's own may end a wait early, but hardly each of several.
			for tries := 0; time.Since(begun) < timeout && tries < 10; tries++ {
				begun = time.Now()
				p.poll(8, timeout)
			}
			if took := time.Since(begun); took < timeout {
				p.t.Errorf("a wait for %v took %v", timeout, took)
			}
		}
	})
}
