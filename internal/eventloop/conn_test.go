//go:build unix

package eventloop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// eachFamily runs a test on every poller, over IPv4 and IPv6.
func eachFamily(t *testing.T, test func(t *testing.T, poller, tcp, address string)) {
	eachPoller(t, func(t *testing.T, poller string) {
		for _, f := range families {
			t.Run(f.name, func(t *testing.T) { test(t, poller, f.tcp, f.address) })
		}
	})
}

func TestConnEcho(t *testing.T) {
	eachFamily(t, func(t *testing.T, poller, tcp, address string) {
		l := newLoop(t, poller, eventloop.Options{})
		address = serve(t, tcp, address, echo)
		mustRun(t, l, func() error {
			c, err := l.Dial(context.Background(), tcp, address)
			if err != nil {
				return err
			}
			defer c.Close()
			if got := c.RemoteAddr(); got.String() != address || got.Network() != "tcp" {
				t.Errorf("remote address is %v, want %v", got, address)
			}
			if local, ok := c.LocalAddr().(*net.TCPAddr); !ok || local.Port == 0 {
				t.Errorf("local address is %v", c.LocalAddr())
			}
			for i := range 100 {
				sent := fmt.Sprintf("message %d", i)
				if n, err := c.Write([]byte(sent)); n != len(sent) || err != nil {
					return fmt.Errorf("wrote %d bytes: %w", n, err)
				}
				got := make([]byte, len(sent))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != sent {
					return fmt.Errorf("read %q: %w", got, err)
				}
			}
			return nil
		})
	})
}

// Whatever the sizes of reads and writes are, the bytes are the same; a reader and a writer share the connection.
func TestConnBackPressure(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		address := serve(t, "tcp4", "127.0.0.1:0", echo)
		sent := make([]byte, 8<<20) // more than all the buffers on the way, so that the writer has to wait
		rnd := rand.New(rand.NewPCG(1, 2))
		for i := range sent {
			sent[i] = byte(rnd.Uint32())
		}
		withConn(t, l, address, func(c *eventloop.Conn) error {
			writer := start(l, "writer", func() error {
				n, err := c.Write(sent)
				if n != len(sent) {
					t.Errorf("wrote %d bytes of %d", n, len(sent))
				}
				return err
			})
			var got bytes.Buffer
			for buf := make([]byte, 100_000); got.Len() < len(sent); {
				n, err := c.Read(buf[:1+rnd.IntN(len(buf))])
				if err != nil {
					return err
				}
				got.Write(buf[:n])
			}
			if !bytes.Equal(got.Bytes(), sent) {
				t.Error("what came back is not what was sent")
			}
			_, err := writer.Await()
			return err
		})
	})
}

// A write that nobody reads waits, and says how much was taken when it is cut short.
func TestConnPartialWrite(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, _ := looptest.New(t, poller, eventloop.Options{})
		release := make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(*net.TCPConn) { <-release })
		defer close(release)
		huge := make([]byte, 16<<20)
		for name, cut := range map[string]struct {
			begin func(c *eventloop.Conn, writer *eventloop.Task[int])
			want  error
		}{
			"deadline": {func(c *eventloop.Conn, _ *eventloop.Task[int]) {
				noError(t, c.SetWriteDeadline(l.Now().Add(time.Second)))
			}, os.ErrDeadlineExceeded},
			"cancel": {func(_ *eventloop.Conn, w *eventloop.Task[int]) { l.CallLater(time.Second, func() { w.Cancel() }) }, eventloop.ErrCancelled},
			"close": {func(c *eventloop.Conn, _ *eventloop.Task[int]) {
				l.CallLater(time.Second, func() { noError(t, c.Close()) })
			}, net.ErrClosed},
		} {
			withConn(t, l, address, func(c *eventloop.Conn) error {
				written := 0
				var err error
				writer := eventloop.CreateTask(context.Background(), l, "writer", func(context.Context) (int, error) {
					written, err = c.Write(huge)
					return 0, nil
				})
				cut.begin(c, writer)
				_, taskErr := writer.Await()
				wantErr(t, name, err, cut.want)
				if written == 0 || written >= len(huge) {
					t.Errorf("%s: %d bytes written of %d", name, written, len(huge))
				}
				return taskErr
			})
		}
	})
}

