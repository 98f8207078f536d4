package frontier

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"crawl/internal/link"
)

// TestTexts: texts of every length that there is come out as they went in, and small ones leave nothing unused.
func TestTexts(t *testing.T) {
	var all texts
	var places []place
	var want []string
	for i := range 3000 {
		s := strings.Repeat(fmt.Sprint(i%10), i*i%1777)
		if i%100 == 0 {
			s = strings.Repeat("x", 65_536-i)
		}
		want = append(want, s)
		places = append(places, all.add(s))
	}
	for i, p := range places {
		if got := string(all.at(p)); got != want[i] {
			t.Fatalf("text %d of %d bytes has come out as one of %d", i, len(want[i]), len(got))
		}
	}
	for short := range 10 { // of what the chunk has left
		var all texts
		all.add(strings.Repeat("x", textChunk-3-200)) // behind a length of three bytes
		s := strings.Repeat("y", 200-short)
		if got := string(all.at(all.add(s))); got != s || cap(all.chunks[0]) != textChunk {
			t.Errorf("with %d bytes to spare, %q comes out of a chunk of %d", short, got, cap(all.chunks[0]))
		}
	}
	var small texts
	for range 100_000 {
		small.add("/of/thirty/bytes/and/no/more/x")
	}
	if n := float64(small.size()) / 100_000; n > 32.8 { // 31, and the rest of the last chunk
		t.Errorf("a text of 30 bytes takes %.1f", n)
	}
}

// TestPlaces: what lies above 4 GiB is found too, and when all places are taken nothing more is.
func TestPlaces(t *testing.T) {
	now := time.Time{}
	m := NewMemory(Options{}, now)
	m.texts.chunks = make([][]byte, 5<<30/textChunk)
	u, err := link.Parse("http://example.org/x")
	if err != nil {
		t.Fatal(err)
	}
	k := m.Add(&u, Link{}, now).Key
	if got, _, ok := m.Find(&u); !ok || got != k {
		t.Errorf("it is found as %+v, %v, want %+v", got, ok, k)
	}
	if got := m.URL(k); got != u {
		t.Errorf("it has become %q", got.String())
	}
	m.texts.chunks = make([][]byte, maxPlaces)
	v, err := link.Parse("http://example.org/y")
	if err != nil {
		t.Fatal(err)
	}
	if a := m.Add(&v, Link{}, now); !a.Refused {
		t.Errorf("with all places taken: %+v", a)
	}
}

// TestSizes holds what the comment of Memory says.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"page", unsafe.Sizeof(page{}), 24},
		{"host", unsafe.Sizeof(host{}), 88},
		{"bucket", unsafe.Sizeof(bucket{}), 16},
		{"moment", unsafe.Sizeof(moment{}), 16},
		{"slot", unsafe.Sizeof(slot{}), 8},
	} {
		if c.got != c.want {
			t.Errorf("a %s takes %d bytes, want %d", c.name, c.got, c.want)
		}
	}
}
