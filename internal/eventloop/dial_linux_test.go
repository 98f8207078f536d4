package eventloop_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// A connection that has met itself (RFC 9293 section 3.5) is one to a port on which nobody listens. In a network
// of its own with a single port to choose from, that is sure to happen.
func TestDialMeetsItself(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		for _, address := range []string{"127.0.0.1:12345", "[::ffff:127.0.0.1]:12345"} {
			var refused, err error
			done := make(chan struct{})
			go func() {
				defer close(done)
				runtime.LockOSThread() // for good: the thread ends with the goroutine, and the network with it
				if refused = ownNetwork(); refused == nil {
					err = dialOnce(poller, address)
				}
			}()
			<-done
			if refused != nil {
				t.Skipf("SKIPPED: a network of its own is for the superuser: %v", refused)
			}
			wantErr(t, address, err, unix.ECONNREFUSED)
		}
	})
}

// dialOnce dials on a loop of its own.
func dialOnce(poller, address string) error {
	p, err := eventloop.NewPoller(poller)
	if err != nil {
		return err
	}
	l, err := eventloop.New(eventloop.Options{Poller: p})
	if err != nil {
		return err
	}
	err = run(l, func() error {
		c, err := l.Dial(context.Background(), "tcp", address)
		if err != nil {
			return err
		}
		return c.Close()
	})
	return errors.Join(err, l.Close())
}

// ownNetwork puts the calling thread into a network with a loopback interface and one ephemeral port.
func ownNetwork() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("12345 12345"), 0)
}
