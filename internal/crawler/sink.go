package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"crawl/internal/engine"
)

// What the sink holds at most, in blocks of a size that makes a write worth while, how long a record waits for
// company, and how long a cancelled crawl waits for its output to be taken.
const (
	sinkBlock  = 64 << 10
	sinkBlocks = 16
	sinkDelay  = 100 * time.Millisecond

	sinkPatience = time.Second
)

var errNotTaken = errors.New("cancelled before all records were written")

// Sink writes records, off the loop. Records are appended to a block; a task of its own writes full blocks
// out, and one that is not full after a moment. Blocks are used again. When more are full than may be, tasks
// wait, so a slow reader slows the crawl and does not fill memory.
type Sink struct {
	name   string
	writer io.Writer
	form   *Form  // nil: each whole, as JSON
	record Record // for form, the last
	engine engine.Engine

	mu        sync.Locker // guards what follows
	work      engine.Cond // there is something to write
	room      engine.Cond // there is less to write
	block     []byte      // being filled
	second    second      // of the last record
	filled    [][]byte    // to be written
	free      [][]byte
	timed     bool // a flush is due after sinkDelay
	due       bool // it is due now
	closed    bool // nothing is put any more
	cancelled bool // the crawl was
	late      bool // and the patience is over
	err       error
	written   int64 // bytes
}

// NewSink makes a sink on w. name is for messages. If w is a regular file, a record that could not be written
// whole is cut off again.
func NewSink(name string, w io.Writer) *Sink { return &Sink{name: name, writer: w} }

// WriteAs has records written in a form. It is called before the crawl is made.
func (s *Sink) WriteAs(f *Form) {
	s.form = f
	s.block = append(s.block, f.header...)
}

func (s *Sink) open(mu sync.Locker, e engine.Engine) {
	s.mu, s.engine = mu, e
	s.work, s.room = e.NewCond(mu, "records"), e.NewCond(mu, "room for records")
}

// put appends a record. It does not wait: see waitForRoom.
func (s *Sink) put(r *Record) {
	if s.err != nil {
		return
	}
	if s.form != nil {
		s.record = *r // else r would be on the heap, without a form too
		s.block = s.form.append(s.block, &s.record)
	} else {
		s.block = r.appendJSON(s.block, &s.second)
	}
	switch {
	case len(s.block) >= sinkBlock:
		s.seal()
		s.work.Signal()
	case !s.timed:
		s.timed = true
		s.engine.After(sinkDelay, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.due = true
			s.work.Signal()
		})
	}
}

// seal puts the block that is being filled among those to be written.
func (s *Sink) seal() {
	s.filled = append(s.filled, s.block)
	s.block = nil
	if n := len(s.free); n > 0 {
		s.block, s.free = s.free[n-1][:0], s.free[:n-1]
	} else {
		s.block = make([]byte, 0, sinkBlock+4<<10) // the last record goes over the edge
	}
}

// full reports whether records have to wait.
func (s *Sink) full() bool { return len(s.filled) >= sinkBlocks && s.err == nil }

// isOver reports whether nothing that is put will be written any more.
func (s *Sink) isOver() bool { return s.closed || s.err != nil }

// waitForRoom waits while the sink is full. The caller holds the lock.
func (s *Sink) waitForRoom(ctx context.Context) error {
	for s.full() {
		if err := s.room.Wait(ctx); err != nil {
			return err
		}
	}
	s.room.Signal() // one woke for all that were waiting
	return nil
}

// run is the task that writes, until the sink is closed and all is written, or an error. failed is called,
// under the lock, with that error.
func (s *Sink) run(ctx context.Context, failed func(error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.waitForWork(ctx) {
		blocks := s.filled
		s.filled = nil
		if err := s.writeOut(ctx, blocks); err != nil {
			s.err = fmt.Errorf("%s: %w", s.name, err)
			s.room.Broadcast()
			failed(s.err)
			return nil
		}
		s.free = append(s.free, blocks[:min(len(blocks), sinkBlocks-len(s.free))]...)
		s.room.Signal()
	}
	return nil
}

// waitForWork waits until there are blocks to be written, and returns false when there will be none any more.
func (s *Sink) waitForWork(ctx context.Context) bool {
	for {
		if s.due || s.closed {
			s.due, s.timed = false, false
			if len(s.block) > 0 {
				s.seal()
			}
		}
		if len(s.filled) > 0 || s.closed {
			return len(s.filled) > 0
		}
		s.wait(ctx)
	}
}

// wait waits for whatever there is. When the crawl is cancelled, the sink is closed: what it has still goes out,
// if somebody takes it soon. Cancelled once more, it waits no longer.
func (s *Sink) wait(ctx context.Context) {
	if s.cancelled {
		ctx = context.WithoutCancel(ctx)
	}
	err := s.work.Wait(ctx)
	switch {
	case err == nil:
	case s.cancelled:
		s.late = true
	default:
		s.closed, s.cancelled = true, true
		s.engine.After(sinkPatience, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.late = true
			s.work.Signal()
		})
	}
}

// writeOut has blocks written, off the loop, and waits for that.
func (s *Sink) writeOut(ctx context.Context, blocks [][]byte) error {
	var n int
	var err error
	done := false
	s.engine.Detach(
		func() { n, err = s.write(blocks) },
		func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			done = true
			s.work.Signal()
		})
	for !done {
		if s.late {
			return errNotTaken
		}
		s.wait(ctx)
	}
	s.written += int64(n)
	return err
}

// write writes blocks one after the other, off the loop, and returns how much of them was taken.
func (s *Sink) write(blocks [][]byte) (written int, err error) {
	for _, b := range blocks {
		n, err := s.writer.Write(b)
		written += n
		if err != nil {
			s.cut(b[:n])
			return written, err
		}
	}
	return written, nil
}

// cut takes the beginning of a record off the end of a file that could take no more.
func (s *Sink) cut(written []byte) {
	f, ok := s.writer.(*os.File)
	if !ok {
		return
	}
	torn := len(written) - (bytes.LastIndexByte(written, '\n') + 1)
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || torn == 0 {
		return
	}
	_ = f.Truncate(info.Size() - int64(torn)) // the first error is the one that is told
}

// close lets run end when all is written.
func (s *Sink) close() {
	s.closed = true
	s.work.Signal()
}
