package latency

import (
	"strings"
	"testing"
	"unsafe"
)

// The cycle goes through every line exactly once and ends where it began, and its order is not that of memory.
func TestCycle(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 384, 10_000} {
		lines := make([]line, n)
		cycle(lines, newRandom())
		index := map[*line]int{}
		for i := range lines {
			index[&lines[i]] = i
		}
		seen := make([]bool, n)
		neighbours := 0
		p := &lines[0]
		for range n {
			i, ours := index[p]
			if !ours || seen[i] {
				t.Fatalf("%d lines: the step to %d is out of the cycle or comes twice", n, i)
			}
			seen[i] = true
			if p.next == &lines[min(i+1, n-1)] {
				neighbours++
			}
			p = p.next
		}
		if p != &lines[0] {
			t.Errorf("%d lines: not back after %d steps", n, n)
		}
		if n > 100 && neighbours > n/20 {
			t.Errorf("%d lines: %d steps to the neighbour", n, neighbours)
		}
	}
}

func TestChase(t *testing.T) {
	lines := make([]line, 7)
	for i := range lines {
		lines[i].next = &lines[(i+1)%7]
	}
	if got := chase(3, &lines[0]); got != &lines[3*chaseBlock%7] {
		t.Errorf("3 rounds are not %d steps", 3*chaseBlock)
	}
}

func TestSum(t *testing.T) {
	lines := make([]line, 3)
	for i := range lines {
		for j := range lines[i].rest {
			lines[i].rest[j] = 1 << (7*i + j)
		}
	}
	if got := sum(lines); got != 1<<21-1 {
		t.Errorf("%b: not every word once", got)
	}
}

// Lines are what the caches move, one after the other, and each in one piece.
func TestNewLines(t *testing.T) {
	if size := unsafe.Sizeof(line{}); size != lineSize && unsafe.Sizeof(uintptr(0)) == 8 {
		t.Fatalf("a line has %d bytes", size)
	}
	lines, release, err := newLines(100_000)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if len(lines) != 100_000 || uintptr(unsafe.Pointer(&lines[0]))%lineSize != 0 {
		t.Errorf("%d lines at %p", len(lines), &lines[0])
	}
	lines[0].rest[6], lines[len(lines)-1].rest[6] = 1, 2 // both ends may be written
	if sum(lines) != 3 {
		t.Error("it was not empty")
	}
}

func TestMemoryArea(t *testing.T) {
	for _, c := range []struct {
		name     string
		l3, most int64
		want     int64 // 0: refused
		note     bool
	}{
		{"small cache", 1 << 20, 512 << 20, areaLeast, false},
		{"large cache", 20 << 20, 512 << 20, 80 << 20, false},
		{"little memory", 20 << 20, 50 << 20, 50 << 20, true},
		{"too little memory", 20 << 20, 39 << 20, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeMachine{}
			m := f.meter(t)
			defer m.release()
			m.machine.L3, m.options.MaxMemory = c.l3, c.most
			a, err := m.memoryArea()
			if c.want == 0 {
				if err == nil || !strings.Contains(err.Error(), "too little beside the last cache of 20 MiB (--memory)") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := int64(len(a.lines)) * lineSize; got != c.want || (a.note != "") != c.note {
				t.Errorf("%d bytes, want %d; note %q", got, c.want, a.note)
			}
			for i := len(a.lines) / 2; i < len(a.lines); i += 1000 {
				if a.lines[i].next != nil {
					t.Fatal("the second half is part of the cycle")
				}
				if a.lines[i].rest == ([7]uint64{}) {
					t.Fatal("the second half has never been written to, so it is no memory of its own")
				}
			}
			if again, err := m.memoryArea(); again != a || err != nil {
				t.Error("it was made twice")
			}
		})
	}
}

func TestWorkingSets(t *testing.T) {
	if got := between(48<<10, 2<<20); got <= 2*48<<10 || got >= 1<<20 {
		t.Errorf("%d is not well between", got)
	}
	f := &fakeMachine{}
	m := f.meter(t)
	m.machine.L2, m.machine.L3 = 0, 0
	for name, measure := range map[string]func(*meter) (Figure, error){"L2": l2, "L3": l3} {
		if _, err := measure(m); err == nil || !strings.Contains(err.Error(), "no "+name+" cache") {
			t.Errorf("%s: %v", name, err)
		}
	}
	m.machine.L2, m.machine.L3, m.options.MaxMemory = 1<<20, 64<<20, 4<<20
	if _, err := l3(m); err == nil || err.Error() != "it takes 8 MiB of memory, and 4 MiB may be used" {
		t.Errorf("%v", err)
	}
}

func TestSizeText(t *testing.T) {
	for bytes, want := range map[int64]string{100: "100 B", 48 << 10: "48 KiB", 2 << 20: "2 MiB", 105 << 20: "105 MiB", 512 << 20: "512 MiB", 3 << 29: "1.5 GiB"} {
		if got := sizeText(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}
