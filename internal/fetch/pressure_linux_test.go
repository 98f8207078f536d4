package fetch

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// loopbackUp sets up 127.0.0.1 in a new network namespace (netdevice(7)).
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	req := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(req.name[:], "lo")
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req))); errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}

// TestPortsExhausted: in a network that has ten local ports, twenty-five fetches at once are fetched to their end.
func TestPortsExhausted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: only root may make a network of its own")
	}
	onEach(t, func(t *testing.T, k kind) {
		t.Parallel() // each has a machine's worth of network for itself
		r := parseReport(t, runChild(t, "ports", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, "MODE="+k.name))
		if r.Classes[OK] != 100 || r.Wrong != 0 || len(r.Classes) != 1 {
			t.Errorf("the fetches ended with %v, %d of them with another body, want 100 × ok", r.Classes, r.Wrong)
		}
		if r.Pressure[LocalPorts] == 0 || len(r.Pressure) != 1 {
			t.Errorf("OnPressure was told of %v, want ports", r.Pressure)
		}
	})
}
