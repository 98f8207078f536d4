package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"crawl/internal/bench"
	"crawl/internal/compare"
)

// prover makes the runs, one after the other.
type prover struct {
	options
	dir      string
	results  *results
	program  string
	baseline int           // row that the baseline is of
	cpu      time.Duration // of a fetch, at the start
}

// schedule is the regression of each run, in an order in which nothing depends on the time of day: of the same
// seed it is always the same.
func schedule(clean, planted int) []float64 {
	all := make([]float64, clean)
	for _, share := range shares() {
		for range planted {
			all = append(all, share)
		}
	}
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// shares are the planted regressions, as a share of the CPU time of a fetch.
func shares() []float64 { return []float64{0.05, 0.10, 0.20, 0.50} }

func (p *prover) run(ctx context.Context) error {
	p.program = filepath.Join(p.dir, "crawl")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", p.program, "./cmd/crawl").CombinedOutput(); err != nil {
		return fmt.Errorf("build of crawl, in the top directory of the repository: %w\n%s", err, out)
	}
	began := time.Now()
	first, err := p.bench(ctx, 0, false)
	if err != nil {
		return err
	}
	if err := p.keep(first); err != nil {
		return err
	}
	us := compare.Summarize(values(first.Measured, "cpu_per_fetch")).Median
	p.cpu = time.Duration(us * 1e3)
	if p.cpu <= 0 {
		return errors.New("the first run was not measured")
	}
	all := schedule(p.clean, p.planted)
	for i, share := range all {
		if time.Since(began) > p.maxTime {
			fmt.Fprintf(os.Stderr, "regress: %v are over after %d of %d runs\n", p.maxTime, i, len(all))
			break
		}
		row, err := p.bench(ctx, share, true)
		if err != nil {
			return fmt.Errorf("run %d: %w", i+1, err)
		}
		fmt.Fprintf(os.Stderr, "%d of %d: planted %.0f %%: exit code %d (%.1f s)\n", i+1, len(all), share*100, row.Exit, row.Took)
		// The next clean run is compared with this one, so each false alarm is of two samples of its own.
		if share == 0 && row.Exit != 1 {
			if err := p.keep(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// bench is one run of crawl bench, end to end. Exit codes 0, 4 and 1 (nothing could be measured) are its answer.
func (p *prover) bench(ctx context.Context, share float64, judged bool) (*row, error) {
	r := &row{Row: len(p.results.rows), Planted: share, Burden: int64(share * float64(p.cpu)), Baseline: -1, Rounds: p.rounds, Fetches: p.fetches}
	report := filepath.Join(p.dir, "report.json")
	args := []string{
		"bench", "-q", "--rounds", strconv.Itoa(p.rounds), "--fetches", strconv.Itoa(p.fetches), "-c", strconv.Itoa(p.concurrency), "--reference", p.reference,
		"--format", "json", "-o", report,
	}
	if judged {
		r.Baseline = p.baseline
		args = append(args, "--baseline", filepath.Join(p.dir, "baseline.json"), "--burden", time.Duration(r.Burden).String())
	} else {
		args = append(args, "--save-baseline", filepath.Join(p.dir, "first.json")) // so that the reference is measured
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, p.program, args...)
	cmd.Env = append(os.Environ(), "GITHUB_STEP_SUMMARY=", "GITHUB_ACTIONS=")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		r.Exit, err = exit.ExitCode(), nil
	}
	if err = errors.Join(err, ctx.Err()); err == nil && r.Exit != 0 && r.Exit != 1 && r.Exit != 4 {
		err = fmt.Errorf("exit code %d", r.Exit)
	}
	if err != nil {
		return nil, fmt.Errorf("crawl bench: %w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	r.Took = time.Since(began).Seconds()
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	var said bench.Report
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if err := os.Remove(report); err != nil { // the next run writes its own, or has none
		return nil, err
	}
	r.Measured = judgedOnly(said.Measured)
	return r, p.results.add(r)
}

// keep makes a run the baseline of those that follow.
func (p *prover) keep(r *row) error {
	f, err := os.Create(filepath.Join(p.dir, "baseline.json"))
	if err != nil {
		return err
	}
	p.baseline = r.Row
	return errors.Join(r.Measured.Write(f), f.Close())
}