func TestConnEOF(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		address := serve(t, "tcp4", "127.0.0.1:0", greet("hello, world"))
		withConn(t, l, address, func(c *eventloop.Conn) error {
			got, err := io.ReadAll(c)
			if string(got) != "hello, world" {
				t.Errorf("read %q", got)
			}
			for range 3 { // an end stays an end
				if n, err := c.Read(make([]byte, 10)); n != 0 || err != io.EOF {
					t.Errorf("at the end: %d, %v", n, err)
				}
				noError(t, c.AwaitReadable())
			}
			return err
		})
		// With buffers that fit exactly, where a short read cannot tell that there is no more.
		withConn(t, l, address, func(c *eventloop.Conn) error {
			got := make([]byte, len("hello, world"))
			if _, err := io.ReadFull(c, got); err != nil {
				return err
			}
			if n, err := c.Read(got); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d, %v", n, err)
			}
			return nil
		})
	})
}

// Data and the end behind it in one event: the end is not forgotten when all the data was read.
func TestConnDataAndEndInOneEvent(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		ended := make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			greet("bye")(c)
			_ = c.CloseWrite()
			close(ended)
			silence(c)
		})
		withConn(t, l, address, func(c *eventloop.Conn) error {
			<-ended // the loop stands still meanwhile
			buf := make([]byte, 10)
			if n, err := c.Read(buf); n != 3 || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
			if n, err := c.Read(buf); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d bytes, %v", n, err)
			}
			return nil
		})
	})
}

// An empty read returns at once, an empty write writes nothing.
func TestConnEmpty(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		withConn(t, l, serve(t, "tcp4", "127.0.0.1:0", silence), func(c *eventloop.Conn) error {
			if n, err := c.Read(nil); n != 0 || err != nil {
				t.Errorf("read: %d, %v", n, err)
			}
			n, err := c.Write(nil)
			if n != 0 {
				t.Errorf("wrote %d bytes", n)
			}
			return err
		})
	})
}

// The peer has ended its side and still reads: what we write arrives.
func TestConnHalfClosed(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		got := make(chan string, 1)
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			_ = c.CloseWrite()
			b, _ := io.ReadAll(c)
			got <- string(b)
		})
		withConn(t, l, address, func(c *eventloop.Conn) error {
			if n, err := c.Read(make([]byte, 10)); n != 0 || err != io.EOF {
				t.Errorf("read: %d, %v", n, err)
			}
			_, err := c.Write([]byte("still there"))
			return err
		})
		if s := <-got; s != "still there" {
			t.Errorf("the peer got %q", s)
		}
	})
}

func TestConnReset(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		address := serve(t, "tcp4", "127.0.0.1:0", reset)
		withConn(t, l, address, func(c *eventloop.Conn) error {
			if _, err := c.Write([]byte("x")); err != nil {
				return err
			}
			_, err := c.Read(make([]byte, 10))
			wantErr(t, "read", err, unix.ECONNRESET)
			var op *net.OpError
			if !errors.As(err, &op) || op.Op != "read" || op.Net != "tcp" || op.Addr.String() != address {
				t.Errorf("the error is %#v", err)
			}
			_, err = c.Write([]byte("x"))
			wantErr(t, "write", err, unix.EPIPE)
			return nil
		})
	})
}

// Close wakes who waits, at either side, and is an error the second time.
func TestConnClose(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		withConn(t, l, serve(t, "tcp4", "127.0.0.1:0", silence), func(c *eventloop.Conn) error {
			reader := start(l, "reader", func() error { _, err := c.Read(make([]byte, 1)); return err })
			noError(t, l.Yield())
			noError(t, c.Close())
			_, err := reader.Await()
			wantErr(t, "waiting reader", err, net.ErrClosed)
			wantErr(t, "second Close", c.Close(), net.ErrClosed)
			_, err = c.Read(make([]byte, 1))
			wantErr(t, "Read", err, net.ErrClosed)
			_, err = c.Write([]byte("x"))
			wantErr(t, "Write", err, net.ErrClosed)
			wantErr(t, "AwaitReadable", c.AwaitReadable(), net.ErrClosed)
			wantErr(t, "SetDeadline", c.SetDeadline(time.Time{}), net.ErrClosed)
			wantErr(t, "SetReadDeadline", c.SetReadDeadline(time.Time{}), net.ErrClosed)
			wantErr(t, "SetWriteDeadline", c.SetWriteDeadline(time.Time{}), net.ErrClosed)
			if !c.Stale() || c.RemoteAddr() == nil || c.LocalAddr() == nil {
				t.Error("a closed connection is stale, and still has addresses")
			}
			return nil
		})
	})
}

