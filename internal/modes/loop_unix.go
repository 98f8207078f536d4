//go:build unix

package modes

import (
	"crawl/internal/engine"
	"crawl/internal/eventloop"
)

// newLoop makes the loop of the modes that run on one. onError is told of what nobody else can be; nil is to log it.
func (j *job) newLoop(onError func(eventloop.Error)) (*eventloop.Loop, error) {
	poller, err := eventloop.NewPoller(j.Poller)
	if err != nil {
		return nil, err
	}
	const never = -1
	return eventloop.New(eventloop.Options{Poller: poller, SlowCallback: never, OnError: onError})
}

func (j *job) onLoop() (model, error) {
	loop, err := j.newLoop(nil)
	if err != nil {
		return model{}, err
	}
	m := j.onEngine(engine.NewLoopOn(loop))
	closeIdle := m.end
	m.tell = func(r *Result) { tellLoop(r, loop) }
	m.end = func() {
		closeIdle()
		_ = loop.Close() // it is, unless nothing has run on it
	}
	return m, nil
}

// tellLoop adds what the loop has counted.
func tellLoop(r *Result, loop *eventloop.Loop) {
	m := loop.Metrics()
	r.SystemCalls = int64(m.SystemCalls)
	r.LagP99, r.LagMax = float64(m.Lag.Quantile(0.99))/1e9, float64(m.Lag.Max)/1e9
}
