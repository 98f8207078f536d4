package latency

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is in memory is never cold, and there is no figure.
func TestDiskInMemory(t *testing.T) {
	const shm = "/dev/shm"
	var fs unix.Statfs_t
	if err := unix.Statfs(shm, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC {
		t.Skip("SKIPPED: there is no file system in memory at " + shm)
	}
	m := newMeter(t.Context(), Options{Quick: true, Disk: shm})
	for name, measure := range map[string]func(*meter) (Figure, error){"4 KB": disk4K, "1 MB": disk1M} {
		if _, err := measure(m); err == nil || !strings.Contains(err.Error(), "in memory and not on a disk") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The kernel's count tells a cold read from one that the cache answers. Nothing is left of the file.
func TestColdFile(t *testing.T) {
	dir := t.TempDir()
	m := newMeter(t.Context(), Options{Quick: true, Disk: dir})
	f, err := coldFile(m, diskFileQuick)
	if err != nil {
		t.Skip("SKIPPED: " + err.Error())
	}
	defer f.Close()
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("there is %v, %v", names, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != diskFileQuick {
		t.Errorf("%v, %v", info, err)
	}
	cached, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd())) // not past the caches
	if err != nil {
		t.Skip("SKIPPED: it cannot be opened again: " + err.Error())
	}
	defer cached.Close()
	buf, err := pages(diskLarge)
	if err != nil {
		t.Fatal(err)
	}
	silent := false
	onLockedThread(func() {
		blocks := func(f *os.File, at int64) int64 {
			before := blocksRead()
			if _, err := f.ReadAt(buf, at); err != nil {
				t.Error(err)
			}
			return blocksRead() - before
		}
		if blocks(f, diskLarge) == 0 {
			silent = true
			return
		}
		if first := blocks(cached, 0); first < diskLarge/512 {
			t.Errorf("the first read of 1 MB fetched %d blocks", first)
		}
		if again := blocks(cached, 0); again != 0 {
			t.Errorf("the second fetched %d", again)
		}
	})
	if silent {
		t.Skip("SKIPPED: this file system does not say what it reads, or reads nothing from a disk")
	}
}

func TestDiskNowhere(t *testing.T) {
	m := newMeter(t.Context(), Options{Quick: true, Disk: "/nonexistent"})
	if _, err := disk4K(m); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
}