// A connection has one reader and one writer; the second is told, and the first is not disturbed.
func TestConnIsBusy(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		withConn(t, l, serve(t, "tcp4", "127.0.0.1:0", echo), func(c *eventloop.Conn) error {
			first := start(l, "first", func() error {
				got := make([]byte, 4)
				_, err := io.ReadFull(c, got)
				return err
			})
			noError(t, l.Yield())
			_, err := c.Read(make([]byte, 1))
			if err == nil || !strings.Contains(err.Error(), "another task is waiting") {
				t.Errorf("second reader: %v", err)
			}
			if err := c.AwaitReadable(); err == nil {
				t.Error("second AwaitReadable: no error")
			}
			if _, err := c.Write([]byte("four")); err != nil {
				return err
			}
			_, err = first.Await()
			return err
		})
	})
}

// A reader that is cancelled loses nothing: the connection goes on, and what comes is for the next read.
func TestConnReadCancelled(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, p := looptest.New(t, poller, eventloop.Options{})
		withConn(t, l, serve(t, "tcp4", "127.0.0.1:0", echo), func(c *eventloop.Conn) error {
			for _, wait := range []func() error{
				func() error { _, err := c.Read(make([]byte, 1)); return err },
				c.AwaitReadable,
			} {
				reader := start(l, "reader", wait)
				noError(t, l.Yield())
				reader.Cancel()
				_, err := reader.Await()
				wantErr(t, "read", err, eventloop.ErrCancelled)
				if !reader.Cancelled() {
					t.Error("the task did not end as cancelled")
				}
			}
			for fd, wanted := range p.Wanted {
				if fd != wakeUpDescriptor(p) && wanted != 0 {
					t.Errorf("descriptor %d is still wanted for %b", fd, wanted)
				}
			}
			if _, err := c.Write([]byte("hello")); err != nil {
				return err
			}
			got := make([]byte, 5)
			_, err := io.ReadFull(c, got)
			if string(got) != "hello" {
				t.Errorf("read %q", got)
			}
			return err
		})
	})
}

// wakeUpDescriptor is the one that was registered first.
func wakeUpDescriptor(p *looptest.Poller) int {
	for fd, gen := range p.Generations {
		if gen == 1 {
			return fd
		}
	}
	return -1
}

// What was readable when the cancellation came is read; the cancellation comes with the next wait.
func TestConnDataAndCancelInOneTurn(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		send := make(chan struct{}, 1)
		sent := make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			<-send
			_, _ = c.Write([]byte("data"))
			close(sent)
			silence(c)
		})
		withConn(t, l, address, func(c *eventloop.Conn) error {
			var tr trace
			reader := start(l, "reader", func() error {
				buf := make([]byte, 10)
				n, err := c.Read(buf)
				tr.add("%s/%v", buf[:n], err)
				_, err = c.Read(buf)
				tr.add("%v", errors.Is(err, eventloop.ErrCancelled))
				return nil
			})
			noError(t, l.Yield())
			send <- struct{}{}
			<-sent // the loop stands still meanwhile, so the event and the timer below come with one poll
			l.CallLater(0, func() { reader.Cancel() })
			_, err := reader.Await()
			tr.want(t, "data/<nil> true")
			return err
		})
	})
}

func TestConnOutsideOfATask(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		withConn(t, l, serve(t, "tcp4", "127.0.0.1:0", silence), func(c *eventloop.Conn) error {
			ended := eventloop.NewFuture[struct{}](l)
			l.CallSoon(func() {
				_, err := c.Read(make([]byte, 1))
				wantErr(t, "Read", err, eventloop.ErrNotInTask)
				_, err = c.Write([]byte("x")) // what need not wait needs no task
				noError(t, err)
				ended.SetResult(struct{}{})
			})
			_, err := ended.Await()
			return err
		})
	})
}

// Stale is for a pool: has anything happened on a connection from which nothing is due?
func TestConnStale(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{}) // the poller that tells of what nobody waits for
	if eventloop.Pollers()[0] == "poll" {
		t.Skip("poll reports only what is waited for")
	}
	proceed := make(chan func(c *net.TCPConn))
	address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
		for act := range proceed {
			act(c)
			proceed <- nil
		}
	})
	tell := func(act func(c *net.TCPConn)) { proceed <- act; <-proceed }
	withConn(t, l, address, func(c *eventloop.Conn) error {
		defer close(proceed)
		noError(t, l.Yield())
		if c.Stale() {
			t.Error("a new connection is stale")
		}
		// A response that was read to its end, be it with a buffer that has room left or that fits exactly.
		for _, room := range []int{4, 10} {
			tell(greet("data"))
			if _, err := c.Read(make([]byte, room)); err != nil {
				return err
			}
			noError(t, l.Yield())
			if c.Stale() {
				t.Errorf("a connection from which all was read, into a buffer of %d bytes, is stale", room)
			}
		}
		tell(greet("not asked for"))
		noError(t, l.Yield())
		if !c.Stale() {
			t.Error("a connection with something nobody asked for is not stale")
		}
		if _, err := c.Read(make([]byte, 100)); err != nil {
			return err
		}
		tell(func(c *net.TCPConn) { c.Close() })
		noError(t, l.Yield())
		if !c.Stale() {
			t.Error("a connection that the peer has closed is not stale")
		}
		return nil
	})
}

