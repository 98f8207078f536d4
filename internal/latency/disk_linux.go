package latency

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// How much is read in one go, of what, and how often at most.
const (
	diskPage      = 4 << 10
	diskLarge     = 1 << 20
	diskFile      = 32 << 20
	diskFileQuick = 8 << 20
	diskReads     = 200
)

// disk4K is a page of a file that no cache of this system has.
func disk4K(m *meter) (Figure, error) { return coldReads(m, diskPage) }

// disk1M is 1 MB of a file that no cache of this system has, in one read.
func disk1M(m *meter) (Figure, error) { return coldReads(m, diskLarge) }

// coldReads reads pieces of a new file in random order, none twice. A read counts only if the kernel says that it
// caused as much to be fetched from a device.
func coldReads(m *meter, size int) (Figure, error) {
	bytes := diskFile
	if m.options.Quick {
		bytes = diskFileQuick
	}
	f, err := coldFile(m, bytes)
	if err != nil {
		return Figure{}, err
	}
	defer f.Close()
	order := mathrand.Perm(bytes / size)
	buf, err := pages(size)
	if err != nil {
		return Figure{}, err
	}
	defer func() { _ = unix.Munmap(buf) }() // it was mapped so
	warm := 0
	figure, err := onLockedFigure(func() (Figure, error) {
		return m.each(min(diskReads, len(order)), func() (time.Duration, bool, error) {
			at := int64(order[0]) * int64(size)
			order = order[1:]
			before, began := blocksRead(), m.now()
			_, err := f.ReadAt(buf, at)
			took := m.now() - began
			cold := blocksRead()-before >= int64(size)/512
			if !cold {
				warm++
			}
			return took, cold, err
		})
	})
	if warm > 0 && err != nil {
		return Figure{}, fmt.Errorf("what is read there does not come from a device (%d reads): it cannot be made cold", warm)
	}
	return figure, err
}

// onLockedFigure runs f on a thread of its own, whose reads the kernel counts apart from those of others.
func onLockedFigure(f func() (Figure, error)) (figure Figure, err error) {
	onLockedThread(func() { figure, err = f() })
	return figure, err
}

// blocksRead is how many blocks of 512 bytes the kernel has fetched from devices for the calling thread.
func blocksRead() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return int64(u.Inblock) //nolint:unconvert // it has 32 bits where a word has
}

// pages is memory that begins at a page, as direct reads want it.
func pages(size int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	return b, nil
}

// coldFile makes a file without a name, of bytes that no device can compress, writes it out, has the system forget
// it, and opens it past the caches of the system where the file system allows that.
func coldFile(m *meter, bytes int) (cold *os.File, err error) {
	f, err := os.CreateTemp(m.options.Disk, ".crawl-latency-*")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer os.Remove(f.Name())
	if err := inMemory(f); err != nil {
		return nil, err
	}
	for written := 0; written < bytes && err == nil; written += diskLarge {
		if err = m.ctx.Err(); err == nil {
			_, err = io.CopyN(f, rand.Reader, diskLarge)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	}
	if err != nil {
		return nil, err
	}
	cold, err = os.OpenFile(f.Name(), os.O_RDONLY|unix.O_DIRECT, 0)
	if errors.Is(err, unix.EINVAL) {
		cold, err = os.Open(f.Name())
	}
	if err != nil {
		return nil, err
	}
	// Where reads go through the cache after all, it is not to read ahead.
	if err := unix.Fadvise(int(cold.Fd()), 0, 0, unix.FADV_RANDOM); err != nil {
		return nil, errors.Join(err, cold.Close())
	}
	return cold, nil
}

// inMemory returns an error for a file that is in memory and on no disk.
func inMemory(f *os.File) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return fmt.Errorf("fstatfs: %w", err)
	}
	if kind := uint32(fs.Type); kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC {
		return errors.New("files there are in memory and not on a disk; --disk names another folder")
	}
	return nil
}
