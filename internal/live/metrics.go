package live

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/VictoriaMetrics/metrics"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// family is one name of the exposition, with what stands behind it. docs/live.md lists them all, which a test holds.
//
// Hosts are no label: there are as many as a list has, and a label is a time series for each value. Classes, outcomes and
// states are closed sets, and every value is there from the beginning; of statuses, those that occurred.
type family struct {
	name, kind, help string
	fill             func(f filler, s *sample)
}

// filler adds the time series of one family. The set is made for one answer: what is not there any more is gone.
type filler struct {
	set  *metrics.Set
	name string
}

func (f filler) counter(v int64)   { f.set.NewCounter(f.name).Set(uint64(v)) }
func (f filler) seconds(v float64) { f.set.NewFloatCounter(f.name).Set(v) }
func (f filler) gauge(v float64)   { f.set.NewGauge(f.name, func() float64 { return v }) }
func (f filler) with(label, value string) filler {
	return filler{f.set, fmt.Sprintf("%s{%s=%q}", f.name, label, value)}
}

// histogram adds one whose bucket i ends at 2^i of a unit, given in parts of a second. Buckets below first are one, so are
// those from last on, which has no edge.
func (f filler) histogram(buckets []uint64, unit, sum float64, first, last int) {
	f.set.RegisterMetricsWriter(func(w io.Writer) {
		n := uint64(0)
		for i, b := range buckets {
			n += b
			if i >= first && i < last {
				edge := strconv.FormatFloat(unit*float64(uint64(1)<<i), 'g', -1, 64)
				metrics.WriteCounterUint64(w, fmt.Sprintf("%s_bucket{le=%q}", f.name, edge), n)
			}
		}
		metrics.WriteCounterUint64(w, f.name+`_bucket{le="+Inf"}`, n)
		metrics.WriteCounterFloat64(w, f.name+"_sum", sum)
		metrics.WriteCounterUint64(w, f.name+"_count", n)
	})
}

const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
)

// families are those of every crawl, those of a loop, and those of this process.
func (s *Server) families() []family {
	all := append(ledgerFamilies(), workFamilies()...)
	all = append(all, walkFamilies()...)
	all = append(all, loopFamilies()...)
	return append(all, s.processFamilies()...)
}

func ledgerFamilies() []family {
	return []family{
		{"crawl_state", gauge, "1 for the state that the crawl is in, 0 for the others.", func(f filler, s *sample) {
			for _, state := range []string{StateRunning, StatePaused, StateEnding, StateDone} {
				is := 0.0
				if s.snapshot.State == state {
					is = 1
				}
				f.with("state", state).gauge(is)
			}
		}},
		{"crawl_discovered_urls_total", counter, "URLs found so far: the sum of the settled and the pending ones.", func(f filler, s *sample) {
			f.counter(s.figures.Stats.Ledger.Discovered)
		}},
		{"crawl_settled_urls_total", counter, "URLs that are done with, by outcome.", func(f filler, s *sample) {
			l := &s.figures.Stats.Ledger
			f.with("outcome", "fetched").counter(l.Fetched)
			f.with("outcome", "failed").counter(l.Failed)
			f.with("outcome", "skipped").counter(l.Skipped)
		}},
		{"crawl_pending_urls", gauge, "URLs that were found and are not settled.", func(f filler, s *sample) {
			f.gauge(float64(s.figures.Stats.Ledger.Pending))
		}},
		{"crawl_class_urls_total", counter, "Settled URLs by class; ok is a whole response, whatever its status.", func(f filler, s *sample) {
			for _, a := range classes() {
				f.with("class", string(a.Class)).counter(s.figures.Stats.Ledger.Classes[a.Class])
			}
		}},
		{"crawl_status_urls_total", counter, "URLs of class ok by status.", func(f filler, s *sample) {
			for _, c := range s.snapshot.Statuses {
				f.with("status", c.Name).counter(c.N)
			}
		}},
		{"crawl_list_read_bytes_total", counter, "Bytes of the list that have been taken.", func(f filler, s *sample) {
			f.counter(s.figures.Stats.ListRead)
		}},
	}
}

