package latency

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A thread that cannot go where it should ends the measurement; nobody waits for it for ever.
func TestPipesToNowhere(t *testing.T) {
	cpus, err := usableCPUs()
	if err != nil {
		t.Fatal(err)
	}
	const nowhere = 1023 // more CPUs than there are
	f := &fakeMachine{}
	if _, err := pipes(f.meter(t), cpus[0], nowhere); err == nil || !strings.Contains(err.Error(), "broke") {
		t.Errorf("there: %v", err)
	}
	if _, err := pipes(f.meter(t), nowhere, cpus[0]); !errors.Is(err, unix.EINVAL) {
		t.Errorf("here: %v", err)
	}
}

// Without switches there is no figure of them: here nobody else is at the other end.
func TestRoundsWithoutSwitches(t *testing.T) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer closeEnds(p)
	f := &fakeMachine{}
	m := f.meter(t)
	m.now = func() time.Duration { f.clock += m.least; return f.clock }
	onLockedThread(func() {
		// A thousand times each, so that one switch by chance does not count.
		m.repetitions = 1000
		_, err := rounds(m, p)
		if err == nil || !strings.Contains(err.Error(), "switches in") {
			t.Errorf("%v", err)
		}
	})
}

// Measuring on pinned threads leaves no other thread pinned.
func TestPinsAreTakenAway(t *testing.T) {
	before, err := usableCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if len(before) < 2 {
		t.Skip("SKIPPED: there is one CPU only, so every thread is on it")
	}
	m := newMeter(t.Context(), Options{Quick: true})
	if _, err := threadSwitch(m); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	after, err := usableCPUs()
	if err != nil || len(after) != len(before) {
		t.Errorf("%v CPUs, before %v; %v", after, before, err)
	}
}

// The clock of a thread goes while it works, and not while it waits for another that does.
func TestThreadClock(t *testing.T) {
	const work = 20 * time.Millisecond
	clock := threadClock()
	if clock == nil {
		t.Fatal("there is none")
	}
	spin := func() {
		for began := clock(); clock()-began < work; { // ends, or the test does
		}
	}
	onLockedThread(func() {
		began := clock()
		onLockedThread(spin)
		if took := clock() - began; took >= work {
			t.Errorf("it went on for %v while another thread worked for %v", took, work)
		}
	})
}

// What one thread does alone is measured on its clock, and what comes after on that of the machine again.
func TestAlone(t *testing.T) {
	f := &fakeMachine{}
	m := f.meter(t)
	var inside time.Duration
	_, err := alone(func(m *meter) (reading, error) {
		inside = m.now()
		return reading{}, errors.New("passed on")
	})(m)
	if inside <= 0 || err == nil || err.Error() != "passed on" {
		t.Errorf("%v, %v", inside, err)
	}
	if f.clock = 7; m.now() != 7 {
		t.Error("the clock of the machine is gone")
	}
}
