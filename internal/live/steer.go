package live

import (
	"context"
	"net/http"
)

// answered is the JSON of /healthz, /pause and /resume.
type answered struct {
	State   string  `json:"state"`
	Elapsed float64 `json:"elapsed"` // s
}

// serveHealth is 200 while the crawl answers, and 503 when it has not within answerTimeout.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	smp, err := s.sampler.sample(r.Context(), freshEnough)
	s.answer(w, smp, err)
}

// steer has the crawl pause or resume, for who may, and answers with its state then.
func (s *Server) steer(do func(ctx context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.guard.allowed(w, r) {
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		var smp *sample
		err := do(ctx)
		if err == nil {
			smp, err = s.sampler.sample(r.Context(), 0)
		}
		s.answer(w, smp, err)
	}
}

func (s *Server) answer(w http.ResponseWriter, smp *sample, err error) {
	w.Header().Set("Content-Type", "application/json")
	a := answered{State: StateStalled}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		a = answered{smp.snapshot.State, smp.snapshot.Elapsed}
	}
	_, _ = w.Write(append(encoded(a), '\n')) // he may have gone
}
