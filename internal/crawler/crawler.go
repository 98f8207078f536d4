package crawler

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/link"
)

// A Fetcher does one fetch. *fetch.Client is one.
type Fetcher interface {
	Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error
}

// Options of a crawl.
type Options struct {
	Concurrency int           // fetches in flight at once; at least 1
	PerHost     int           // of these, for one host and port; 0: no limit
	Rate        float64       // fetches begun per second; 0: no limit
	MaxTime     time.Duration // of the crawl, pauses and all: then nothing new is begun; 0: no limit
	Retries     int           // further attempts after one that may go better the next time
	RetryDelay  time.Duration // before the first of them, doubled for each; default 1 s
	Digest      bool          // SHA-256 of every body, as OnBody of a fetch is given it

	Method string
	Fields []fetch.Field
	Body   []byte // sent with every request

	Validators bool        // are kept in records
	Previous   *Previous   // nil: nothing is known; else it says so, and Validators
	Part       *fetch.Part // of every resource; nil: the whole

	Trace *fetch.Trace // of every attempt; nil: none

	Follow *Follow // nil: no links are followed

	Extract     Extract // nil: nothing is taken out of pages
	Extractions int     // at once; at least 1

	// OnOutputLost, if not nil, is called once, under the crawl's lock, when records can no longer be written.
	// Whoever runs the crawl may cancel it then: what is in flight would leave no record.
	OnOutputLost func()
	// OnLast, if not nil, is called once, under the crawl's lock, when the last fetch is over. Whatever goes on for the
	// fetcher's sake may end then, or the engine runs on for it.
	OnLast func()
}

// Crawler is one crawl: made by New, run once by Run.
type Crawler struct {
	engine  engine.Engine
	fetcher Fetcher
	options Options
	source  *Source
	sink    *Sink

	mu       sync.Locker // guards what follows, and source and sink
	idle     engine.Cond // workers without work
	nIdle    int
	workers  int
	unbegun  int // of these, hired just now: what is cancelled before it has begun may never begin
	inFlight int
	peak     int
	dispatch dispatcher
	ledger   Ledger
	bytes    int64 // received, all attempts
	attempts int64
	repeats  int64 // of these, those that were not the first at their URL
	pressure map[fetch.Class]int64
	failure  error  // of source or sink
	over     bool   // nothing will be recorded any more
	free     []*job // to be used again
	began    time.Time
	latency  Histogram // of every attempt that has ended
	crew     []*worker // all that were hired, for who asks what they do
	asked    hostsAsked

	extractors []*link.Extractor // that nobody reads with
	extracting extractions
	pausing    pausing

	subscriptions []*Subscription
	heard         Signal // what these want
	limit         string // that the crawl has reached, by the name of its flag; "" none
}

// New makes a crawl of what source has, into sink.
func New(e engine.Engine, f Fetcher, source *Source, sink *Sink, o Options) *Crawler {
	o.Concurrency = max(1, o.Concurrency)
	if o.RetryDelay == 0 {
		o.RetryDelay = time.Second
	}
	if o.Follow != nil {
		o.Digest = o.Digest || o.Follow.SkipDuplicates
		o.Retries = min(o.Retries, maxAttempts-1)
	}
	mu := e.NewMutex()
	c := &Crawler{
		engine: e, fetcher: f, options: o, source: source, sink: sink,
		mu: mu, idle: e.NewCond(mu, "work"), ledger: newLedger(), pressure: map[fetch.Class]int64{},
	}
	if o.Extract != nil {
		c.extracting = extractions{max(1, o.Extractions), e.NewCond(mu, "a page to be taken apart")}
	}
	c.dispatch = newDispatcher(c)
	if o.Follow != nil {
		c.dispatch.walk = newWalk(c, o.Follow)
	}
	source.open(mu, e, c.stir)
	sink.open(mu, e)
	return c
}

// Start starts the crawl's tasks; the engine's Run then runs them to their end.
func (c *Crawler) Start() {
	c.began = c.engine.Now()
	c.engine.Go("sink", func(ctx context.Context) error { return c.sink.run(ctx, c.outputLost) })
	for _, s := range c.subscriptions {
		c.engine.Go("events", s.run)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limitTime()
	if w := c.dispatch.walk; w != nil {
		w.openSitemaps(c.began)
		w.startEpilogue()
	}
	c.hire()
}

// Drain begins nothing new. What is in flight ends as it will, and the crawl with it.
func (c *Crawler) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drain()
}