func workFamilies() []family {
	return []family{
		{"crawl_fetches_begun_total", counter, "Fetches begun, further attempts among them.", func(f filler, s *sample) {
			f.counter(s.figures.Stats.Attempts)
		}},
		{"crawl_fetches_repeated_total", counter, "Fetches that were not the first attempt at their URL.", func(f filler, s *sample) {
			f.counter(s.figures.Stats.Repeats)
		}},
		{"crawl_fetch_duration_seconds", histogram, "How long fetches took that have ended, each attempt for itself.", func(f filler, s *sample) {
			h := &s.figures.Stats.Latency
			f.histogram(h.Buckets[:], 1e-6, h.Sum.Seconds(), 6, len(h.Buckets)-1)
		}},
		{"crawl_received_bytes_total", counter, "Bytes received, heads and all attempts included.", func(f filler, s *sample) {
			f.counter(s.figures.Stats.Bytes)
		}},
		{"crawl_in_flight_fetches", gauge, "Fetches in flight.", func(f filler, s *sample) {
			f.gauge(float64(s.figures.Stats.InFlight))
		}},
		{"crawl_in_flight_fetches_peak", gauge, "Most fetches that were in flight at once.", func(f filler, s *sample) {
			f.gauge(float64(s.figures.Stats.Peak))
		}},
		{"crawl_in_flight_fetches_limit", gauge, "Fetches that may be in flight at once.", func(f filler, s *sample) {
			f.gauge(float64(s.figures.Stats.Concurrency))
		}},
		{"crawl_retrying_urls", gauge, "URLs that wait for another attempt.", func(f filler, s *sample) {
			f.gauge(float64(s.figures.Stats.Retrying))
		}},
		{"crawl_pressure_total", counter, "How often this machine was short of something for a connection, by class.", func(f filler, s *sample) {
			for _, a := range fetch.Classes() {
				if a.Class.Family() == "local" {
					f.with("class", string(a.Class)).counter(s.figures.Stats.Pressure[a.Class])
				}
			}
		}},
		{"crawl_elapsed_seconds_total", counter, "Time since the crawl began.", func(f filler, s *sample) {
			f.seconds(s.figures.Stats.Elapsed.Seconds())
		}},
		{"crawl_paused_seconds_total", counter, "Of that, time in pauses.", func(f filler, s *sample) {
			f.seconds(s.figures.Stats.Idled.Seconds())
		}},
		{"crawl_eta_seconds", gauge, "A guess at how long the crawl still takes; absent where there is nothing to guess from.", func(f filler, s *sample) {
			if s.snapshot.ETA != nil {
				f.gauge(*s.snapshot.ETA)
			}
		}},
	}
}

// walkFamilies are absent where no links are followed.
func walkFamilies() []family {
	walk := func(name, kind, help string, fill func(f filler, w *crawler.WalkStats)) family {
		return family{name, kind, help, func(f filler, s *sample) {
			if s.figures.Stats.Walk != nil {
				fill(f, s.figures.Stats.Walk)
			}
		}}
	}
	return []family{
		walk("crawl_queued_urls", gauge, "URLs found by links that wait for their turn.", func(f filler, w *crawler.WalkStats) { f.gauge(float64(w.Queued)) }),
		walk("crawl_hosts", gauge, "Hosts of the URLs that were found.", func(f filler, w *crawler.WalkStats) { f.gauge(float64(w.Hosts)) }),
		walk("crawl_held_hosts", gauge, "Hosts whose robots.txt has to be known before they are asked for anything else.", func(f filler, w *crawler.WalkStats) { f.gauge(float64(w.Held)) }),
		walk("crawl_depth_links", gauge, "Links to the furthest URL that was asked for.", func(f filler, w *crawler.WalkStats) { f.gauge(float64(w.Deepest)) }),
		walk("crawl_critical_path_seconds", gauge, "How long the host for which most is left takes at its pace.", func(f filler, w *crawler.WalkStats) { f.gauge(w.Critical.Left.Seconds()) }),
	}
}

