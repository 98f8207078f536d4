package frontier

// timeline is what happens at some time, the earliest first, and first entered first of what happens at the same: a heap, with
// four children to a node, since these lie in one line of the cache or two. See BenchmarkTimeline.
type timeline struct {
	moments column[moment]
	n       uint32
	turn    uint32
	// moved, if not nil, is told where an id is now, counted from 1; 0: nowhere.
	moved func(id, pos uint32)
}

type moment struct {
	at   Instant
	turn uint32
	id   uint32
}

// before may be wrong on moments at the same time between which two thousand million others were entered.
func (m *moment) before(o *moment) bool {
	return m.at < o.at || m.at == o.at && int32(m.turn-o.turn) < 0
}

// first is what happens first; there has to be something.
func (t *timeline) first() moment { return *t.moments.at(0) }

// at is when what is at pos happens.
func (t *timeline) at(pos uint32) Instant { return t.moments.at(pos - 1).at }

func (t *timeline) add(id uint32, at Instant) {
	if t.n == t.moments.n {
		t.moments.extend()
	}
	t.n++
	t.up(t.n, moment{at, t.nextTurn(), id})
}

// move has what is at pos happen at another time.
func (t *timeline) move(pos uint32, at Instant) {
	m := moment{at, t.nextTurn(), t.moments.at(pos - 1).id}
	t.settle(pos, m)
}

// remove takes out what is at pos.
func (t *timeline) remove(pos uint32) {
	if t.moved != nil {
		t.moved(t.moments.at(pos-1).id, 0)
	}
	last := *t.moments.at(t.n - 1)
	t.n--
	if pos <= t.n {
		t.settle(pos, last)
	}
}

func (t *timeline) nextTurn() uint32 {
	t.turn++
	return t.turn
}

// settle finds the place of m, from pos on.
func (t *timeline) settle(pos uint32, m moment) {
	if pos > 1 && m.before(t.moments.at((pos-2)/4)) {
		t.up(pos, m)
		return
	}
	t.down(pos, m)
}

func (t *timeline) up(pos uint32, m moment) {
	for pos > 1 {
		parent := (pos-2)/4 + 1
		p := t.moments.at(parent - 1)
		if !m.before(p) {
			break
		}
		t.put(pos, *p)
		pos = parent
	}
	t.put(pos, m)
}

func (t *timeline) down(pos uint32, m moment) {
	for {
		child := 4*(pos-1) + 2
		if child > t.n {
			break
		}
		best, b := child, t.moments.at(child-1)
		for c := child + 1; c <= min(child+3, t.n); c++ {
			if o := t.moments.at(c - 1); o.before(b) {
				best, b = c, o
			}
		}
		if !b.before(&m) {
			break
		}
		t.put(pos, *b)
		pos = best
	}
	t.put(pos, m)
}

func (t *timeline) put(pos uint32, m moment) {
	*t.moments.at(pos - 1) = m
	if t.moved != nil {
		t.moved(m.id, pos)
	}
}
