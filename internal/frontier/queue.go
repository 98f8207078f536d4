package frontier

// queues is the queue of each host: a list of buckets by priority, and in each a list of URLs.
type queues struct {
	pages   *column[page]
	buckets column[bucket] // the first is not used
	free    uint32         // buckets that are not used, a list
}

// bucket is the URLs of one rank. A host has seldom more than three: what it has been crawled to, what was found
// there, and what is tried again.
type bucket struct {
	head, tail uint32
	next       uint32 // bucket of a higher rank
	rank       int16
}

// end says where in the queue of its host and priority a URL goes.
type end uint8

const (
	atEnd   end = iota
	retried     // behind those retried before, before those that were not
	atFront     // before all
)

func newQueues(pages *column[page]) queues {
	q := queues{pages: pages}
	q.buckets.extend()
	return q
}

// rank orders by priority, and tells what has been in flight before from what has not.
func rank(priority int8, e end) int16 {
	r := int16(priority) * 2
	if e == atEnd {
		r++
	}
	return r
}

// push puts a URL into the queue that begins with the bucket first, and returns with which it begins then. It looks at each
// priority in the queue that goes before, and twice where it has been tried: at most 512 buckets.
func (q *queues) push(first uint32, id URLID, e end) uint32 {
	p := q.pages.at(uint32(id))
	r := rank(p.priority, e)
	before, here := uint32(0), first
	for here != 0 && q.buckets.at(here).rank < r {
		before, here = here, q.buckets.at(here).next
	}
	if here == 0 || q.buckets.at(here).rank > r {
		p.next = 0
		b := q.take(bucket{head: uint32(id), tail: uint32(id), next: here, rank: r})
		if before == 0 {
			return b
		}
		q.buckets.at(before).next = b
		return first
	}
	b := q.buckets.at(here)
	if e == atFront {
		p.next = b.head
		b.head = uint32(id)
		return first
	}
	p.next = 0
	q.pages.at(b.tail).next = uint32(id)
	b.tail = uint32(id)
	return first
}

// pop takes the first URL of a queue that is not empty.
func (q *queues) pop(first uint32) (id URLID, rest uint32) {
	b := q.buckets.at(first)
	id = URLID(b.head)
	if b.head != b.tail {
		b.head = q.pages.at(b.head).next
		return id, first
	}
	rest = b.next
	*b = bucket{next: q.free}
	q.free = first
	return id, rest
}

func (q *queues) take(b bucket) uint32 {
	i := q.free
	if i == 0 {
		i = q.buckets.extend()
	} else {
		q.free = q.buckets.at(i).next
	}
	*q.buckets.at(i) = b
	return i
}
