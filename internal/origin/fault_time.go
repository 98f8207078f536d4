package origin

import (
	"slices"
	"sync"
	"time"
)

// The waits here are those of conn.sleep: a client that goes away ends them at once, and its request
// is no longer in flight.

// delay: an ordinary answer after the time D.
func (f *fault) delay() bool {
	d, n := f.duration(f.arg, 0), f.number("size", 2, 0, maxBody)
	if f.arg == "" {
		f.fail("how long a delay is missing")
	}
	if f.wrong() {
		return true
	}
	if f.wait(d) != nil {
		return false
	}
	return f.filler(200, n)
}

// stall: no answer, ever.
func (f *fault) stall() bool { return f.wrong() || f.hold() }

// hold writes what there is to write and then waits for the client to leave.
func (f *fault) hold() bool {
	if f.flush() == nil && f.arm(time.Time{}) == nil {
		_ = f.sleep() // ends with an error, there being no deadline and no one to wake it
	}
	return false
}

// stallBody: the head and the first half of N bytes, then nothing.
func (f *fault) stallBody() bool {
	n := 1024
	if f.arg != "" {
		n = f.count(maxBody)
	}
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: int64(n)})
	if f.writeFiller(0, n/2, nil) != nil {
		return false
	}
	return f.hold()
}

// drip: an answer in small pieces with pauses between.
func (f *fault) drip() bool {
	n, every := f.count(maxMemory), f.duration(f.query.Get("every"), 10*time.Millisecond)
	step, fromHead := f.number("step", 1, 1, maxMemory), f.flag("head")
	if f.wrong() {
		return true
	}
	answer := appendHead(nil, head{status: 200, contentType: typeText, length: int64(n)}, &f.req)
	sent := len(answer)
	if fromHead {
		sent = min(step, len(answer))
	}
	if !f.req.headOnly {
		answer = append(answer, f.srv.Filler(n)...)
	}
	f.write(string(answer[:sent]))
	for sent < len(answer) {
		if f.flush() != nil || every > 0 && f.wait(every) != nil {
			return false
		}
		end := min(sent+step, len(answer))
		f.write(string(answer[sent:end]))
		sent = end
	}
	return f.done(200)
}

// gate: no answer until N requests wait at the gate of that name; then all are answered.
func (f *fault) gate() bool {
	n := f.count(maxFields)
	if n == 0 {
		f.fail("a gate needs at least one request")
	}
	if f.wrong() {
		return true
	}
	// The deadline is set first: once the connection stands at the gate, it may be woken.
	if f.arm(time.Time{}) != nil {
		return false
	}
	key := decimal(n) + "/" + f.query.Get("name")
	if !f.srv.gates.enter(key, n, f.conn) && f.sleep() != nil {
		f.srv.gates.leave(key, f.conn)
		return false
	}
	return f.text(200, "open\n")
}

// gates are the connections that wait, by gate.
type gates struct {
	mu      sync.Mutex // guards waiting
	waiting map[string][]*conn
}

// enter puts the connection at the gate and reports whether it is the last that was missing. Then
// the others are woken, and the gate is shut again for the next n.
func (g *gates) enter(key string, n int, c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting[key])+1 < n {
		if g.waiting == nil {
			g.waiting = map[string][]*conn{}
		}
		g.waiting[key] = append(g.waiting[key], c)
		return false
	}
	for _, other := range g.waiting[key] {
		other.wake()
	}
	delete(g.waiting, key)
	return true
}

// leave takes away a connection whose client is gone.
func (g *gates) leave(key string, c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting[key], c); i >= 0 {
		g.waiting[key] = slices.Delete(g.waiting[key], i, i+1)
	}
	if len(g.waiting[key]) == 0 {
		delete(g.waiting, key)
	}
}
