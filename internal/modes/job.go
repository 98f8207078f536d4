package modes

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"sync/atomic"
	"time"

	"crawl/internal/fetch"
)

// A job is a Spec made ready: nothing of what is in it has to be allocated while it is timed. Its methods may be
// called from any goroutine.
type job struct {
	Spec
	reached int
	note    string
	list    list
	sums    *crc32.Table
	spin    int // turns that take Burden
	spun    atomic.Uint64

	began       time.Time
	visits      []visit // one for each fetch; each is its worker's own
	next, over  atomic.Int64
	connections atomic.Int64
	threads     int     // when half of the fetches were over
	late        []int64 // of Processes: by how many nanoseconds each child began later than began says

	mu     sync.Mutex // guards what follows
	failed map[fetch.Class]int
	first  error // of the failed
}

// A visit is what one fetch went through, in nanoseconds since job.began; what is not known is 0.
type visit struct {
	Begin, Connected, FirstByte, End int64
	Outcome
}

// newJob reads the list and makes room for what there will be to note.
func newJob(ctx context.Context, s Spec) (*job, error) {
	switch {
	case !Known(s.Mode):
		return nil, fmt.Errorf("modes: unknown mode %q", s.Mode)
	case s.Concurrency < 1 || s.Fetches < 1 || s.Timeout <= 0 || s.Rate < 0 || s.Burden < 0 || s.First < 0 || s.Step < 0:
		return nil, fmt.Errorf("modes: concurrency, fetches and timeout must be positive, and nothing negative: %+v", s)
	}
	s.Step = max(1, s.Step)
	j := &job{Spec: s, sums: crc32.MakeTable(crc32.Castagnoli), failed: map[fetch.Class]int{}}
	j.reached, j.note = reach(s)
	var err error
	if j.list, err = readList(ctx, s); err != nil {
		return nil, err
	}
	j.visits = make([]visit, s.Fetches)
	for i := range j.visits {
		j.visits[i].End = -1 // so that the memory is there
	}
	if s.Burden > 0 {
		j.spin = j.calibrate(s.Burden)
	}
	return j, nil
}

// take gives out the next fetch: its number in this process.
func (j *job) take() (i int, ok bool) {
	i = int(j.next.Add(1)) - 1
	return i, i < j.Fetches
}

// due is when fetch i is to begin, from the beginning of the work.
func (j *job) due(i int) time.Duration {
	if j.Rate == 0 {
		return 0
	}
	return time.Duration(float64(j.First+i*j.Step) / j.Rate * float64(time.Second))
}

// noted says that fetch i is over, with v; err is why there was no whole response, or nil.
func (j *job) noted(i int, v visit, err error) {
	if err != nil {
		v.Outcome = Outcome{}
		j.mu.Lock()
		j.failed[fetch.ClassOf(err)]++
		if j.first == nil {
			j.first = fmt.Errorf("%s: %w", fetch.VersionURL(&j.list.urls[i%len(j.list.urls)]), err) // which names no user
		}
		j.mu.Unlock()
	}
	j.visits[i] = v
	if j.spin > 0 {
		j.burn(j.spin)
	}
	if int(j.over.Add(1)) == (j.Fetches+1)/2 {
		j.threads = processStatus().threads
	}
}

// since is t as visits have it.
func (j *job) since(t time.Time) int64 { return int64(t.Sub(j.began)) }

// room is how many connections there may be, idle ones included, so that none of a host need be closed for one of
// another as long as there are not many hosts.
func (j *job) room() int {
	return min(j.reached+j.reached/8+16, descriptors()-spareDescriptors)
}

// calibrate is how many turns of burn take d of an undisturbed CPU: the least of some trials, for what disturbs
// makes them longer. So a burden is work, and not a time that passes.
func (j *job) calibrate(d time.Duration) int {
	const turns = 1 << 16
	least := time.Duration(1 << 62)
	for range 64 {
		before := time.Now()
		j.burn(turns)
		least = min(least, time.Since(before))
	}
	return max(1, int(float64(turns)*float64(d)/float64(max(1, least))))
}

func (j *job) burn(turns int) {
	x := uint64(turns) | 1
	for range turns {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	j.spun.Add(x) // so that the compiler cannot leave it out
}

// errNoMode is why a mode is not there.
var errNoMode = errors.New("this mode is not supported on this platform")
