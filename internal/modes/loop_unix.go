//go:build unix

package modes

import (
	"crawl/internal/engine"
	"crawl/internal/eventloop"
)

// newLoop makes the loop of the modes that run on one.
func (j *job) newLoop() (*eventloop.Loop, error) {
	poller, err := eventloop.NewPoller(j.Poller)
	if err != nil {
		return nil, err
	}
	const never = -1
	return eventloop.New(eventloop.Options{Poller: poller, SlowCallback: never})
}

func (j *job) onLoop() (model, error) {
	loop, err := j.newLoop()
	if err != nil {
		return model{}, err
	}
	return model{
		work: j.onEngine(engine.NewLoopOn(loop)),
		tell: func(r *Result) { tellLoop(r, loop) },
		drop: func() { _ = loop.Close() }, // nothing has run on it
	}, nil
}

// tellLoop adds what the loop has counted.
func tellLoop(r *Result, loop *eventloop.Loop) {
	m := loop.Metrics()
	r.LagP99, r.LagMax = float64(m.Lag.Quantile(0.99))/1e9, float64(m.Lag.Max)/1e9
}
