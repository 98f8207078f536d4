package modes

import (
	"context"
	"hash/crc32"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// onEngine is the work of all modes that fetch by fetch.Client: what differs is the engine.
func (j *job) onEngine(e engine.Engine) model {
	c := fetch.NewClient(e, fetch.Options{
		ConnectTimeout: j.Timeout, Timeout: j.Timeout, TotalTimeout: j.Timeout,
		MaxConns: j.room(), Resolve: j.list.addrs,
	})
	work := func(ctx context.Context) error {
		for range min(j.reached, j.Fetches) {
			e.Go("worker", newWorker(j, e, c).run) // made here: an allocation, too, needs more stack than there is
		}
		err := e.Run(ctx)
		if err == nil {
			err = ctx.Err()
		}
		return err
	}
	return model{work: work, end: c.Close}
}

func (j *job) onGoroutines() model { return j.onEngine(engine.NewGoroutine()) }

// onThreads is also the mode Sync, which has one worker.
func (j *job) onThreads() (model, error) {
	e, err := engine.NewThreads()
	if err != nil {
		return model{}, err
	}
	return j.onEngine(e), nil
}

// worker is a task that does one fetch after the other. Its state is not on its stack, and what goes deep between
// two fetches is on the engine's: see ARCHITECTURE.md, "Two kilobytes".
type worker struct {
	job    *job
	engine engine.Engine
	client *fetch.Client
	turn   func() // turnover, made once

	fetch int // its number; -1 before the first
	wait  time.Duration
	over  bool
	req   fetch.Request
	res   fetch.Response
	err   error
	sum   uint32
}

func newWorker(j *job, e engine.Engine, c *fetch.Client) *worker {
	w := &worker{job: j, engine: e, client: c, fetch: -1}
	w.turn, w.req.OnBody = w.turnover, w.add
	return w
}

func (w *worker) run(ctx context.Context) error {
	for {
		w.engine.Leaf(w.turn)
		if w.over {
			return nil
		}
		if w.wait > 0 {
			if err := w.engine.Sleep(ctx, w.wait); err != nil {
				return err
			}
		}
		w.err = w.client.Do(ctx, &w.req, &w.res)
		if w.err != nil && ctx.Err() != nil {
			return w.err
		}
	}
}

// turnover books the fetch that has ended and takes the next.
func (w *worker) turnover() {
	if w.fetch >= 0 {
		w.book()
	}
	i, ok := w.job.take()
	if !ok {
		w.over = true
		return
	}
	w.fetch, w.sum = i, 0
	w.req.URL = &w.job.list.urls[i%len(w.job.list.urls)]
	w.wait = 0
	if w.job.Rate > 0 {
		w.wait = w.job.due(i) - time.Duration(w.job.since(w.engine.Now()))
	}
}

func (w *worker) add(p []byte) error {
	w.sum = crc32.Update(w.sum, w.job.sums, p)
	return nil
}

func (w *worker) book() {
	res, t := &w.res, &w.res.Timings
	begin := w.job.since(res.Started)
	v := visit{Begin: begin, End: begin + int64(t.Total)}
	if res.Remote != "" && !res.Reused {
		w.job.connections.Add(1)
		v.Connected = begin + int64(t.Queue+t.DNS+t.Connect+t.TLS)
	}
	if w.err == nil {
		v.FirstByte = v.End - int64(t.Body)
		v.Outcome = Outcome{Status: uint16(res.Status), Bytes: uint32(res.BytesBody), Sum: w.sum}
	}
	w.job.noted(w.fetch, v, w.err)
}
