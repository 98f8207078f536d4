//go:build unix

package main

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// blackhole listens with the shortest queue there is, fills it, and never accepts: what connects now gets no
// answer. It is on a port of its own, or listens on the IPv4 address and port that are given. (Linux; others refuse the
// connection or answer all the same.)
func (s *script) blackhole(ts *testscript.TestScript, args []string) {
	at := netip.MustParseAddrPort("127.0.0.1:0")
	if len(args) > 0 {
		at = netip.MustParseAddrPort(args[0])
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	check(err)
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "black hole")
	s.closers = append(s.closers, f)
	check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}))
	check(syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	check(err)
	addr := netip.AddrPortFrom(at.Addr(), uint16(name.(*syscall.SockaddrInet4).Port)).String()
	for range 16 {
		conn, err := net.DialTimeout("tcp", addr, 250*time.Millisecond)
		var netErr net.Error
		if errors.As(err, &netErr) && netErr.Timeout() {
			ts.Setenv("BLACKHOLE", "http://"+addr+"/")
			return
		}
		check(err)
		s.closers = append(s.closers, conn)
	}
	fatal("its queue does not fill")
}
