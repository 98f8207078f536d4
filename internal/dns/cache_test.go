//go:build unix

package dns

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// known are the names in a cache that have arrived, the one that was used last first; the list is checked both ways.
func (c *cache) known(t *testing.T) (names []string) {
	t.Helper()
	var back []string
	for a := c.newest; a != nil; a = a.older {
		names = append(names, a.name)
	}
	for a := c.oldest; a != nil; a = a.newer {
		back = append(back, a.name)
	}
	slices.Reverse(back)
	if !slices.Equal(names, back) {
		t.Errorf("from the newest %q, from the oldest %q", names, back)
	}
	for _, name := range names {
		if c.names[name] == nil {
			t.Errorf("%q is not there by its name", name)
		}
	}
	return names
}

// TestCache: the one that nobody has asked for the longest goes; what is on its way stays; the bound holds.
func TestCache(t *testing.T) {
	some := time.Now()
	arrived := func(name string) *Answer { return &Answer{name: name, expires: some} }
	c := newCache(3)
	want := func(n int, names ...string) {
		t.Helper()
		if got := c.known(t); !slices.Equal(got, names) || len(c.names) != n {
			t.Errorf("known %q of %d, want %q of %d", got, len(c.names), names, n)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		c.put(arrived(name))
	}
	want(3, "c", "b", "a")
	c.get("a")
	c.get("b")
	want(3, "b", "a", "c")
	c.put(arrived("d"))
	want(3, "d", "b", "a")
	c.put(arrived("b")) // once more
	want(3, "b", "d", "a")
	pending := &Answer{name: "e"}
	c.put(pending)
	want(3, "b", "d")
	again := &Answer{name: "b"} // has expired
	c.put(again)
	want(3, "d")
	c.put(&Answer{name: "f"})
	want(3)
	lost := &Answer{name: "g"}
	c.put(lost)
	want(3)
	if c.get("g") != nil || c.get("e") != pending {
		t.Error("what is on its way must stay, and what has no place must not be there")
	}
	lost.expires = some
	c.arrived(lost)
	want(3)
	pending.expires = some
	c.arrived(pending)
	want(3, "e")
	c.replace(pending, arrived("e"))
	c.replace(pending, arrived("e")) // is not there any more
	want(3, "e")
	if c.get("e") == pending {
		t.Error("the old answer is still there")
	}
	for i := range 1000 {
		c.put(arrived(fmt.Sprint(i)))
	}
	want(3, "999")
}
