package main

import (
	"fmt"
	"os"
	"slices"
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
	if what := o.use(o.events, list, s); what != "" {
		return nil, usageError("--events %s is %s", o.events, what)
	}
	f, err := os.Create(o.events)
	if err != nil {
		return nil, ioError(err)
	}
	return &eventLog{file: f}, nil
}

// use says what else than a log of events a file is for; "" if nothing that would be lost.
func (o *runOptions) use(name string, list os.FileInfo, s streams) string {
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return "" // a device or a pipe, which keeps nothing
	case err == nil && same(list, info):
		return "the list itself"
	case err == nil && same(fileInfo(s.out), info), isFile(o.output) && samePath(name, o.output):
		return "where records go"
	case isFile(o.cookies.jarFile) && samePath(name, o.cookies.jarFile):
		return "where cookies go (--cookie-jar)"
	}
	for _, read := range slices.Concat(o.cookies.read, []string{o.extract.schema, o.fetch.selection.previous}) {
		if read != "" && samePath(name, read) {
			return "read by this crawl"
		}
	}
	return ""
}

// isFile tells the name of a file from none, and from that of standard output.
func isFile(name string) bool { return name != "" && name != "-" }

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
