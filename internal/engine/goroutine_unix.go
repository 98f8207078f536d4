//go:build unix

package engine

import "syscall"

// Stale implements Staler. Package net tells nobody of events, so it costs a system call; there is one for each
// connection that is used again.
func (c *goroutineConn) Stale() bool {
	socket, ok := c.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	stale := true
	// Not by raw.Read, which would fail after the deadline of the last exchange.
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		stale = err != syscall.EAGAIN
	})
	return stale || err != nil
}
