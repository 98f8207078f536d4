//go:build unix

package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// jsonRecord is an ordinary record in the form that encoding/json takes.
type jsonRecord struct {
	URL       string      `json:"url"`
	Status    int         `json:"status,omitempty"`
	Class     fetch.Class `json:"class"`
	Attempts  int         `json:"attempts,omitempty"`
	MediaType string      `json:"media_type,omitempty"`
	Charset   string      `json:"charset,omitempty"`
	BytesWire int64       `json:"bytes_wire"`
	BytesBody int64       `json:"bytes_body"`
	Remote    string      `json:"remote,omitempty"`
	Protocol  string      `json:"protocol,omitempty"`
	Started   time.Time   `json:"started"`
	Timings   struct {
		FirstByte int64 `json:"first_byte,omitempty"`
		Body      int64 `json:"body,omitempty"`
		Total     int64 `json:"total"`
	} `json:"timings"`
}

// BenchmarkAppendJSON formats a record of a page, by hand and as the standard library does.
func BenchmarkAppendJSON(b *testing.B) {
	r := kinds()[1].record
	b.Run("crawl", func(b *testing.B) {
		b.ReportAllocs()
		var line []byte
		for b.Loop() {
			line = r.AppendJSON(line[:0])
		}
		b.SetBytes(int64(len(line)))
	})
	b.Run("encoding", func(b *testing.B) {
		b.ReportAllocs()
		theirs := jsonRecord{
			URL: r.URL, Status: r.Status, Class: r.Class, Attempts: r.Attempts, MediaType: r.MediaType, Charset: r.Charset,
			BytesWire: r.BytesWire, BytesBody: r.BytesBody, Remote: r.Remote, Protocol: r.Protocol, Started: r.Started,
		}
		theirs.Timings.FirstByte, theirs.Timings.Body, theirs.Timings.Total = 400, 20, 420
		n := 0
		for b.Loop() {
			line, err := json.Marshal(&theirs)
			if err != nil {
				b.Fatal(err)
			}
			n = len(line)
		}
		b.SetBytes(int64(n))
	})
}

// alone is an engine for what has no tasks: what is detached runs at once, and nobody is woken.
type alone struct{ inline }

func (alone) Now() time.Time                                 { return time.Unix(0, 0) }
func (alone) After(time.Duration, func())                    {}
func (alone) Go(string, func(ctx context.Context) error)     {}
func (alone) NewCond(sync.Locker, string) (none engine.Cond) { return none }
func (alone) NewMutex() sync.Locker                          { return noLock{} }

// repeated is a list without an end.
type repeated struct{ list string }

func (r repeated) Read(b []byte) (int, error) {
	n := 0
	for n+len(r.list) <= len(b) {
		n += copy(b[n:], r.list)
	}
	return n, nil
}

// BenchmarkTake takes lines of a list apart.
func BenchmarkTake(b *testing.B) {
	for _, end := range []string{"\n", "\r\n"} {
		b.Run(fmt.Sprintf("%q", end), func(b *testing.B) {
			const line = "http://www.example.com/some/page/12345.html"
			s := NewSource(nil, "list", repeated{line + end})
			s.open(noLock{}, inline{}, func() {})
			b.ReportAllocs()
			b.SetBytes(int64(len(line + end)))
			for b.Loop() {
				for {
					if item, ok, _ := s.take(); ok {
						if len(item.URL) != len(line) {
							b.Fatal(item)
						}
						break
					}
				}
			}
		})
	}
}

// BenchmarkDispatch takes a URL from the list to its worker and books its end, with a hundred others in flight.
func BenchmarkDispatch(b *testing.B) {
	for _, hosts := range []int{1, 1000} {
		for _, perHost := range []int{0, 8} {
			b.Run(fmt.Sprintf("hosts=%d/per-host=%d", hosts, perHost), func(b *testing.B) {
				c := New(alone{}, nil, NewSource(nil, "list", repeated{listOf(hosts, hosts)}), NewSink("output", io.Discard), Options{Concurrency: 100, PerHost: perHost})
				c.workers = c.options.Concurrency
				var flying []*job
				b.ReportAllocs()
				for b.Loop() {
					for len(flying) < min(100, hosts*max(perHost, 1)) || len(flying) == 0 {
						if j, _ := c.dispatch.next(); j != nil {
							flying = append(flying, j)
							c.inFlight++
						}
					}
					j := flying[0]
					flying = append(flying[:0], flying[1:]...)
					c.inFlight--
					c.dispatch.finished(j)
					c.free = append(c.free, j)
				}
			})
		}
	}
}

// instant is a fetcher that takes no time, but lets others have a turn.
type instant struct{ engine engine.Engine }

func (f instant) Do(ctx context.Context, _ *fetch.Request, res *fetch.Response) error {
	*res = fetch.Response{Status: 200, Minor: 1, MediaType: "text/html", BytesWire: 2310, BytesBody: 2048, Remote: "192.0.2.7:80", Started: f.engine.Now()}
	return f.engine.Sleep(ctx, 0)
}

// BenchmarkCrawl is all of a crawl but the fetching: what a URL costs from the list to its record.
func BenchmarkCrawl(b *testing.B) {
	for _, mode := range []string{engine.ModeLoop, engine.ModeGoroutine} {
		for _, perHost := range []int{0, 8} {
			b.Run(fmt.Sprintf("%s/per-host=%d", mode, perHost), func(b *testing.B) {
				const n = 10_000
				list := listOf(n, 1000)
				b.ReportAllocs()
				for b.Loop() {
					e := engine.NewGoroutine()
					if mode == engine.ModeLoop {
						var err error
						if e, err = engine.NewLoop(engine.LoopOptions{Log: io.Discard}); err != nil {
							b.Fatal(err)
						}
					}
					c := New(e, instant{e}, NewSource(nil, "list", strings.NewReader(list)), NewSink("output", io.Discard), Options{Concurrency: 100, PerHost: perHost})
					c.Start()
					if err := e.Run(context.Background()); err != nil || c.Stats().Ledger.Fetched != n {
						b.Fatal(err, c.Stats().Ledger)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/URL")
			})
		}
	}
}
