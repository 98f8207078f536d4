package modes

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"crawl/internal/fetch"
)

// ChildCommand is the argument that makes this program call Serve.
const ChildCommand = "compare-run"

// processes is the mode of so many children of Sync, each with its share of the fetches. What is counted is the
// children's: their starting is not, nor is this process, which waits.
type processes struct {
	job      *job
	dir      string // of their visits
	children []*child
}

// A child is a process that Serve runs in.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader
	spec  Spec
}

func (j *job) onProcesses(ctx context.Context) (model, error) {
	p := &processes{job: j}
	if err := p.start(ctx); err != nil {
		p.end()
		return model{}, err
	}
	return model{whole: p.run, end: p.end}, nil
}

// start starts the children and waits until each is ready.
func (p *processes) start(ctx context.Context) error {
	runtime.LockOSThread() // until end: on Linux the children die with the thread that has started them
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "crawl-processes-"); err != nil {
		return err
	}
	j := p.job
	n := min(j.reached, j.Fetches)
	for k := range n {
		c := &child{cmd: exec.CommandContext(ctx, program, ChildCommand), spec: j.Spec}
		c.spec.Mode, c.spec.Concurrency, c.spec.Outcomes = Sync, 1, ""
		c.spec.Fetches = (j.Fetches - k + n - 1) / n
		c.spec.First, c.spec.Step = j.First+k*j.Step, j.Step*n
		c.spec.Visits = filepath.Join(p.dir, strconv.Itoa(k))
		if k > 0 {
			c.spec.Profile = "" // one tells of them all
		}
		if err := c.start(); err != nil {
			return fmt.Errorf("child %d of %d: %w", k+1, n, err)
		}
		p.children = append(p.children, c)
	}
	return p.await(WordReady)
}

func (c *child) start() (err error) {
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = dieWithParent()
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.lines = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return err
	}
	return c.say(c.spec)
}

// say sends a word of the protocol, or a Spec.
func (c *child) say(what any) error {
	if word, ok := what.(string); ok {
		_, err := io.WriteString(c.in, word)
		return err
	}
	return json.NewEncoder(c.in).Encode(what)
}

// tell says a word to each child.
func (p *processes) tell(word string) error {
	for k, c := range p.children {
		if err := c.say(word); err != nil {
			return fmt.Errorf("child %d of %d: %w", k+1, len(p.children), err)
		}
	}
	return nil
}

// await waits until each child has said word.
func (p *processes) await(word string) error {
	for k, c := range p.children {
		said, err := c.lines.ReadString('\n')
		if err == nil && said != word {
			err = fmt.Errorf("%w: %q", errProtocol, said)
		}
		if err != nil {
			return fmt.Errorf("child %d of %d, waiting for %q: %w", k+1, len(p.children), word, err)
		}
	}
	return nil
}

// end closes the children's inputs, which those that have not begun take for a sign to leave, kills the rest, and
// waits for all.
func (p *processes) end() {
	for _, c := range p.children {
		_ = c.in.Close()
	}
	for _, c := range p.children {
		late := time.AfterFunc(childPatience, func() { _ = c.cmd.Process.Kill() })
		_ = c.cmd.Wait() // what went wrong has been said
		late.Stop()
	}
	_ = os.RemoveAll(p.dir)
	runtime.UnlockOSThread()
}

// childPatience is how long a child that has nothing more to do may take to end.
const childPatience = 10 * time.Second

// run has them all begin, and collects what they tell when the last is done.
func (p *processes) run(ctx context.Context) (*Result, error) {
	j := p.job
	j.began = time.Now()
	err := p.tell(WordGo)
	if err == nil {
		err = p.await(wordDone)
	}
	if err == nil {
		err = p.tell(wordTell)
	}
	if err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	total := &Result{Reached: j.reached, Note: j.note}
	for k, c := range p.children {
		r, err := p.collect(k, c)
		if err != nil {
			return nil, errors.Join(ctx.Err(), fmt.Errorf("child %d of %d: %w", k+1, len(p.children), err))
		}
		total.add(r)
		for class, n := range r.Failed {
			j.failed[fetch.Class(class)] += n
		}
		if j.first == nil && r.Error != "" {
			j.first = errors.New(r.Error)
		}
	}
	total.PeakMemory += total.Shared
	total.Wall = p.trim()
	return total, nil
}

// trim makes the first fetch of any child the beginning of all, since what a child does before its own is not
// the work (with a rate, the beginning of the first child), and returns how long that took, in seconds.
func (p *processes) trim() float64 {
	j := p.job
	first, last := int64(math.MaxInt64), int64(0)
	for i := range j.visits {
		first, last = min(first, j.visits[i].Begin), max(last, j.visits[i].End)
	}
	if j.Rate > 0 { // there a fetch may be due later than the child began
		first = slices.Min(j.late)
	}
	for i := range j.visits {
		j.visits[i].shift(-first)
	}
	for k := range j.late {
		j.late[k] -= first
	}
	return float64(last-first) / 1e9
}

// shift moves all that is known of a visit.
func (v *visit) shift(by int64) {
	v.Begin += by
	for _, t := range []*int64{&v.Connected, &v.FirstByte, &v.End} {
		if *t > 0 {
			*t += by
		}
	}
}

// add adds the figures of one child: of what the children share, once. The base is that of one process, since
// all the others are what this mode costs.
func (r *Result) add(c *Result) {
	r.Fetches += c.Fetches
	r.Connections += c.Connections
	r.User += c.User
	r.System += c.System
	r.PeakMemory += c.PeakMemory - c.Shared
	r.Shared = max(r.Shared, c.Shared)
	r.BaseMemory = max(r.BaseMemory, c.BaseMemory)
	r.Threads += c.Threads
	r.Voluntary += c.Voluntary
	r.Involuntary += c.Involuntary
	r.Collections += c.Collections
	r.PauseTotal += c.PauseTotal
	r.PauseMax = max(r.PauseMax, c.PauseMax)
}

// collect reads the result of child k, and puts its visits where they belong.
func (p *processes) collect(k int, c *child) (*Result, error) {
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(line, r); err != nil {
		return nil, err
	}
	began, visits, err := readVisits(c.spec.Visits, c.spec.Fetches)
	if err != nil {
		return nil, err
	}
	later := began.UnixNano() - p.job.began.UnixNano()
	p.job.late = append(p.job.late, later)
	for i, v := range visits {
		v.shift(later)
		p.job.visits[k+i*len(p.children)] = v
	}
	return r, nil
}

// writeVisits writes what the fetches of a child went through: when it began, by the wall clock, which all processes
// of a machine have, and the visits.
func (j *job) writeVisits() (err error) {
	f, err := os.Create(j.Visits)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 64<<10)
	if err := binary.Write(w, binary.LittleEndian, j.began.UnixNano()); err != nil {
		return err
	}
	if err := binary.Write(w, binary.LittleEndian, j.visits); err != nil {
		return err
	}
	return w.Flush()
}

func readVisits(name string, n int) (began time.Time, visits []visit, err error) {
	f, err := os.Open(name)
	if err != nil {
		return began, nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	var ns int64
	visits = make([]visit, n)
	if err := binary.Read(r, binary.LittleEndian, &ns); err != nil {
		return began, nil, err
	}
	err = binary.Read(r, binary.LittleEndian, visits)
	return time.Unix(0, ns), visits, err
}
