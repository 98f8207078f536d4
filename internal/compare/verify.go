package compare

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"

	"crawl/internal/modes"
	"crawl/internal/origin"
	"crawl/internal/report"
)

// truth is what each URL is answered with: told by the built-in origin, or learned from the first run that fetched
// it well.
type truth struct {
	urls      []string
	answers   []modes.Outcome
	state     []knowledge
	firstBody []byte // of the built-in origin
}

type knowledge uint8

const (
	unknown knowledge = iota
	learned
	told
	varies // two runs saw different bodies, neither of which can be called wrong
)

// knownTruth is the built-in origin's own.
func knownTruth(web *origin.Web) *truth {
	t := &truth{}
	for i := range web.Len() {
		status, _, body := web.Page(i)
		if i == 0 {
			t.firstBody = body
		}
		t.urls = append(t.urls, web.URL(i))
		t.answers = append(t.answers, modes.Outcome{Status: uint16(status), Bytes: uint32(len(body)), Sum: crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))})
		t.state = append(t.state, told)
	}
	return t
}

func unknownTruth(urls []string) *truth {
	return &truth{urls: urls, answers: make([]modes.Outcome, len(urls)), state: make([]knowledge, len(urls))}
}

func (t *truth) varying() (n int) {
	for _, s := range t.state {
		if s == varies {
			n++
		}
	}
	return n
}

// check compares what one fetch gave with the truth, or learns it.
func (t *truth) check(fetch int, got modes.Outcome) error {
	i := fetch % len(t.urls)
	want := &t.answers[i]
	switch {
	case t.state[i] == told && got != *want:
		return fmt.Errorf("fetch %d, %s: status %d, %d bytes, sum %08x; the origin says %d, %d, %08x",
			fetch, report.WithoutUserinfo(t.urls[i]), got.Status, got.Bytes, got.Sum, want.Status, want.Bytes, want.Sum)
	case got.Status == 0: // a failure, which is counted as one
	case t.state[i] == unknown:
		*want, t.state[i] = got, learned
	case t.state[i] != told && got.Status != want.Status:
		return fmt.Errorf("fetch %d, %s: status %d; in a run before it was %d", fetch, report.WithoutUserinfo(t.urls[i]), got.Status, want.Status)
	case t.state[i] == learned && got != *want:
		t.state[i] = varies
	}
	return nil
}

// verify says why a run is not what it was to be: a fetch missing, one with another body than it should have,
// a server that counted something else.
func (m *measurement) verify(spec modes.Spec, run *Run) error {
	if run.Fetches != spec.Fetches {
		return fmt.Errorf("it made %d fetches of %d", run.Fetches, spec.Fetches)
	}
	outcomes, err := readOutcomes(spec.Outcomes, spec.Fetches)
	if err != nil {
		return err
	}
	wrong, failed := 0, 0
	var first error
	for i, o := range outcomes {
		if o.Status == 0 {
			failed++
		}
		if err := m.truth.check(i, o); err != nil {
			if first == nil {
				first = err
			}
			wrong++
		}
	}
	switch {
	case failed != run.Failures():
		return fmt.Errorf("it says that %d fetches failed, and %d have no response", run.Failures(), failed)
	case m.origin != nil && failed > 0:
		return fmt.Errorf("%d fetches of %d failed: %v; the first: %s", failed, spec.Fetches, run.Failed, run.Error)
	case wrong > 1:
		return fmt.Errorf("%w; and %d more", first, wrong-1)
	case wrong == 1:
		return first
	case m.origin == nil:
		return nil
	}
	return m.verifyServer(spec, run)
}

// verifyServer asks the server, which knows nothing of what the client says.
func (m *measurement) verifyServer(spec modes.Spec, run *Run) error {
	s, err := m.origin.Stats()
	if err != nil {
		return err
	}
	if m.delay > 0 { // else each is answered before the next one is read, and there is one at a time
		run.AtServer = int(s.MaxInFlight)
	}
	switch {
	case s.Requests < int64(spec.Fetches):
		return fmt.Errorf("the server counted %d requests for %d fetches", s.Requests, spec.Fetches)
	case s.MaxInFlight > int64(run.Reached):
		return fmt.Errorf("the server saw %d requests at once; %d were allowed", s.MaxInFlight, run.Reached)
	case s.Refused > 0:
		return fmt.Errorf("the server refused %d requests as malformed", s.Refused)
	}
	return nil
}

// readOutcomes reads the file of a run.
func readOutcomes(file string, fetches int) ([]modes.Outcome, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(data) != fetches*modes.OutcomeSize {
		return nil, fmt.Errorf("its outcomes are %d bytes, %d fetches make %d", len(data), fetches, fetches*modes.OutcomeSize)
	}
	if err := os.Remove(file); err != nil { // so that no run is judged by the file of another
		return nil, errors.Join(errors.New("outcomes"), err)
	}
	outcomes := make([]modes.Outcome, fetches)
	for i := range outcomes {
		b := data[i*modes.OutcomeSize:]
		outcomes[i] = modes.Outcome{
			Status: binary.LittleEndian.Uint16(b), Bytes: binary.LittleEndian.Uint32(b[4:]), Sum: binary.LittleEndian.Uint32(b[8:]),
		}
	}
	return outcomes, nil
}
