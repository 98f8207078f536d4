package report

import (
	"cmp"
	"slices"
	"strings"
)

// host is what is known of one host.
type host struct {
	name                      string
	fetches, failures, errors int64 // errors are the statuses from 400 on
	bytes                     int64
	total                     sketch // of whole responses
}

// maxHosts is how many hosts are kept apart: some 5 MB of them, where each has its times within two octaves.
// Those that come first are; the figures of the others are summed up.
const maxHosts = 10_000

// hosts are the hosts of a crawl.
type hosts struct {
	limit  int
	byName map[string]*host
	others host // all hosts beyond the limit
}

func (h *hosts) add(r *record) {
	name := r.host()
	at := h.byName[name]
	switch {
	case at != nil:
	case len(h.byName) < h.limit:
		name = strings.Clone(name)
		at = &host{name: name}
		h.byName[name] = at
	default:
		at = &h.others
	}
	at.fetches++
	at.bytes += r.BytesWire
	switch {
	case r.failed():
		at.failures++
	case r.Status >= 400:
		at.errors++
	}
	if r.Class == classOK {
		at.total.add(r.Timings.Total)
	}
}

// enoughResponses is how many whole responses a host needs to be among the slowest, if any host has so many: of
// less, a median says little.
const enoughResponses = 3

// first are the hosts that have the most of a figure; those with none of it are left out.
func (h *hosts) first(n int, of func(*host) float64) []*host {
	var all []*host
	for _, at := range h.byName {
		if of(at) > 0 {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b *host) int { return cmp.Or(cmp.Compare(of(b), of(a)), strings.Compare(a.name, b.name)) })
	return all[:min(n, len(all))]
}

func (h *hosts) busiest(n int) []*host {
	return h.first(n, func(at *host) float64 { return float64(at.fetches) })
}

func (h *hosts) failing(n int) []*host {
	return h.first(n, func(at *host) float64 { return float64(at.failures + at.errors) })
}

func (h *hosts) slowest(n int) []*host {
	least := int64(1)
	for _, at := range h.byName {
		if at.total.n >= enoughResponses {
			least = enoughResponses
		}
	}
	return h.first(n, func(at *host) float64 {
		if at.total.n < least {
			return 0
		}
		return at.total.quantile(.5)
	})
}