// The number of a closed connection may be another's by now: nothing is asked of the system about it.
func TestAddressOfAClosedConn(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	address := serve(t, "tcp4", "127.0.0.1:0", silence)
	withConn(t, l, address, func(c *eventloop.Conn) error {
		noError(t, c.Close())
		d, err := l.Dial(context.Background(), "tcp", address) // takes its number
		if err != nil {
			return err
		}
		defer d.Close()
		if c.LocalAddr().String() == d.LocalAddr().String() {
			t.Errorf("a closed connection says that its address is %v, which is another's", c.LocalAddr())
		}
		return nil
	})
}

// Of two writers the second is told, as of two readers.
func TestConnIsBusyWriting(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		release := make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(*net.TCPConn) { <-release })
		defer close(release)
		withConn(t, l, address, func(c *eventloop.Conn) error {
			first := start(l, "first", func() error { _, err := c.Write(make([]byte, 16<<20)); return err })
			for range 20 {
				noError(t, l.Yield())
			}
			_, err := c.Write([]byte("x"))
			if err == nil || !strings.Contains(err.Error(), "another task is waiting") {
				t.Errorf("second writer: %v", err)
			}
			first.Cancel()
			_, err = first.Await()
			wantErr(t, "first writer", err, eventloop.ErrCancelled)
			return nil
		})
	})
}

// A cancellation reaches a reader that never has to wait, within one budget.
func TestCancelOfABusyReader(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	const bytes, budget = 1000, 128
	sent := make(chan struct{})
	address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
		_, _ = c.Write(make([]byte, bytes))
		close(sent)
		silence(c)
	})
	withConn(t, l, address, func(c *eventloop.Conn) error {
		<-sent
		var reader *eventloop.Task[struct{}]
		reads := 0
		reader = start(l, "reader", func() error {
			if _, err := c.Read(make([]byte, 1)); err != nil {
				return err
			}
			reader.Cancel()
			for {
				if _, err := c.Read(make([]byte, 1)); err != nil {
					return err
				}
				reads++
			}
		})
		_, err := reader.Await()
		wantErr(t, "read", err, eventloop.ErrCancelled)
		if reads > budget {
			t.Errorf("%d reads after the cancellation", reads)
		}
		return nil
	})
}

// A write longer than its budget lets others run, though the socket takes all of it without a pause.
func TestWriteKeepsToItsBudget(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	release := make(chan struct{})
	address := serve(t, "tcp4", "127.0.0.1:0", func(*net.TCPConn) { <-release })
	defer close(release)
	withConn(t, l, address, func(c *eventloop.Conn) error {
		const budget = 1 << 20
		written := 0
		writer := start(l, "writer", func() error {
			n, err := c.Write(make([]byte, 16<<20))
			written = n
			return err
		})
		noError(t, l.Yield())
		yields := l.Metrics().ForcedYields
		writer.Cancel()
		_, err := writer.Await()
		wantErr(t, "write", err, eventloop.ErrCancelled)
		if written > budget && yields == 0 {
			t.Errorf("%d bytes were written in one step", written)
		} else if written <= budget {
			t.Logf("the system's buffers took %d bytes only: nothing is shown", written)
		}
		return nil
	})
}

// Urgent data (RFC 9293 section 3.8.5) cuts a read short with more behind it: that is not waited for in vain.
func TestConnUrgentData(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		sent := make(chan error, 1)
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			sent <- func() error {
				raw, err := c.SyscallConn()
				if err != nil {
					return err
				}
				if _, err := c.Write([]byte("before")); err != nil {
					return err
				}
				var sendErr error
				if err := raw.Control(func(fd uintptr) { sendErr = unix.Sendto(int(fd), []byte("!"), unix.MSG_OOB, nil) }); err != nil || sendErr != nil {
					return errors.Join(err, sendErr)
				}
				_, err = c.Write([]byte("behind"))
				return err
			}()
			silence(c)
		})
		withConn(t, l, address, func(c *eventloop.Conn) error {
			if err := <-sent; err != nil { // the loop stands still meanwhile
				return err
			}
			noError(t, c.SetReadDeadline(l.Now().Add(bound/2)))
			got := make([]byte, len("beforebehind"))
			n, err := io.ReadFull(c, got)
			if string(got[:n]) != "beforebehind" {
				t.Errorf("read %q", got[:n])
			}
			return err
		})
	})
}
