package latency

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
)

// lineSize is the size of a line in bytes: what caches and memory move at once nearly everywhere.
const lineSize = 64

// A line fills one cache line and says which is the next: to know that, it has to have come.
type line struct {
	next *line
	rest [7]uint64
}

// cycle links lines into one cycle through all of them in random order (Sattolo's algorithm), so that no
// prefetcher guesses the next.
func cycle(lines []line, random *rand.Rand) {
	for i := range lines {
		lines[i].next = &lines[i]
	}
	for i := len(lines) - 1; i > 0; i-- {
		j := random.IntN(i) // never i itself: that makes it one cycle and not several
		lines[i].next, lines[j].next = lines[j].next, lines[i].next
	}
}

// newRandom has the same numbers each time, so that two runs have the same to do.
func newRandom() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// chaseBlock is the steps of one round of chase.
const chaseBlock = 32

// chase goes n × chaseBlock steps from line to line.
//
//go:noinline
func chase(n int, p *line) *line {
	for range n {
		p = p.next.next.next.next.next.next.next.next
		p = p.next.next.next.next.next.next.next.next
		p = p.next.next.next.next.next.next.next.next
		p = p.next.next.next.next.next.next.next.next
	}
	return p
}

// walk measures a step within a working set of so many bytes, all of which has been gone through once.
func walk(m *meter, bytes int64) (Figure, error) {
	lines, release, err := newLines(int(max(2, bytes/lineSize)))
	if err != nil {
		return Figure{}, err
	}
	defer release()
	cycle(lines, newRandom())
	p := chase(len(lines)/chaseBlock+1, &lines[0])
	return m.figure(chaseBlock, func(n int) error {
		p = chase(n, p)
		return nil
	})
}

// between is a working set that does not fit into the smaller cache, and well into the larger.
func between(smaller, larger int64) int64 {
	return int64(math.Sqrt(float64(smaller) * float64(larger)))
}

func l1(m *meter) (Figure, error) { return walk(m, m.machine.L1/2) }

func l2(m *meter) (Figure, error) {
	if m.machine.L2 <= m.machine.L1 {
		return Figure{}, errors.New("there is no L2 cache, or its size is not known")
	}
	return walk(m, between(m.machine.L1, m.machine.L2))
}

func l3(m *meter) (Figure, error) {
	if m.machine.L3 <= m.machine.L2 {
		return Figure{}, errors.New("there is no L3 cache, or its size is not known")
	}
	size := between(m.machine.L2, m.machine.L3)
	if limit := m.maxMemory(); size > limit {
		return Figure{}, fmt.Errorf("it takes %s of memory, and %s may be used", sizeText(size), sizeText(limit))
	}
	return walk(m, size)
}

// area is memory of which most cannot be in any cache. Its first half is a cycle.
type area struct {
	lines []line
	free  func()
	step  *line // where a chase has come to
	block int   // where reading has come to
	note  string
}

// The area is so many times the last cache. Each half is then twice as large, and reading one leaves nothing of
// the other in it. With less than beyondLeast there is no figure.
const (
	beyond      = 4
	beyondLeast = 2
	areaLeast   = 64 << 20 // more than translation tables hold, too
)

// maxMemory is the most that a measurement may take: what the options say, and a quarter of what is free.
func (m *meter) maxMemory() int64 {
	if free := freeMemory(); free > 0 {
		return min(m.options.MaxMemory, free/4)
	}
	return m.options.MaxMemory
}

// memoryArea makes the area when it is first needed.
func (m *meter) memoryArea() (*area, error) {
	if m.area != nil {
		return m.area, nil
	}
	last := max(m.machine.L1, m.machine.L2, m.machine.L3)
	bytes := min(max(beyond*last, areaLeast), m.maxMemory())
	if bytes < beyondLeast*last {
		return nil, fmt.Errorf("%s of memory may be used, which is too little beside the last cache of %s (--memory)", sizeText(bytes), sizeText(last))
	}
	lines, release, err := newLines(int(bytes / lineSize))
	if err != nil {
		return nil, err
	}
	a := &area{lines: lines, free: release}
	if bytes < beyond*last {
		a.note = fmt.Sprintf("the last cache has %s and only %s of memory were used: some reads may have been answered by the cache", sizeText(last), sizeText(bytes))
	}
	half := len(a.lines) / 2
	cycle(a.lines[:half], newRandom())
	for i := range a.lines[half:] { // what was never written to is all the same page of zeros, and so in the cache
		a.lines[half+i].rest[0] = 1
	}
	a.step = &a.lines[0]
	m.area = a
	return a, m.ctx.Err()
}

// release gives the area back.
func (m *meter) release() {
	if m.area != nil {
		m.area.free()
		m.area = nil
	}
}

// mainMemory is a step from line to line in memory. What finding its page takes is in it, where the CPU does not
// remember that.
func mainMemory(m *meter) (reading, error) {
	a, err := m.memoryArea()
	if err != nil {
		return reading{}, err
	}
	runtime.KeepAlive(sum(a.lines[len(a.lines)/2:])) // takes the place of the cycle in the caches
	f, err := m.figure(chaseBlock, func(n int) error {
		a.step = chase(n, a.step)
		return nil
	})
	return reading{f, a.note}, err
}

// sequential reads 1 MB, one after the other through the whole area, and around.
func sequential(m *meter) (reading, error) {
	a, err := m.memoryArea()
	if err != nil {
		return reading{}, err
	}
	const perBlock = 1 << 20 / lineSize
	total := uint64(0)
	f, err := m.figure(1, func(n int) error {
		for range n {
			if (a.block+1)*perBlock > len(a.lines) {
				a.block = 0
			}
			total += sum(a.lines[a.block*perBlock:][:perBlock])
			a.block++
		}
		return nil
	})
	runtime.KeepAlive(total)
	return reading{f, a.note}, err
}

// sum reads lines from the first to the last.
//
//go:noinline
func sum(lines []line) uint64 {
	var a, b, c uint64 // three, so that adding is not what it waits for
	for i := range lines {
		l := &lines[i].rest
		a += l[0] + l[1]
		b += l[2] + l[3]
		c += l[4] + l[5] + l[6]
	}
	return a + b + c
}

// sizeText is a number of bytes as caches are told in.
func sizeText(bytes int64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%s GiB", number(float64(bytes)/(1<<30)))
	case bytes >= 1<<20:
		return fmt.Sprintf("%s MiB", number(float64(bytes)/(1<<20)))
	case bytes >= 1<<10:
		return fmt.Sprintf("%s KiB", number(float64(bytes)/(1<<10)))
	}
	return fmt.Sprintf("%d B", bytes)
}
