package crawler

import (
	"context"
	"errors"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/frontier"
)

// Most URLs that are skipped are so when they are found, and may be found again on a way that is open. So their records, if they are to
// have some (Follow.RecordSkipped), are written when nothing can be found any more: behind all others.

// Why a URL is skipped, in records: what its class has to say of it alone.
var (
	errScope    = errors.New("outside of --scope")
	errExclude  = errors.New("left out by --include or --exclude")
	errDepth    = errors.New("more links away than --max-depth")
	errNoFollow = errors.New("what leads to it asks that it not be followed")
)

// epilogue is what is written behind all other records, by a task that waits for the end. It is there from the beginning, for one that is
// made when the crawl is cancelled would never run.
type epilogue struct {
	end  engine.Cond
	due  bool // the last worker has left
	gone bool // the crawl was cancelled before
}

// startEpilogue is for the beginning of a crawl. The caller holds the lock.
func (w *walk) startEpilogue() {
	if w.follow.RecordSkipped {
		w.epilogue.end = w.crawler.engine.NewCond(w.crawler.mu, "the end")
		w.crawler.engine.Go("skipped", w.tell)
	}
}

// takesOver reports whether the crawl ends with its epilogue. The last worker asks, and holds the lock.
func (w *walk) takesOver() bool {
	e := &w.epilogue
	if !w.follow.RecordSkipped || e.gone || w.crawler.sink.closed {
		return false
	}
	e.due = true
	e.end.Signal()
	return true
}

// tell is the task.
func (w *walk) tell(ctx context.Context) error {
	c := w.crawler
	c.mu.Lock()
	defer c.mu.Unlock()
	for !w.epilogue.due {
		if err := w.epilogue.end.Wait(ctx); err != nil && !w.epilogue.due {
			w.epilogue.gone = true
			return nil
		}
	}
	for e, ok := w.urls.NextSkipped(0); ok && !c.sink.isOver() && ctx.Err() == nil; e, ok = w.urls.NextSkipped(e.Key.URL) {
		if c.sink.full() && c.sink.waitForRoom(ctx) != nil {
			break
		}
		c.sink.put(w.skipped(&e))
	}
	c.finish()
	return nil
}

// skipped is the record of a URL that was skipped when it was found.
func (w *walk) skipped(e *frontier.Entry) *Record {
	r := &Record{URL: e.URL.String(), Class: reasonOf(e.Kind), Page: w.facts(e)}
	switch r.Class {
	case SkipScope:
		r.Err = errScope
	case SkipExclude:
		r.Err = errExclude
	case SkipDepth:
		r.Err = errDepth
	case SkipNoFollow:
		r.Err = errNoFollow
	default:
		r.Err = trap(e.Kind >> kindRule).err()
	}
	return r
}

// A skipped URL's kind: the number of the class, and above that, of a trap, by which rule it is one.
const kindRule = 8

func skipKind(class fetch.Class, rule trap) uint16 { return numberOf(class) | uint16(rule)<<kindRule }

func reasonOf(kind uint16) fetch.Class { return skips()[kind&(1<<kindRule-1)] }
