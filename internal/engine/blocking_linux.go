package engine

import "golang.org/x/sys/unix"

// openSocket makes a blocking socket that is not inherited.
func openSocket(family, kind int) (int, error) {
	return unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
}
