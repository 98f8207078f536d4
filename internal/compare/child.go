package compare

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"crawl/internal/modes"
)

// Bounds of a child: it prepares, then works, and one that takes longer hangs.
const (
	readyTime = 2 * time.Minute // a thousand processes take a while
	workTime  = 4 * time.Minute
	exitTime  = 20 * time.Second
)

// A run is noisy when others took more than noisyShare of a CPU meanwhile, beyond what the clocks of processes and of
// the machine, which count in hundredths of a second, may be wrong by.
const (
	noisyShare = 0.1
	clockError = 0.03 // seconds
)

// child makes a run in a process of its own. The error is why it has no figures.
func (m *measurement) child(ctx context.Context, spec modes.Spec, run *Run) error {
	c, err := m.startChild(ctx, m.cpus.client, m.plan.Program, modes.ChildCommand)
	if err != nil {
		return err
	}
	// From when it is ready until it has gone: what it does besides the work, and all of its children's, is its own.
	var before, after cpuTime
	var prepared float64
	began := time.Now()
	err = c.work(spec, &run.Result, func() {
		before, prepared, began = usedCPU(m.origin), familyCPU(c.cmd.Process.Pid), time.Now()
	})
	used, endErr := c.end()
	after = usedCPU(m.origin)
	window := time.Since(began).Seconds()
	if err = errors.Join(err, endErr); err != nil {
		return c.explain(err)
	}
	run.StartCPU = max(0, used-run.User-run.System)
	run.Foreign = max(0, after.foreign(before)-(used-prepared))
	run.Noisy = run.Foreign > noisyShare*window+clockError
	return nil
}

// child is a process that does one run.
type child struct {
	cmd        *exec.Cmd
	ctx        context.Context // that ends it when it takes too long
	cancel     context.CancelFunc
	in         io.WriteCloser
	out        *bufio.Reader
	complaints bytes.Buffer
}

func (m *measurement) startChild(ctx context.Context, cpu int, argv ...string) (*child, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTime+workTime)
	c := &child{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), ctx: ctx, cancel: cancel}
	c.cmd.Env = childEnv()
	c.cmd.Stderr = &c.complaints
	c.cmd.WaitDelay = exitTime
	prepareChild(c.cmd)
	in, err := c.cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.in, c.out = in, bufio.NewReader(out)
		err = onCPU(cpu, c.cmd.Start)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return c, nil
}

// childEnv is the environment of every run: nothing in it may tune one of them (GOGC) or send it elsewhere (http_proxy).
func childEnv() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SystemRoot", "GORACE", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, "LC_ALL=C")
}

// work has the child prepare, then calls ready, has it work, and reads what it found.
func (c *child) work(spec modes.Spec, into *modes.Result, ready func()) error {
	if err := json.NewEncoder(c.in).Encode(spec); err != nil {
		return fmt.Errorf("it does not get ready: %w", err) // it has ended before it was told what to do
	}
	line, err := c.out.ReadString('\n')
	if err != nil || line != modes.WordReady {
		return fmt.Errorf("it does not get ready: %q: %w", line, unexpected(err))
	}
	ready()
	if _, err := io.WriteString(c.in, modes.WordGo); err != nil {
		return fmt.Errorf("let it begin: %w", err)
	}
	data, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read what it found: %w", unexpected(err))
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read what it found: %w", err)
	}
	return nil
}

// unexpected is err, or that there should have been more.
func unexpected(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// end waits for the child and returns the CPU seconds of its whole life, its own children's included.
func (c *child) end() (cpu float64, err error) {
	defer c.cancel()
	defer func() {
		if errors.Is(c.ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("it was stopped after %v: make fewer fetches, or leave out this mode", readyTime+workTime)
		}
	}()
	_ = c.in.Close()
	_, _ = io.Copy(io.Discard, c.out) // to the end, so that Wait does not cut it off
	err = c.cmd.Wait()
	if s := c.cmd.ProcessState; s != nil {
		cpu = (s.UserTime() + s.SystemTime()).Seconds()
	}
	return cpu, err
}

// explain adds what the child said to an error.
func (c *child) explain(err error) error {
	const most = 300
	said := strings.TrimSpace(c.complaints.String())
	if said == "" {
		return err
	}
	if len(said) > most {
		said = said[:most] + "…"
	}
	return fmt.Errorf("%w: %s", err, strings.ReplaceAll(said, "\n", "; "))
}
