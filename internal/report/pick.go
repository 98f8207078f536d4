package report

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// pick is a record of which a report tells more than that it was there.
type pick struct {
	url, class                                string
	status                                    int
	began                                     int64 // µs since 1970
	queue, dns, connect, tls, firstByte, body int64 // µs
	total                                     int64
	number                                    int64 // of the record in the file, from 1
}

// shownURL is how much of a URL is kept, in characters.
const shownURL = 300

func newPick(r *record, number int64) pick {
	t := &r.Timings
	return pick{
		url: strings.Clone(shorten(*r.URL, shownURL)), class: strings.Clone(shorten(r.Class, shownClass)), status: r.Status, began: r.began,
		queue: t.Queue, dns: t.DNS, connect: t.Connect, tls: t.TLS, firstByte: t.FirstByte, body: t.Body, total: t.Total, number: number,
	}
}

// picks are some fetches spread over the crawl, each as likely as any other, and the slowest ones.
type picks struct {
	random  *rand.Rand // with a fixed seed: the same file gives the same report
	seen    int64
	sample  []pick
	slowest []pick // the slowest first; of equals the earlier
	top     int
}

// sampleSize is how many fetches a waterfall shows: what fits on a screen.
const sampleSize = 40

func (p *picks) add(r *record, number int64) {
	p.seen++
	if len(p.sample) < sampleSize {
		p.sample = append(p.sample, newPick(r, number))
	} else if i := p.random.Int64N(p.seen); i < sampleSize {
		p.sample[i] = newPick(r, number)
	}
	if len(p.slowest) == p.top && (p.top == 0 || r.Timings.Total <= p.slowest[p.top-1].total) {
		return
	}
	i, _ := slices.BinarySearchFunc(p.slowest, r.Timings.Total, func(a pick, total int64) int {
		return cmp.Or(cmp.Compare(total, a.total), -1) // behind its equals
	})
	p.slowest = slices.Insert(p.slowest, i, newPick(r, number))
	p.slowest = p.slowest[:min(p.top, len(p.slowest))]
}

// spread is the sample in the order in which the fetches began.
func (p *picks) spread() []pick {
	all := slices.Clone(p.sample)
	slices.SortFunc(all, func(a, b pick) int { return cmp.Or(cmp.Compare(a.began, b.began), cmp.Compare(a.number, b.number)) })
	return all
}

// tally counts by name, up to a number of names; what comes after them is counted together.
type tally struct {
	limit  int
	counts map[string]int64
	others int64
}

func newTally(limit int) tally { return tally{limit: limit, counts: map[string]int64{}} }

func (t *tally) add(name string) {
	if _, known := t.counts[name]; known || len(t.counts) < t.limit {
		t.counts[strings.Clone(name)]++
	} else {
		t.others++
	}
}

// count is a name and how often it was there.
type count struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// sorted are all names, the most frequent first.
func (t *tally) sorted() []count {
	all := make([]count, 0, len(t.counts))
	for name, n := range t.counts {
		all = append(all, count{name, n})
	}
	slices.SortFunc(all, func(a, b count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name)) })
	return all
}
