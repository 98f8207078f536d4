package compare

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"crawl/internal/modes"
	"crawl/internal/origin"
)

// Measure carries out a plan. Its error means that it could not go on; what is wrong with a run is in the run. When
// ctx ends it returns what there is so far and the reason.
//
// It must not be called twice at once: children get their CPUs from the calling thread.
func Measure(ctx context.Context, p Plan) (*Result, error) {
	p, err := p.normal()
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	runtime.LockOSThread() // CPU masks, and "die with your parent", belong to a thread
	defer runtime.UnlockOSThread()
	m := &measurement{plan: p, cpus: chooseCPUs()}
	if m.dir, err = os.MkdirTemp(scratch(), "crawl-compare-"); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	defer func() { _ = os.RemoveAll(m.dir) }()
	if err := m.open(ctx); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	defer m.close()
	m.result.Started = time.Now().UTC().Truncate(time.Second)
	began := time.Now()
	err = m.rounds(ctx)
	if err == nil && p.Traces {
		err = m.traces(ctx)
	}
	m.result.Took = time.Since(began).Seconds()
	m.note()
	if err != nil {
		return m.result, fmt.Errorf("compare: %w", err)
	}
	return m.result, nil
}

// measurement is one call of Measure.
type measurement struct {
	plan   Plan
	cpus   cpus
	dir    string
	origin *origin.Process // nil: a list of the user's
	list   string          // file of URLs
	truth  *truth
	delay  time.Duration // of the origin's answers, about
	lines  int           // of the user's list
	result *Result
}

// open starts the origin, or reads the list.
func (m *measurement) open(ctx context.Context) (err error) {
	p := &m.plan
	m.result = &Result{Version: FormatVersion, Program: p.Version, Command: p.Command, Rounds: p.Rounds, Machine: thisMachine(m.cpus)}
	if p.List != "" {
		return m.openList()
	}
	cfg, args, err := p.web(runtime.GOOS == "linux")
	if err != nil {
		return err
	}
	err = onCPU(m.cpus.origin, func() (err error) {
		m.origin, err = origin.StartProcess(ctx, append([]string{p.Program, "origin", "--until-eof"}, args...)...)
		return err
	})
	if err != nil {
		return err
	}
	web, err := webOf(cfg, m.origin.URL())
	if err == nil {
		m.truth = knownTruth(web)
		m.list = filepath.Join(m.dir, "urls.txt")
		err = writeLines(m.list, m.truth.urls)
	}
	if err != nil {
		m.close()
		return err
	}
	m.delay = cfg.Latency.At(0.5)
	m.result.Work = Work{URLs: len(m.truth.urls), Size: int64(len(m.truth.firstBody)), Latency: p.Latency, Rate: p.Rate, Title: m.title()}
	return nil
}

// webOf is the web that is served at first, the URL of its page 0.
func webOf(cfg origin.Config, first string) (*origin.Web, error) {
	u, err := url.Parse(first)
	if err == nil {
		cfg.Port, err = strconv.Atoi(u.Port())
	}
	if err != nil {
		return nil, fmt.Errorf("address of the origin %q: %w", first, err)
	}
	return origin.NewWeb(cfg)
}

func (m *measurement) openList() error {
	data, err := os.ReadFile(m.plan.List)
	if err != nil {
		return err
	}
	var urls []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			urls = append(urls, line)
		}
	}
	if len(urls) == 0 {
		return fmt.Errorf("%w: %s has no URLs", ErrPlan, m.plan.List)
	}
	m.truth, m.lines = unknownTruth(urls), len(urls)
	m.list = filepath.Join(m.dir, "urls.txt")
	m.result.Work = Work{List: m.plan.List, URLs: len(urls), Rate: m.plan.Rate, Title: m.title()}
	return writeLines(m.list, urls)
}

