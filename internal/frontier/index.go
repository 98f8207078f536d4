package frontier

// The sizes of a table: 4 KiB, so that a search stays in one page of memory, and is short (some ten slots at the
// fullest).
const (
	tableSize = 512
	tableFull = tableSize * 13 / 16
)

// index finds numbers by the hash of what they stand for (extendible hashing: Fagin, Nievergelt, Pippenger and Strong,
// 1979). It grows by a table at a time, which is split off one that is full, and never has to be copied. Between 10 and 20
// bytes are taken for each number, about twice as many just after nearly all tables were split as just before.
type index struct {
	slots     column[slot] // of all tables, one behind the other
	tables    []table
	directory []uint32        // the table of a hash, by its first bits
	depth     uint8           // how many bits these are
	spare     [tableSize]slot // for split: too much for a stack
}

// slot is empty if id is 0.
type slot struct{ hash, id uint32 }

type table struct {
	used  uint16
	depth uint8 // how many first bits all hashes in it share
}

func newIndex() index {
	var x index
	x.newTable(0)
	x.directory = []uint32{0}
	return x
}

// find returns the number with that hash for which same is true, or 0.
func (x *index) find(hash uint32, same func(id uint32) bool) uint32 {
	slots := x.slotsOf(x.tableOf(hash))
	for i := hash % tableSize; slots[i].id != 0; i = (i + 1) % tableSize {
		if slots[i].hash == hash && same(slots[i].id) {
			return slots[i].id
		}
	}
	return 0
}

// add enters a number that is not there.
func (x *index) add(hash, id uint32) {
	t := x.tableOf(hash)
	for x.tables[t].used >= tableFull {
		x.split(t, hash)
		t = x.tableOf(hash)
	}
	x.put(t, slot{hash, id})
}

func (x *index) put(t uint32, s slot) {
	slots := x.slotsOf(t)
	i := s.hash % tableSize
	for slots[i].id != 0 {
		i = (i + 1) % tableSize
	}
	slots[i] = s
	x.tables[t].used++
}

func (x *index) tableOf(hash uint32) uint32 { return x.directory[hash>>(32-x.depth)] }

func (x *index) slotsOf(t uint32) []slot {
	begin := t * tableSize % chunk
	return x.slots.chunks[t*tableSize/chunk][begin : begin+tableSize : begin+tableSize]
}

func (x *index) newTable(depth uint8) uint32 {
	for range tableSize {
		x.slots.extend()
	}
	x.tables = append(x.tables, table{depth: depth})
	return uint32(len(x.tables) - 1)
}

// split divides the table t of hash by one more bit.
func (x *index) split(t, hash uint32) {
	depth := x.tables[t].depth + 1
	if depth > x.depth {
		x.deepen()
	}
	t2 := x.newTable(depth)
	x.tables[t] = table{depth: depth}

	// The directory has a run of the old table; the second half of it is the new one's.
	run := uint32(1) << (x.depth - depth)
	first := hash >> (32 - x.depth) &^ (2*run - 1)
	for i := first + run; i < first+2*run; i++ {
		x.directory[i] = t2
	}

	slots := x.slotsOf(t)
	copy(x.spare[:], slots)
	clear(slots)
	for _, s := range x.spare {
		if s.id != 0 {
			x.put(x.tableOf(s.hash), s)
		}
	}
}

// deepen has the directory go by one more bit. It is 128 KB for ten million numbers.
func (x *index) deepen() {
	directory := make([]uint32, 2*len(x.directory))
	for i, t := range x.directory {
		directory[2*i], directory[2*i+1] = t, t
	}
	x.directory = directory
	x.depth++
}
