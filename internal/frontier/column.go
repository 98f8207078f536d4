package frontier

import "encoding/binary"

// chunk is how many values a column gets at once: of the largest, hosts, 180 KB.
const chunk = 1 << 11

// column is an array that grows without being copied. Its values hold no pointers, so the garbage collector has to look at
// one for each chunk only.
type column[T any] struct {
	chunks [][]T
	n      uint32
}

// at is the i-th value, up to n. The pointer is good for ever.
func (c *column[T]) at(i uint32) *T { return &c.chunks[i/chunk][i%chunk] }

// extend puts a zero value at the end.
func (c *column[T]) extend() (i uint32) {
	if int(c.n)/chunk == len(c.chunks) {
		c.chunks = append(c.chunks, make([]T, chunk))
	}
	c.n++
	return c.n - 1
}

// textChunk has room for the longest URL.
const (
	textBits  = 18
	textChunk = 1 << textBits
)

// texts keeps strings one behind the other, each behind its length.
type texts struct {
	chunks [][]byte
}

// place is where a text is: 40 bits of it are used, for a terabyte.
type place uint64

// maxPlaces bounds the number of chunks so that a place has 40 bits.
const maxPlaces = 1 << (40 - textBits)

// add keeps s, which is shorter than textChunk by more than its length takes.
func (t *texts) add(s string) place {
	last := len(t.chunks) - 1
	if last < 0 || cap(t.chunks[last])-len(t.chunks[last]) < len(s)+binary.MaxVarintLen32 {
		t.chunks = append(t.chunks, make([]byte, 0, textChunk))
		last++
	}
	c := t.chunks[last]
	p := place(last)<<textBits | place(len(c))
	c = binary.AppendUvarint(c, uint64(len(s)))
	t.chunks[last] = append(c, s...)
	return p
}

// full reports whether there may be no place for another.
func (t *texts) full() bool { return len(t.chunks) >= maxPlaces }

func (t *texts) at(p place) []byte {
	c := t.chunks[p>>textBits][p%textChunk:]
	n, size := binary.Uvarint(c)
	return c[size : size+int(n)]
}

// size is how many bytes are taken.
func (t *texts) size() int { return len(t.chunks) * textChunk }
