package modes

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// A model is one mode made ready for one job.
type model struct {
	work  func(ctx context.Context) error            // returns when every fetch is over; this is what is timed
	whole func(ctx context.Context) (*Result, error) // or this, which meters what it does itself
	tell  func(r *Result)                            // adds what only this model knows; may be nil
	end   func()                                     // closes what is open, after the work or instead of it
}

// Run does the work of s in this process (that of Processes in children of it) and tells what it cost. The error
// says why there is no result; fetches that failed are no such error.
//
// All modes run with the garbage collector as Go sets it by default (or as GOGC has it), also Loop, which crawl run
// tunes: else the modes would differ in that, too. The one time limit is that of a whole fetch, in each mode.
func Run(ctx context.Context, s Spec) (*Result, error) {
	r, err := prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	res, err := r.run(ctx)
	if err != nil {
		return nil, err
	}
	return res, r.job.tell(res)
}

// A ready is all that has to be there before the work begins. It is run, or dropped.
type ready struct {
	job   *job
	model model
}

func prepare(ctx context.Context, s Spec) (*ready, error) {
	j, err := newJob(ctx, s)
	if err != nil {
		return nil, err
	}
	m, err := j.model(ctx)
	if err != nil {
		return nil, fmt.Errorf("modes: %s: %w", s.Mode, err)
	}
	runtime.GC() // what was needed to prepare is not the work's, nor is taking it away
	debug.FreeOSMemory()
	return &ready{job: j, model: m}, nil
}

// model makes the mode's own part.
func (j *job) model(ctx context.Context) (model, error) {
	switch j.Mode {
	case Processes:
		return j.onProcesses(ctx)
	case Loop:
		return j.onLoop()
	case Callbacks:
		return j.onCallbacks()
	case Goroutine:
		return j.onGoroutines(), nil
	case Threads, Sync:
		return j.onThreads()
	case NetHTTP:
		return j.onNetHTTP(), nil
	}
	return model{}, errNoMode
}

// drop is for what is not run.
func (r *ready) drop() { r.model.end() }

// run does the work and meters it.
func (r *ready) run(ctx context.Context) (res *Result, err error) {
	defer r.model.end()
	if r.model.whole != nil {
		res, err = r.model.whole(ctx)
	} else {
		res, err = r.job.measure(func() error { return r.model.work(ctx) })
	}
	if err != nil {
		return nil, fmt.Errorf("modes: %s: %w", r.job.Mode, err)
	}
	if r.model.tell != nil {
		r.model.tell(res)
	}
	return res, nil
}
