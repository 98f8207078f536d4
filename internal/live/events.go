package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// hello is the first event of each connection: what was in the last minutes, and what does not change.
type hello struct {
	History []point           `json:"history"`
	Advice  map[string]string `json:"advice"`  // a sentence for each class
	Trusted bool              `json:"trusted"` // pausing needs no token: who sees this has shown it
}

// serveEvents sends snapshots as server-sent events (HTML standard, section 9.2): hello, then snapshot, in the end done. Who
// reads slowly is sent the newest when he is ready for it; who does not read at all is dropped.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if _, over := s.sampler.newest(); over { // 204 keeps a browser from coming again
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // of a proxy
	if r.Method == http.MethodHead {
		return
	}
	v := s.sampler.join(s.viewers)
	if v == nil {
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d are looking already", s.viewers))
		return
	}
	defer s.sampler.leave(v)
	out := eventWriter{w: w, control: http.NewResponseController(w)}
	out.retry()
	out.send("hello", encoded(hello{s.sampler.past(), advice(), s.options.Everything}))
	for out.err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-v.wake:
		}
		smp, over := s.sampler.newest()
		if over {
			out.send("done", smp.json)
			return
		}
		out.send("snapshot", smp.json)
	}
}

// eventWriter writes events until one fails.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

// retry says how soon to come again when the connection is lost, in ms.
func (e *eventWriter) retry() { _, e.err = fmt.Fprint(e.w, "retry: 2000\n\n") }

// send writes one event, whose data has no line end. It gives up after writeTimeout.
func (e *eventWriter) send(name string, data []byte) {
	if e.err != nil {
		return
	}
	_ = e.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder of a test has none
	if _, e.err = fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, data); e.err == nil {
		e.err = e.control.Flush()
	}
}

func advice() map[string]string {
	all := map[string]string{}
	for _, a := range classes() {
		all[string(a.Class)] = a.Sentence
	}
	return all
}

// encoded is v, of plain fields, in JSON.
func encoded(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return bytes.TrimSpace(data)
}
