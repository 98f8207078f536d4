package latency

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of the larger pages of amd64 and arm64, in bytes.
const hugePage = 2 << 20

// newLines returns lines outside the Go heap, in pages of 2 MiB if the system has some, for with pages of 4 KiB
// what is measured beyond 1 MB is the way through the tables of pages as well. release gives them back.
func newLines(n int) (lines []line, release func(), err error) {
	size := n*lineSize + hugePage
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("mmap of %s: %w", sizeText(int64(size)), err)
	}
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // a kernel without them has small ones
	start := -uintptr(unsafe.Pointer(&b[0])) % hugePage
	lines = unsafe.Slice((*line)(unsafe.Pointer(&b[start])), n)
	return lines, func() { _ = unix.Munmap(b) }, nil
}
