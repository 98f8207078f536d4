package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"crawl/internal/crawler"
)

// mostEvents may wait to be written: some megabytes, which is half a second of a fast crawl. A log that is slower than that
// has gaps.
const mostEvents = 1 << 15

// eventLog writes what happens in a crawl to a file, one JSON object a line. What a disk or a pipe does not take in time is
// left out, and a line says how much: the crawl does not wait for its log.
type eventLog struct {
	file  *os.File
	queue *crawler.Subscription

	mu     sync.Mutex // held by take, which may be stuck in a write when the crawl is over
	buffer []byte
	lost   int64 // that lines have told of
	err    error // of the first write that failed; nothing is written after it
}

// openEvents empties the file, which may be neither the list nor where records go. It is nil without --events.
func (o *runOptions) openEvents(list os.FileInfo, s streams) (*eventLog, error) {
	if o.events == "" {
		return nil, nil
	}
	if o.events == "-" {
		return nil, usageError("--events -: standard output is for records; give a file")
	}
	if info, err := os.Stat(o.events); err == nil {
		switch {
		case same(list, info):
			return nil, usageError("--events %s is the list itself", o.events)
		case same(fileInfo(s.out), info):
			return nil, usageError("--events %s is where records go", o.events)
		}
		if records, err := os.Stat(o.output); err == nil && same(records, info) {
			return nil, usageError("--events %s is where records go", o.events)
		}
	} else if filepath.Clean(o.events) == filepath.Clean(o.output) {
		return nil, usageError("--events %s is where records go", o.events)
	}
	f, err := os.Create(o.events)
	if err != nil {
		return nil, ioError(err)
	}
	return &eventLog{file: f}, nil
}

// listen has the log written of c, which has not been started.
func (l *eventLog) listen(c *crawler.Crawler) {
	if l != nil {
		l.queue = c.Subscribe(crawler.AllSignals, mostEvents, l.take)
	}
}

// take writes events. It runs off the engine.
func (l *eventLog) take(events []crawler.Event, lost int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.buffer = l.buffer[:0]
	for i := range events {
		l.buffer = events[i].AppendJSON(l.buffer)
	}
	l.tellLost(lost)
	_, l.err = l.file.Write(l.buffer)
}

// tellLost adds a line on what is missing before it.
func (l *eventLog) tellLost(lost int64) {
	if n := lost - l.lost; n > 0 {
		l.buffer = append(strconv.AppendInt(append(l.buffer, `{"event":"lost","events":`...), n, 10), "}\n"...)
		l.lost = lost
	}
}

// close says what is missing, and what went wrong: the log, not the crawl.
func (l *eventLog) close(s streams, quiet bool) error {
	if l == nil {
		return nil
	}
	if l.queue != nil {
		if n := l.queue.Lost(); n > 0 && !quiet {
			fmt.Fprintf(s.err, "crawl: --events %s: %d events are left out, for they came faster than they were taken\n", l.file.Name(), n)
		}
	}
	if !l.mu.TryLock() {
		return nil // nobody takes what is being written, and that was said
	}
	defer l.mu.Unlock()
	err := l.file.Close()
	if l.err != nil {
		err = l.err
	}
	if err != nil {
		return fmt.Errorf("--events: %w", err)
	}
	return nil
}
