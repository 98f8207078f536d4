package latency

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// networkPatience ends a measurement of a loopback that does not answer.
const networkPatience = 10 * time.Second

// loopback is both ends of a TCP connection over the loopback interface.
type loopback struct {
	near, far net.Conn
}

func newLoopback() (*loopback, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("there is no loopback: %w", err)
	}
	defer l.Close()
	near, err := net.DialTimeout("tcp", l.Addr().String(), networkPatience)
	if err != nil {
		return nil, fmt.Errorf("there is no loopback: %w", err)
	}
	far, err := l.Accept()
	if err != nil {
		return nil, errors.Join(err, near.Close())
	}
	if far.RemoteAddr().String() != near.LocalAddr().String() {
		return nil, errors.Join(errors.New("somebody else has connected"), near.Close(), far.Close())
	}
	deadline := time.Now().Add(networkPatience)
	return &loopback{near, far}, errors.Join(near.SetDeadline(deadline), far.SetDeadline(deadline))
}

// close ends both, and so whoever reads there.
func (l *loopback) close() {
	_ = l.near.Close() // all that was sent has arrived
	_ = l.far.Close()
}

// loopbackRoundTrip is a byte there and a byte back, between two goroutines as package net has them wait: the way
// through the kernel, and twice the time until somebody who waits goes on.
func loopbackRoundTrip(m *meter) (Figure, error) {
	l, err := newLoopback()
	if err != nil {
		return Figure{}, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1)
		for {
			if _, err := l.far.Read(buf); err != nil {
				return
			}
			if _, err := l.far.Write(buf); err != nil {
				return
			}
		}
	}()
	defer func() { l.close(); <-ended }()
	buf := make([]byte, 1)
	return m.figure(1, func(n int) error {
		for range n {
			if _, err := l.near.Write(buf); err != nil {
				return err
			}
			if _, err := l.near.Read(buf); err != nil {
				return err
			}
		}
		return nil
	})
}

// loopbackStream is the time that 2 KB take of a stream of them, one write and one read each, when sender and receiver
// both go as fast as they can.
func loopbackStream(m *meter) (Figure, error) {
	const size = 2 << 10
	l, err := newLoopback()
	if err != nil {
		return Figure{}, err
	}
	wanted, arrived := make(chan int), make(chan error)
	go func() {
		buf := make([]byte, size)
		for n := range wanted {
			var err error
			for range n {
				if _, err = io.ReadFull(l.far, buf); err != nil {
					break
				}
			}
			arrived <- err
		}
		close(arrived)
	}()
	defer func() {
		l.close()
		close(wanted)
		for range arrived { // until the receiver has ended
		}
	}()
	message := make([]byte, size)
	return m.figure(1, func(n int) error {
		wanted <- n
		for range n {
			if _, err := l.near.Write(message); err != nil {
				l.close() // so that the receiver gives up
				return err
			}
		}
		return <-arrived
	})
}
