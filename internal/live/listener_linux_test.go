package live

import (
	"net"
	"syscall"
	"testing"
)

// TestWriteBuffer: the system keeps little for who does not read.
func TestWriteBuffer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs, err := (&boundedListener{Listener: l, slots: make(chan struct{}, 1)}).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	raw, err := theirs.(*boundedConn).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	if controlErr := raw.Control(func(fd uintptr) {
		size, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	}); controlErr != nil || err != nil {
		t.Fatal(controlErr, err)
	}
	if size != 2*writeBuffer { // Linux doubles it, for its own books
		t.Errorf("%d bytes", size)
	}
}
