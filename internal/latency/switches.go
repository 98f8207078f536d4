package latency

import (
	"errors"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// onThreads runs f with so many threads for goroutines, and with as many as before afterwards.
func onThreads(n int, f func() (Figure, error)) (Figure, error) {
	before := runtime.GOMAXPROCS(n)
	defer runtime.GOMAXPROCS(before)
	return f()
}

// errOneCPU is the reason for no figure where two threads would have to run at once.
var errOneCPU = errors.New("this program may use one CPU only")

// mutex is Lock and Unlock when nobody else is there.
func mutex(m *meter) (Figure, error) {
	var mu sync.Mutex
	count := 0
	f, err := m.figure(1, func(n int) error {
		for range n {
			mu.Lock()
			count++ // nothing beside the rest
			mu.Unlock()
		}
		return nil
	})
	runtime.KeepAlive(count)
	return f, err
}

// contended is Lock and Unlock while another thread does nothing but the same.
func contended(m *meter) (Figure, error) {
	if m.machine.Usable < 2 {
		return Figure{}, errOneCPU
	}
	return onThreads(max(2, runtime.GOMAXPROCS(0)), func() (Figure, error) {
		var mu sync.Mutex
		return m.figure(1, func(n int) error {
			var other sync.WaitGroup
			count := 0
			work := func() {
				for range n {
					mu.Lock()
					count++
					mu.Unlock()
				}
			}
			other.Go(work)
			work()
			other.Wait()
			if count != 2*n {
				return errors.New("the mutex lost count")
			}
			return nil
		})
	})
}

// coroutine is one switch between the event loop and a task: iter.Pull on a locked thread, which is how the loop
// does it. A call of next is two switches, there and back.
func coroutine(m *meter) (f Figure, err error) {
	onLockedThread(func() {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		defer stop()
		f, err = m.figure(2, func(n int) error {
			for range n {
				if _, ok := next(); !ok {
					return errors.New("the coroutine ended")
				}
			}
			return nil
		})
	})
	return f, err
}

// onLockedThread runs f on a goroutine that has an OS thread of its own, and waits for it. The thread ends with it.
func onLockedThread(f func()) {
	var done sync.WaitGroup
	done.Go(func() {
		runtime.LockOSThread()
		f()
	})
	done.Wait()
}

// goroutine is a switch between two goroutines of one thread: each gives way to the other, and so through the
// scheduler.
func goroutine(m *meter) (Figure, error) {
	return onThreads(1, func() (Figure, error) {
		if share := alternating(1000); share < 0.95 {
			return Figure{}, errors.New("the goroutines did not take turns")
		}
		return m.figure(2, func(n int) error {
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					for range n {
						runtime.Gosched()
					}
				})
			}
			both.Wait()
			return nil
		})
	})
}

// alternating is the share of n turns of each of two goroutines in which the other ran before it.
func alternating(n int) float64 {
	var last, turns atomic.Int64
	var both sync.WaitGroup
	for id := range int64(2) {
		both.Go(func() {
			for range n {
				if last.Swap(id+1) != id+1 {
					turns.Add(1)
				}
				runtime.Gosched()
			}
		})
	}
	both.Wait()
	return float64(turns.Load()) / float64(2*n)
}

// channel is to send on an unbuffered channel to a goroutine of the same thread that waits for it, and to be where
// that one goes on.
func channel(m *meter) (Figure, error) {
	return onThreads(1, func() (Figure, error) { return pingPong(m, func() {}) })
}

// channelThreads is the same where each goroutine is locked to a thread of its own.
func channelThreads(m *meter) (f Figure, err error) {
	if m.machine.Usable < 2 {
		return f, errOneCPU
	}
	return onThreads(max(2, runtime.GOMAXPROCS(0)), func() (Figure, error) {
		onLockedThread(func() { f, err = pingPong(m, runtime.LockOSThread) })
		return f, err
	})
}

// pingPong measures the way of a value from one goroutine to another. begin is called on that one.
func pingPong(m *meter, begin func()) (Figure, error) {
	there, back := make(chan int), make(chan int)
	var other sync.WaitGroup
	other.Go(func() {
		begin()
		for v := range there {
			back <- v
		}
	})
	defer other.Wait()
	defer close(there)
	return m.figure(2, func(n int) error {
		for i := range n {
			there <- i
			if <-back != i {
				return errors.New("another value came back")
			}
		}
		return nil
	})
}