// loopFamilies are absent where there is no loop.
func loopFamilies() []family {
	loop := func(name, kind, help string, fill func(f filler, l *Loop)) family {
		return family{name, kind, help, func(f filler, s *sample) {
			if s.figures.Loop != nil {
				fill(f, s.figures.Loop)
			}
		}}
	}
	return []family{
		loop("crawl_loop_lag_seconds", histogram, "How late steps of the loop began after the poll that made them ready.", func(f filler, l *Loop) {
			f.histogram(l.Lag[:], 1e-9, l.LagSum.Seconds(), 10, 34)
		}),
		loop("crawl_loop_iterations_total", counter, "Iterations of the loop.", func(f filler, l *Loop) { f.counter(int64(l.Iterations)) }),
		loop("crawl_loop_events_total", counter, "Readiness events that the loop took from the system.", func(f filler, l *Loop) { f.counter(int64(l.Events)) }),
		loop("crawl_loop_steps_total", counter, "Callbacks and steps of tasks that the loop has run.", func(f filler, l *Loop) { f.counter(int64(l.Steps)) }),
		loop("crawl_loop_busy_seconds_total", counter, "Time in which the loop did not wait.", func(f filler, l *Loop) { f.seconds(l.Busy.Seconds()) }),
		loop("crawl_loop_idle_seconds_total", counter, "Time in which the loop waited for events.", func(f filler, l *Loop) { f.seconds(l.Idle.Seconds()) }),
		loop("crawl_loop_tasks", gauge, "Tasks that live on the loop.", func(f filler, l *Loop) { f.gauge(float64(l.Tasks)) }),
		loop("crawl_loop_timers", gauge, "Timers that are set.", func(f filler, l *Loop) { f.gauge(float64(l.Timers)) }),
		loop("crawl_loop_descriptors", gauge, "Descriptors that the loop watches, connections nearly all.", func(f filler, l *Loop) { f.gauge(float64(l.Descriptors)) }),
	}
}

func (s *Server) processFamilies() []family {
	return []family{
		{"crawl_resident_memory_bytes", gauge, "Memory of the process, as the system counts; absent where that is not known.", func(f filler, s *sample) {
			if n := s.snapshot.Memory.Resident; n > 0 {
				f.gauge(float64(n))
			}
		}},
		{"crawl_heap_bytes", gauge, "Bytes of objects on the heap.", func(f filler, s *sample) { f.gauge(float64(s.snapshot.Memory.Heap)) }},
		{"crawl_stack_bytes", gauge, "Bytes of the stacks of goroutines, coroutines of the loop among them.", func(f filler, s *sample) { f.gauge(float64(s.snapshot.Memory.Stacks)) }},
		{"crawl_goroutines", gauge, "Goroutines, coroutines of the loop among them.", func(f filler, s *sample) { f.gauge(float64(s.snapshot.Memory.Goroutines)) }},
		{"crawl_live_viewers", gauge, "Who follows the events of the live page.", func(f filler, _ *sample) { f.gauge(float64(s.sampler.watching())) }},
	}
}

// serveMetrics writes the Prometheus text format, version 0.0.4. The metadata is ours: the library has no texts, and
// switches it on for the whole process.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	smp, err := s.sampler.sample(r.Context(), freshEnough)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "the crawl does not answer")
		return
	}
	var b bytes.Buffer
	for _, fam := range s.families() {
		set := metrics.NewSet()
		fam.fill(filler{set, fam.name}, smp)
		var series bytes.Buffer
		set.WritePrometheus(&series)
		if series.Len() > 0 {
			fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", fam.name, fam.help, fam.name, fam.kind)
			b.Write(series.Bytes())
		}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // he may have gone
}
