package crawler

import (
	"context"
	"errors"

	"crawl/internal/fetch"
)

// worker is one of the tasks that fetch.
type worker struct {
	crawler  *Crawler
	turn     func() // turnover, made once
	request  fetch.Request
	response fetch.Response
	body     *reading // nil: nothing is done with bodies

	begun bool
	job   *job // in flight; nil: none
	more  bool // it has arrived, and what it leads to is being entered
	err   error
	over  bool
}

// run fetches until there is nothing left. Between two fetches there is one call of turnover, on the engine's
// stack: what it needs is not kept on ten thousand.
func (w *worker) run(ctx context.Context) error {
	c := w.crawler
	for !w.over {
		c.engine.Leaf(w.turn)
		var cut error
		switch {
		case w.over:
			return nil
		case w.more:
			cut = c.engine.Sleep(ctx, 0)
		case w.job != nil:
			w.err = c.fetcher.Do(ctx, &w.request, &w.response)
			if w.body != nil && w.body.page != nil {
				w.extract(ctx)
			}
		default:
			cut = w.rest(ctx)
		}
		if cut != nil || ctx.Err() != nil {
			c.engine.Leaf(w.quit)
		}
	}
	return nil
}

// rest waits until there may be work. An error says that there is nothing to wait for any more.
func (w *worker) rest(ctx context.Context) (err error) {
	c := w.crawler
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dispatch.over():
	case c.sink.full():
		err = c.sink.waitForRoom(ctx)
	case c.dispatch.hasWork(): // it came between turnover and now, or there is more to look through than one turn may take
		c.mu.Unlock()
		err = c.engine.Sleep(ctx, 0)
		c.mu.Lock()
	default:
		c.nIdle++
		err = c.idle.Wait(ctx)
		c.nIdle--
	}
	return err
}

// turnover books the fetch that has ended and takes up the next.
func (w *worker) turnover() {
	c := w.crawler
	c.mu.Lock()
	defer c.mu.Unlock()
	if !w.begun {
		w.begun = true
		c.unbegun--
	}
	if c.sink.closed && !c.over { // cancelled just now: no record can be made of this fetch any more
		w.abandon()
		return
	}
	if w.job != nil {
		if w.more = c.dispatch.walk != nil && c.dispatch.walk.unfold(w); w.more {
			c.stir()
			return
		}
		c.inFlight--
		c.dispatch.finished(w.job)
		w.book()
		w.job = nil
	}
	if w.job, w.over = c.dispatch.next(); w.job == nil {
		if w.over {
			w.leave()
		}
		return
	}
	w.begin()
	c.stir()
}

func (w *worker) begin() {
	c := w.crawler
	c.inFlight++
	c.attempts++
	c.peak = max(c.peak, c.inFlight)
	if w.job.attempts++; w.job.attempts > 1 {
		c.repeats++
	}
	w.request.URL = &w.job.url
	if c.hears(FetchStarted) {
		c.publish(Event{Signal: FetchStarted, URL: w.job.raw, Attempt: w.job.attempts, Robots: w.job.isRobots()})
	}
	switch {
	case c.dispatch.walk != nil:
		c.dispatch.walk.prepare(w)
	case w.body != nil:
		w.body.begin(false)
	}
	if w.request.Selection != nil {
		w.request.Selection.Known = c.options.Previous.of(&w.job.url)
	}
}

// book makes the record of a fetch, or sends the job back for another attempt.
func (w *worker) book() {
	c, res := w.crawler, &w.response
	if errors.Is(w.err, errEnough) {
		w.err = nil
	}
	c.bytes += res.BytesWire
	c.latency.add(res.Timings.Total)
	if c.hears(FetchDone) {
		w.publishDone()
	}
	if c.dispatch.walk != nil {
		c.dispatch.walk.book(w)
		c.free = append(c.free, w.job)
		return
	}
	class := fetch.ClassOf(w.err)
	if delay, ok := w.again(class); ok {
		w.job.due = c.engine.Now().Sub(c.began) + delay
		c.dispatch.retry(w.job)
		c.publishRetry(w.job, delay)
		return
	}
	r := w.record(class)
	c.settle(&r)
	c.free = append(c.free, w.job)
}

// record is what there is to tell of the fetch that has ended.
func (w *worker) record(class fetch.Class) Record {
	c, res := w.crawler, &w.response
	r := Record{
		URL: w.job.raw, Status: res.Status, Class: class, Err: w.err, Attempts: w.job.attempts,
		MediaType: res.MediaType, Charset: res.Charset, Coding: res.Coding(),
		BytesWire: res.BytesWire, BytesBody: res.BytesBody, BytesDecoded: res.BytesDecoded(),
		Remote: res.Remote, Proxy: res.Proxy(), TLS: res.TLS, Started: res.Started, Timings: res.Timings, Lag: res.Lag,
	}
	if res.Status != 0 {
		r.Protocol = protocol(res.Minor)
	}
	r.RetryAfter = res.RetryAfter()
	if s := res.Selected(); s != nil {
		r.Range = s.Range
		if c.options.Validators || c.options.Previous != nil {
			r.ETag, r.LastModified = s.ETag, s.LastModified
		}
	}
	if to := res.Redirection(); to != nil {
		r.FinalURL, r.Redirects = to.FinalURL.String(), len(to.Hops)
	}
	if c.options.Digest && class == fetch.OK {
		r.Digest = w.body.hash.Sum(w.body.sum[:0])
	}
	if w.body != nil {
		r.Extracted, w.body.extracted = w.body.extracted, nil // it may be large
	}
	return r
}

func protocol(minor uint8) string {
	if minor == 0 {
		return "HTTP/1.0"
	}
	return "HTTP/1.1"
}

// leave ends a worker for good. The last one ends the crawl.
func (w *worker) leave() {
	c := w.crawler
	c.workers--
	if c.nIdle > 0 {
		c.idle.Signal() // the news goes round
	}
	switch {
	case c.workers > c.unbegun: // and those will find nothing to do
	case c.dispatch.walk != nil && c.dispatch.walk.takesOver():
	default:
		c.finish()
	}
}

// quit is leave for a worker whose task was cancelled.
func (w *worker) quit() {
	w.crawler.mu.Lock()
	defer w.crawler.mu.Unlock()
	w.abandon()
}

// abandon leaves, in a crawl that was cancelled, a job where it is: pending.
func (w *worker) abandon() {
	c := w.crawler
	if w.job != nil {
		c.inFlight--
		if c.dispatch.walk != nil {
			c.dispatch.walk.abandon(w)
		}
		w.job = nil
	}
	c.dispatch.draining = true
	w.over = true
	w.leave()
}
