package report

import (
	"encoding/json"
	"io"
	"math"
	"time"
)

// crawlJSON is the figures as JSON: times in µs, sizes in bytes, absent where there is nothing to tell.
type crawlJSON struct {
	Version    int          `json:"version"`
	Records    int64        `json:"records"`
	Broken     int64        `json:"broken_lines"`
	Torn       bool         `json:"torn_line"`
	Fetched    int64        `json:"fetched"`
	Failed     int64        `json:"failed"`
	Skipped    int64        `json:"skipped"`
	Attempts   int64        `json:"attempts"`
	Repeated   int64        `json:"repeated"`
	Started    string       `json:"started,omitempty"`
	Ended      string       `json:"ended,omitempty"`
	Seconds    float64      `json:"seconds"`
	Rate       float64      `json:"rate"`
	BytesWire  int64        `json:"bytes_wire"`
	BytesBody  int64        `json:"bytes_body"`
	Classes    []classJSON  `json:"classes"`
	OtherClass int64        `json:"other_classes"` // records of classes beyond the bound
	Statuses   []statusJSON `json:"statuses"`
	MediaTypes []count      `json:"media_types"`
	OtherMedia int64        `json:"other_media_types"` // responses of types beyond the bound
	Phases     []phaseJSON  `json:"phases"`
	Hosts      *hostsJSON   `json:"hosts,omitempty"`
	Timeline   *flightJSON  `json:"timeline,omitempty"`
	Slowest    []pickJSON   `json:"slowest,omitempty"`
}

type classJSON struct {
	count
	Advice  string   `json:"advice,omitempty"`
	Example *example `json:"example,omitempty"`
}

type statusJSON struct {
	Status int   `json:"status"`
	Count  int64 `json:"count"`
}

type phaseJSON struct {
	Name  string  `json:"name"`
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   int64   `json:"max"`
}

type hostsJSON struct {
	Known       int        `json:"known"`
	Others      int64      `json:"fetches_of_others"` // beyond the bound
	MostFetches []hostJSON `json:"most_fetches"`
	Slowest     []hostJSON `json:"slowest"`
	MostFailed  []hostJSON `json:"most_failures"`
}

type hostJSON struct {
	Host     string  `json:"host"`
	Fetches  int64   `json:"fetches"`
	Failed   int64   `json:"failed"`
	Statuses int64   `json:"status_errors"`
	Bytes    int64   `json:"bytes_wire"`
	P50      float64 `json:"p50,omitempty"`
	P95      float64 `json:"p95,omitempty"`
	Max      int64   `json:"max,omitempty"`
}

type flightJSON struct {
	Started  string    `json:"started"`
	Step     float64   `json:"step_seconds"`
	InFlight []float64 `json:"in_flight"`
	Ended    []float64 `json:"ended"`
	Failed   []float64 `json:"failed"`
}

type pickJSON struct {
	URL       string `json:"url"`
	Class     string `json:"class"`
	Status    int    `json:"status,omitempty"`
	Started   string `json:"started"`
	Connect   int64  `json:"connect,omitempty"`
	TLS       int64  `json:"tls,omitempty"`
	FirstByte int64  `json:"first_byte,omitempty"`
	Body      int64  `json:"body,omitempty"`
	Total     int64  `json:"total"`
}

// WriteJSON writes the figures as one JSON object.
func (c *Crawl) WriteJSON(w io.Writer) error {
	out := crawlJSON{
		Version: 1, Records: c.records, Broken: c.broken, Torn: c.torn, Fetched: c.fetched, Failed: c.failed, Skipped: c.skipped,
		Attempts: c.attempts, Repeated: c.repeated, BytesWire: c.wire, BytesBody: c.body,
		OtherClass: c.classes.others, MediaTypes: c.media.sorted(), OtherMedia: c.media.others,
		Classes: []classJSON{}, Statuses: []statusJSON{}, Phases: []phaseJSON{}, // lists, also when there are none
	}
	for _, k := range c.classes.sorted() {
		class := classJSON{count: k, Advice: c.advice(k.Name)}
		if e, ok := c.examples[k.Name]; ok {
			class.Example = &e
		}
		out.Classes = append(out.Classes, class)
	}
	for status, n := range c.statuses {
		if n > 0 {
			out.Statuses = append(out.Statuses, statusJSON{status, n})
		}
	}
	for _, p := range c.phaseRows() {
		if s := p.sketch; s.n > 0 {
			out.Phases = append(out.Phases, phaseJSON{p.key, s.n, s.quantile(.5), s.quantile(.9), s.quantile(.99), s.quantile(.999), s.max})
		}
	}
	if c.timed > 0 {
		c.fillTimes(&out)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(&out)
}

func (c *Crawl) fillTimes(out *crawlJSON) {
	out.Started, out.Ended, out.Seconds, out.Rate = stamp(c.begin), stamp(c.end), c.seconds(), c.rate()
	out.Hosts = &hostsJSON{
		Known: len(c.hosts.byName), Others: c.hosts.others.fetches, MostFetches: hostsAsJSON(c.hosts.busiest(c.top)),
		Slowest: hostsAsJSON(c.hosts.slowest(c.top)), MostFailed: hostsAsJSON(c.hosts.failing(c.top)),
	}
	ended, failed := c.flight.ended()
	out.Timeline = &flightJSON{stamp(c.flight.first * c.flight.step), float64(c.flight.step) / 1e6, c.flight.inFlight(), ended, failed}
	for i, v := range out.Timeline.InFlight {
		out.Timeline.InFlight[i] = math.Round(v*1000) / 1000
	}
	for i := range c.picks.slowest {
		p := &c.picks.slowest[i]
		out.Slowest = append(out.Slowest, pickJSON{p.url, p.class, p.status, stamp(p.began), p.connect, p.tls, p.firstByte, p.body, p.total})
	}
}

func stamp(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000Z") }

func hostsAsJSON(all []*host) []hostJSON {
	out := []hostJSON{}
	for _, h := range all {
		j := hostJSON{Host: Printable(h.name), Fetches: h.fetches, Failed: h.failures, Statuses: h.errors, Bytes: h.bytes, Max: h.total.max}
		if h.total.n > 0 {
			j.P50, j.P95 = h.total.quantile(.5), h.total.quantile(.95)
		}
		out = append(out, j)
	}
	return out
}