func writeLines(file string, lines []string) error {
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

func (m *measurement) title() string {
	p := &m.plan
	if p.List != "" {
		return fmt.Sprintf("%d URLs of %s", m.lines, filepath.Base(p.List))
	}
	size := p.Size
	if size == "" {
		size = fmt.Sprintf("%d bytes", len(m.truth.firstBody))
	}
	when := "at once"
	if p.Latency != "" && p.Latency != "none" {
		when = "after " + p.Latency
	}
	title := fmt.Sprintf("pages of %s, answered %s", size, when)
	if p.Rate > 0 {
		title += fmt.Sprintf(", %g fetches begun per second", p.Rate)
	}
	return title
}

func (m *measurement) close() {
	if m.origin != nil {
		_ = m.origin.Close() // it has done its work
		m.origin = nil
	}
}

// rounds runs every mode in turn, at each concurrency, as often as the plan says; before that a warm-up, for the
// origin's sake: clients are new processes each time.
func (m *measurement) rounds(ctx context.Context) error {
	p := &m.plan
	for _, c := range p.Concurrency {
		if err := m.once(ctx, p.Modes[0], c, 0); err != nil {
			return err
		}
		for round := 1; round <= p.Rounds; round++ {
			for i := range p.Modes {
				// Each round begins with another mode, so that none always follows the same one.
				if err := m.once(ctx, p.Modes[(i+round)%len(p.Modes)], c, round); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// once makes one run and keeps it. An error means that measuring cannot go on.
func (m *measurement) once(ctx context.Context, mode string, concurrency, round int) error {
	run := Run{Mode: mode, Concurrency: concurrency, Round: round}
	spec := m.spec(mode, concurrency)
	err := m.child(ctx, spec, &run)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		err = m.verify(spec, &run)
	}
	if err != nil {
		run.Problem = err.Error()
	}
	m.result.Runs = append(m.result.Runs, run)
	m.tell(&run)
	err = m.settle(ctx)
	if ctx.Err() != nil { // the origin ends with it
		return ctx.Err()
	}
	return err
}

func (m *measurement) spec(mode string, concurrency int) modes.Spec {
	p := &m.plan
	reached := concurrency
	if most, _ := modes.Cap(mode); most > 0 {
		reached = min(reached, most)
	}
	return modes.Spec{
		Mode: mode, Concurrency: concurrency, Fetches: p.fetches(concurrency, reached, m.delay, m.lines), List: m.list,
		Rate: p.Rate, Timeout: p.Timeout, Poller: p.Poller, Burden: p.Burden[mode], Outcomes: filepath.Join(m.dir, "outcomes"),
	}
}

// tell reports a run to whoever waits for the end.
func (m *measurement) tell(r *Run) {
	name := fmt.Sprintf("round %d of %d", r.Round, m.plan.Rounds)
	if r.Round == 0 {
		name = "warm-up"
	}
	if r.Problem != "" {
		m.plan.Progress("%s: %s at %d: NOT VERIFIED: %s", name, r.Mode, r.Concurrency, r.Problem)
		return
	}
	extra := ""
	if r.Reached != r.Concurrency {
		extra = fmt.Sprintf(", only %d in flight", r.Reached)
	}
	if r.Noisy {
		extra += fmt.Sprintf(", noisy: others took %.2f s", r.Foreign)
	}
	m.plan.Progress("%s: %s at %d: %d fetches in %.2f s, %.1f µs of CPU each%s", name, r.Mode, r.Concurrency,
		r.Fetches, r.Wall, (r.User+r.System)/float64(max(1, r.Fetches))*1e6, extra)
}

// Patience with the origin between two runs.
const (
	settleTime = 20 * time.Second
	settleStep = 5 * time.Millisecond
)

// settle waits until the origin has done with the connections of the run before, which would cost the next one.
func (m *measurement) settle(ctx context.Context) error {
	if m.origin == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	tick := time.NewTicker(settleStep)
	defer tick.Stop()
	for {
		s, err := m.origin.Stats()
		if err != nil {
			return err
		}
		if s.OpenConnections == 0 {
			return m.origin.Reset()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the origin has %d connections open after the run: %w", s.OpenConnections, ctx.Err())
		case <-tick.C:
		}
	}
}

// note says what a reader of the figures has to know.
func (m *measurement) note() {
	r := m.result
	if m.cpus.client < 0 {
		r.Notes = append(r.Notes, "client and origin were not pinned to CPUs of their own: they took time from each other")
	}
	if m.cpus.shared {
		r.Notes = append(r.Notes, "client and origin were pinned to two threads of one core: they took from each other what those share")
	}
	noisy, bad := 0, 0
	for i := range r.Runs {
		if r.Runs[i].Problem != "" {
			bad++
		} else if r.Runs[i].Noisy {
			noisy++
		}
	}
	if noisy > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d runs were noisy: others took more than a tenth of a CPU meanwhile; figures leave such runs out where enough are quiet", noisy, len(r.Runs)))
	}
	if bad > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d runs were not verified and have no figures", bad, len(r.Runs)))
	}
	if n := m.truth.varying(); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d URLs had another body at another time: what they gave could not be checked", n, len(m.truth.urls)))
	}
}

// scratch is where files go that are read back at once: memory, where there is a file system for it.
func scratch() string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() && writable(memory) {
		return memory
	}
	return ""
}

func writable(dir string) bool {
	f, err := os.CreateTemp(dir, "crawl-")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}
