package frontier

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
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
	var small texts
	for range 100_000 {
		small.add("/of/thirty/bytes/and/no/more/x")
	}
	if n := float64(small.size()) / 100_000; n > 32.8 { // 31, and the rest of the last chunk
		t.Errorf("a text of 30 bytes takes %.1f", n)
	}
}

// TestPlaces: places above 4 GiB are kept whole, in what has 40 bits for them.
func TestPlaces(t *testing.T) {
	all := texts{chunks: make([][]byte, maxPlaces-1)}
	p := all.add("/x")
	page := page{target: uint32(p), targetHigh: uint8(p >> 32)}
	m := Memory{texts: all}
	if got := string(m.target(&page)); got != "/x" {
		t.Errorf("at place %#x is %q", p, got)
	}
	if !all.full() {
		t.Error("there is room for another chunk")
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
