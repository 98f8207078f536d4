package crawler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"crawl/internal/engine"
)

// What the sink holds at most, how much makes a write worth while, and how long a record waits for company.
const (
	sinkLimit = 4 << 20
	sinkBatch = 64 << 10
	sinkDelay = 100 * time.Millisecond
)

// Sink writes records, off the loop. Records are appended to a buffer; a task of its own writes it out. When
// more is held than may be, tasks wait, so a slow reader slows the crawl and does not fill memory.
type Sink struct {
	name   string
	writer io.Writer
	engine engine.Engine

	mu      sync.Locker // guards what follows
	work    engine.Cond // there is something to write
	room    engine.Cond // there is less to write
	buffer  []byte
	spare   []byte
	timed   bool // a flush is due after sinkDelay
	due     bool // it is due now
	closed  bool
	err     error
	written int64 // bytes
}

// NewSink makes a sink on w. name is for messages. If w is a regular file, a record that could not be written
// whole is cut off again.
func NewSink(name string, w io.Writer) *Sink { return &Sink{name: name, writer: w} }

func (s *Sink) open(mu sync.Locker, e engine.Engine) {
	s.mu, s.engine = mu, e
	s.work, s.room = e.NewCond(mu, "records"), e.NewCond(mu, "room for records")
}

// put appends a record. It does not wait: see waitForRoom.
func (s *Sink) put(r *Record) {
	if s.err != nil {
		return
	}
	s.buffer = r.AppendJSON(s.buffer)
	switch {
	case len(s.buffer) >= sinkBatch:
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

// full reports whether records have to wait.
func (s *Sink) full() bool { return len(s.buffer) > sinkLimit && s.err == nil }

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
	for {
		for !s.closed && len(s.buffer) < sinkBatch && !(s.due && len(s.buffer) > 0) {
			if s.due {
				s.due, s.timed = false, false
			}
			if err := s.work.Wait(ctx); err != nil { // cancelled: what there is still goes out
				s.closed = true
			}
		}
		if len(s.buffer) == 0 {
			return nil
		}
		batch := s.buffer
		s.buffer, s.spare = s.spare[:0], nil
		s.due, s.timed = false, false
		s.mu.Unlock()
		var n int
		err := s.engine.Blocking(context.WithoutCancel(ctx), func() (err error) {
			n, err = s.writer.Write(batch)
			return err
		})
		s.mu.Lock()
		s.written += int64(n)
		if err != nil {
			s.err = fmt.Errorf("%s: %w", s.name, err)
			s.cut(batch[:n])
			s.room.Broadcast()
			failed(s.err)
			return nil
		}
		if cap(batch) <= 4*sinkBatch {
			s.spare = batch
		}
		s.room.Signal()
	}
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