func (c *Crawler) drain() {
	if !c.dispatch.draining {
		c.pausing.end(c.engine)
		c.dispatch.paused = false
		c.dispatch.draining = true
		c.source.stop()
		c.idle.Broadcast()
	}
}

// outputLost ends the crawl because of its output. The caller holds the lock.
func (c *Crawler) outputLost(err error) {
	c.failure = errors.Join(c.failure, err)
	c.drain()
	if c.options.OnOutputLost != nil {
		c.options.OnOutputLost()
	}
}

// NotePressure counts that this machine had no descriptor, port or memory for a connection. It is for
// fetch.Options.OnPressure.
func (c *Crawler) NotePressure(class fetch.Class) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pressure[class]++
	c.publish(Event{Signal: Pressure, Class: class})
}

// stir wakes or hires a worker, if there is work for one. That one does the same for the next. The caller
// holds the lock.
func (c *Crawler) stir() {
	switch {
	case c.source.last && c.dispatch.over():
		c.idle.Broadcast()
	case !c.dispatch.hasWork():
	case c.nIdle > 0:
		c.idle.Signal()
	case c.workers < c.options.Concurrency:
		c.hire()
	}
}

// hire starts a worker. The caller holds the lock.
func (c *Crawler) hire() {
	c.workers++
	c.unbegun++
	w := &worker{crawler: c}
	w.turn, w.request.Trace = w.turnover, c.options.Trace
	c.crew = append(c.crew, w)
	w.request.Method, w.request.Fields, w.request.Body = c.options.Method, c.options.Fields, c.options.Body
	if o := &c.options; o.Validators || o.Previous != nil || o.Part != nil {
		w.request.Selection = &fetch.Selection{Part: o.Part}
	}
	if c.options.Digest || c.options.Follow != nil || c.options.Extract != nil {
		w.body = &reading{crawler: c, worker: w, response: &w.response}
		w.request.OnBody = w.body.take
	}
	if c.options.Digest {
		w.body.hash = sha256.New()
	}
	if c.options.Follow != nil {
		w.body.watch.OnHead, w.body.selection = w.body.head, w.request.Selection
		w.request.Watch = &w.body.watch
	}
	c.engine.Go("worker", w.run)
}

// errPortZero is for what is a URL, and leads nowhere.
var errPortZero = errors.New("port 0 cannot be connected to; leave it out, or give the one that is meant")

// parse is the URL of an item, if it is one.
func (i Item) parse() (u link.URL, err error) {
	if i.Err != nil {
		return u, i.Err
	}
	if u, err = link.Parse(i.URL); err == nil && u.Port() == 0 {
		err = errPortZero
	}
	return u, err
}

// discover enters a line into the ledger, and makes a job of it if it is a URL.
func (c *Crawler) discover(item Item) *job {
	c.discovered(item.URL)
	u, err := item.parse()
	if err != nil {
		c.settle(&Record{URL: item.URL, Class: fetch.Input, Err: item.explain(err)})
		return nil
	}
	if n := len(c.free); n > 0 {
		j := c.free[n-1]
		c.free = c.free[:n-1]
		*j = job{url: u, raw: item.URL}
		return j
	}
	return &job{url: u, raw: item.URL}
}

// discovered enters a URL, or a line that was meant to be one, that was given.
func (c *Crawler) discovered(url string) {
	c.ledger.discover()
	if c.hears(URLDiscovered) {
		c.publish(Event{Signal: URLDiscovered, URL: url})
	}
}

// settle is the end of a URL: ledger and record.
func (c *Crawler) settle(r *Record) {
	c.ledger.settle(r)
	if c.hears(URLSettled | URLSkipped) {
		c.publishEnd(r)
	}
	c.sink.put(r)
}

// finish ends the crawl when nothing will be recorded any more. The caller holds the lock.
func (c *Crawler) finish() {
	if c.over {
		return
	}
	c.over = true
	c.sink.close()
	c.publish(Event{Signal: CrawlDone})
	c.heard = 0 // it is the last, whatever timers are set
	for _, s := range c.subscriptions {
		s.close()
	}
	if c.options.OnLast != nil {
		c.options.OnLast()
	}
	if c.source.err != nil {
		c.failure = errors.Join(c.failure, c.source.err)
	}
}
