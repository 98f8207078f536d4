package frontier

import (
	"hash/maphash"
	"math/rand/v2"
	"testing"
	"time"

	"crawl/internal/link"
)

// TestIndex: what was added is found, and nothing else, at every size, also where hashes are equal.
func TestIndex(t *testing.T) {
	for _, c := range []struct {
		name string
		n    uint32
		hash func(id uint32) uint32
	}{
		{"spread", 200_000, func(id uint32) uint32 { return id * 0x9e3779b1 }},
		{"a few of each", 100_000, func(id uint32) uint32 { return id / 3 * 0x9e3779b1 }},
		{"first bits equal", 3000, func(id uint32) uint32 { return id * 0x9e3779b1 >> 12 }},
		{"last bits equal", 20_000, func(id uint32) uint32 { return id << 12 }},
		{"all equal", tableFull, func(uint32) uint32 { return 7 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newIndex()
			find := func(id uint32) uint32 { return x.find(c.hash(id), func(o uint32) bool { return o == id }) }
			check := func(upTo uint32) {
				t.Helper()
				for id := uint32(1); id <= c.n; id++ {
					want := id
					if id > upTo {
						want = 0
					}
					if got := find(id); got != want {
						t.Fatalf("of %d, %d is found as %d", upTo, id, got)
					}
				}
			}
			for id := uint32(1); id <= c.n; id++ {
				if got := find(id); got != 0 {
					t.Fatalf("%d is found as %d before it is there", id, got)
				}
				x.add(c.hash(id), id)
				if id&(id-1) == 0 {
					check(id)
				}
			}
			check(c.n)
			used := 0
			for _, table := range x.tables {
				used += int(table.used)
			}
			if used != int(c.n) {
				t.Errorf("tables say that they have %d, want %d", used, c.n)
			}
		})
	}
}

// TestIndexSize: at no size are there more slots than a number may take.
func TestIndexSize(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	x := newIndex()
	most := 0.0
	for id := uint32(1); id <= 300_000; id++ {
		x.add(chance.Uint32(), id)
		if id > 10_000 {
			most = max(most, float64(len(x.tables)*tableSize*8+len(x.directory)*4)/float64(id))
		}
	}
	if most > 20.5 {
		t.Errorf("a number takes up to %.1f bytes, want 20", most)
	}
}

// TestCollisions: hosts and URLs whose hashes are equal are told apart.
func TestCollisions(t *testing.T) {
	now := time.Time{}
	m := NewMemory(Options{}, now)
	parse := func(s string) link.URL {
		u, err := link.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	ax, ay, bx, c := parse("http://a/x"), parse("http://a/y"), parse("http://b/x"), parse("http://c/x")
	k := m.Add(&ax, Link{}, now).Key
	b := parse("http://b/")
	kb := m.Add(&b, Link{}, now).Key
	m.urls.add(m.hash(k.Host, "/y"), uint32(k.URL))
	m.urls.add(m.hash(kb.Host, "/x"), uint32(k.URL))
	m.names.add(uint32(maphash.String(m.seed, "http://c")), uint32(k.Host))
	for _, u := range []link.URL{ay, bx, c} {
		if a := m.Add(&u, Link{}, now); !a.New || a.NewHost != (u == c) {
			t.Errorf("%s: %+v", u.String(), a)
		}
	}
}

// TestManySpellings: however many spellings of one URL are found Exact, no more than two have the same hash: the index can tell
// only so many apart as a table has room for.
func TestManySpellings(t *testing.T) {
	now := time.Time{}
	m := NewMemory(Options{}, now)
	const letters = 9
	for i := range 1 << letters {
		path := "/"
		for bit := range letters {
			path += []string{"a", "%61"}[i>>bit&1^1]
		}
		u, err := link.Parse("http://h" + path)
		if err != nil {
			t.Fatal(err)
		}
		if a := m.Add(&u, Link{Exact: true}, now); !a.New {
			t.Fatalf("%s: %+v", path, a)
		}
		if i > 0 {
			e, _ := m.Next(now)
			m.Done(e.Key, Fetched, Visit{}, now)
		}
	}
	count := map[uint32]int{}
	for _, table := range m.urls.slots.chunks {
		for _, s := range table {
			if s.id != 0 {
				count[s.hash]++
			}
		}
	}
	for hash, n := range count {
		if n > 2 {
			t.Errorf("%d have the hash %#x", n, hash)
		}
	}
	if len(count) < 1<<letters-1 {
		t.Errorf("%d hashes of %d URLs", len(count), 1<<letters)
	}
}
