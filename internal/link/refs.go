package link

import (
	"bytes"
	"hash/maphash"
)

// What is kept of a document's references at most. Documents that people wrote have a hundredth of it; the list of
// a thousand million of them is somebody's attempt at our memory.
const (
	maxRefs     = 1 << 18
	maxRefsText = 8 << 20
	// refsKept is how much of the text's room is kept for the next document.
	refsKept = 64 << 10
)

// refs are the references of a document as they are written, each kind of each once, in order of first appearance.
type refs struct {
	text  []byte
	list  []ref
	index []uint32 // open addressing: the place in list, and 1; a power of two long, at most half of it used
	seed  maphash.Seed
}

type ref struct {
	begin, end uint32 // in text
	hash       uint32
	kind       Kind
	flags      refFlags
}

type refFlags uint8

const (
	refNoFollow refFlags = 1 << iota // wherever it is
	refUTF8                          // its query is encoded so, whatever the document is in
	refField                         // it is relative to the document, not to its base
)

// reset forgets all references, and what was needed for very many of them.
func (r *refs) reset() {
	if cap(r.text) > refsKept {
		*r = refs{seed: r.seed}
	}
	r.text, r.list = r.text[:0], r.list[:0]
	clear(r.index)
}

// add keeps p; place is where in the list it is. It is false when there is no more room.
func (r *refs) add(p []byte, kind Kind, flags refFlags) (place int, ok bool) {
	if 2*(len(r.list)+1) > len(r.index) {
		r.grow()
	}
	hash := uint32(maphash.Bytes(r.seed, p)) + uint32(kind)
	mask := uint32(len(r.index) - 1)
	slot := hash & mask
	for ; r.index[slot] != 0; slot = (slot + 1) & mask {
		place = int(r.index[slot] - 1)
		e := &r.list[place]
		if e.hash == hash && e.kind == kind && (e.flags^flags)&^refNoFollow == 0 && bytes.Equal(r.text[e.begin:e.end], p) {
			e.flags &= flags | ^refNoFollow // one that is followed is enough
			return place, true
		}
	}
	if len(r.list) == maxRefs || len(r.text)+len(p) > maxRefsText {
		return 0, false
	}
	begin := len(r.text)
	r.text = append(r.text, p...)
	r.list = append(r.list, ref{uint32(begin), uint32(len(r.text)), hash, kind, flags})
	r.index[slot] = uint32(len(r.list))
	return len(r.list) - 1, true
}

// grow doubles the index.
func (r *refs) grow() {
	const least = 256
	r.index = make([]uint32, max(least, 2*len(r.index)))
	mask := uint32(len(r.index) - 1)
	for i := range r.list {
		slot := r.list[i].hash & mask
		for r.index[slot] != 0 {
			slot = (slot + 1) & mask
		}
		r.index[slot] = uint32(i + 1)
	}
}
