package latency

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadSwitch is from one OS thread to another on the same CPU, by pipes: one write and one read included.
func threadSwitch(m *meter) (Figure, error) {
	cpus, err := usableCPUs()
	if err != nil {
		return Figure{}, err
	}
	return pipes(m, cpus[0], cpus[0])
}

// threadSwitchAcross is the same to a thread on another CPU, which sleeps until then.
func threadSwitchAcross(m *meter) (Figure, error) {
	cpus, err := usableCPUs()
	if err != nil {
		return Figure{}, err
	}
	if len(cpus) < 2 {
		return Figure{}, errOneCPU
	}
	return pipes(m, cpus[0], cpus[1])
}

func usableCPUs() (cpus []int, err error) {
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	for cpu := range len(mask) * 64 {
		if mask.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	if len(cpus) == 0 {
		return nil, errors.New("no CPU may be used")
	}
	return cpus, nil
}

// ring is two pipes between two threads. Each thread has the end that it reads from and that it writes to.
type ring struct {
	near, far [2]int // to read from, to write to
}

func newRing() (*ring, error) {
	var a, b [2]int
	if err := unix.Pipe2(a[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	if err := unix.Pipe2(b[:], unix.O_CLOEXEC); err != nil {
		_, _ = unix.Close(a[0]), unix.Close(a[1])
		return nil, fmt.Errorf("pipe: %w", err)
	}
	return &ring{near: [2]int{a[0], b[1]}, far: [2]int{b[0], a[1]}}, nil
}

// pipes measures the way of a byte from a thread on one CPU to a thread on another, or the same. The Go scheduler has
// room for both, so that neither waits for it when it comes back from the kernel.
func pipes(m *meter, here, there int) (f Figure, err error) {
	r, err := newRing()
	if err != nil {
		return f, err
	}
	return onThreads(runtime.GOMAXPROCS(0)+2, func() (Figure, error) {
		var far sync.WaitGroup
		far.Go(func() {
			runtime.LockOSThread() // and never unlocked: the thread ends, and its place with it
			defer closeEnds(r.far)
			if pin(there) == nil {
				echo(r.far)
			}
		})
		onLockedThread(func() {
			defer closeEnds(r.near)
			if err = pin(here); err == nil {
				f, err = rounds(m, r.near)
			}
		})
		far.Wait()
		return f, err
	})
}

// rounds measures from one of the threads, and looks whether there were switches at all.
func rounds(m *meter, ends [2]int) (Figure, error) {
	before, trips := switches(), 0
	f, err := m.figure(2, func(n int) error {
		trips += n
		for range n {
			if !send(ends) || !receive(ends) {
				return errors.New("the pipe between the threads broke")
			}
		}
		return nil
	})
	if n := switches() - before; err == nil && float64(n) < 0.9*float64(trips) {
		return Figure{}, fmt.Errorf("there were only %d switches in %d round trips", n, trips)
	}
	return f, err
}

// echo answers until the other end is closed.
func echo(ends [2]int) {
	for receive(ends) && send(ends) {
	}
}

// send writes a byte. There is always room for it, so the Go scheduler need not know.
func send(ends [2]int) bool {
	var b [1]byte
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(ends[1]), uintptr(unsafe.Pointer(&b[0])), 1)
		if errno != unix.EINTR {
			return n == 1
		}
	}
}

// receive waits for a byte. The Go scheduler is told, some 50 ns: else the thread could not be stopped in there.
func receive(ends [2]int) bool {
	var b [1]byte
	for {
		n, _, errno := unix.Syscall(unix.SYS_READ, uintptr(ends[0]), uintptr(unsafe.Pointer(&b[0])), 1)
		if errno != unix.EINTR {
			return n == 1
		}
	}
}

func closeEnds(ends [2]int) {
	_, _ = unix.Close(ends[0]), unix.Close(ends[1]) // then the other thread ends too
}

// pin keeps the calling thread on one CPU.
func pin(cpu int) error {
	var mask unix.CPUSet
	mask.Set(cpu)
	if err := unix.SchedSetaffinity(0, &mask); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	return nil
}

// switches is how often another thread has run in the place of the calling one: because this one waited, or because
// that one, woken by it, was put first.
func switches() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return int64(u.Nvcsw) + int64(u.Nivcsw) //nolint:unconvert // they have 32 bits where a word has
}

// threadClock is the CPU time of whatever thread asks, or nil if the system does not tell.
func threadClock() func() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return nil
	}
	return func() time.Duration {
		var t unix.Timespec
		if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
			return 0 // it has told before; a clock that stands still is found out
		}
		return time.Duration(t.Nano())
	}
}
