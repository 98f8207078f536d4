package main

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal, 100 columns wide.
func openTerminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = resizeTerminal(master, 100)
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
	}
	return master, slave, err
}

func resizeTerminal(master *os.File, columns uint16) error {
	raw, err := master.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { // Fd would take its deadlines away
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	})
	return errors.Join(err, failed)
}

// holdTerminal stops a terminal's output, as Ctrl-S does, but before it returns: a key gets there when the kernel
// has the time.
func holdTerminal(master *os.File) error {
	raw, err := master.SyscallConn()
	if err != nil {
		return err
	}
	number, failed := 0, error(nil)
	err = raw.Control(func(fd uintptr) { number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN) })
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlSetInt(int(slave.Fd()), unix.TCXONC, unix.TCOOFF), slave.Close())
}
