package origin

import (
	"strings"
	"sync"
	"time"
)

// Request is one entry of the log.
type Request struct {
	Since    time.Duration `json:"since_ns"` // from Start to when its head was read
	Conn     int64         `json:"conn"`     // number of its connection, from 1
	Remote   string        `json:"remote"`   // the client's address and port
	Local    string        `json:"local"`    // the address and port it connected to
	Host     string        `json:"host"`     // the authority asked: of an absolute target, else the Host field
	Method   string        `json:"method"`
	Target   string        `json:"target"` // as sent
	Version  string        `json:"version"`
	Fields   []Field       `json:"fields"`    // header fields as sent, in order
	Body     int64         `json:"body"`      // length of the body announced, in bytes
	InFlight int64         `json:"in_flight"` // requests in flight when it arrived, itself included
	Status   int           `json:"status"`    // of the final answer; 0 while or if there is none
}

// Field is one header field.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"` // without the whitespace around it
}

// Get returns the value of the first field of that name, in any case, or "".
func (r Request) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// requestLog keeps the newest entries, as many as it was made for.
type requestLog struct {
	limit int
	mu    sync.Mutex // guards what follows, and the Status of the entries
	ring  []*Request
	next  int // where the next entry goes once the ring is full
}

func (l *requestLog) add(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, r)
		return
	}
	l.ring[l.next] = r
	l.next = (l.next + 1) % l.limit
}

func (l *requestLog) setStatus(r *Request, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Status = status
}

func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.next = nil, 0
}

// Log returns the newest requests, the oldest of them first, at most Config.LogRequests. Those under
// /-/ are left out, and those refused.
func (s *Server) Log() []Request {
	l := &s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Request, 0, len(l.ring))
	for i := range l.ring {
		out = append(out, *l.ring[(l.next+i)%len(l.ring)])
	}
	return out
}
