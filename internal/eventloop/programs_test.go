//go:build unix

package eventloop_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// Random programs of callbacks, timers, futures, tasks and cancellations run on the loop, and on a model of it
// that knows no coroutines: a list, a sorted list, and a program counter for each task. What happens, in which
// order and when, must be the same. A failure names the seed that brings it back.

// action is what an instruction does.
type action int

const (
	callSoon     action = iota // of script n
	callLater                  // of script n, after d
	cancelHandle               // number n
	onDone                     // script n when future f is done
	settle                     // future f
	cancelFuture               // future f
	createTask                 // of script n
	cancelTask                 // number n
	uncancel                   // number n
	release                    // the semaphore
	// From here on only in tasks: these wait.
	sleep
	yield
	await // future f
	join  // task number n
	acquire
	actions
)

type instruction struct {
	do   action
	n, f int
	d    time.Duration
}

// A script is what one callback or task does. A task that is cancelled ends if it is obedient.
type script struct {
	code     []instruction
	obedient bool
}

const (
	modelScripts = 24
	modelFutures = 4
)

// randomProgram makes scripts that start only later ones, so that every program ends.
func randomProgram(rnd *rand.Rand) []script {
	program := make([]script, modelScripts)
	for i := range program {
		task := i%2 == 0 // even scripts are tasks, odd ones callbacks
		program[i].obedient = rnd.IntN(2) == 0
		length := 1 + rnd.IntN(6)
		if i == 0 {
			length = 16 // the first has to start the others
		}
		for range length {
			in := instruction{do: action(rnd.IntN(int(actions))), n: rnd.IntN(1 << 16), f: rnd.IntN(modelFutures), d: time.Duration(rnd.IntN(4))}
			if !task && in.do >= sleep {
				in.do -= sleep
			}
			later := modelScripts - i - 1
			switch in.do {
			case callSoon, callLater, onDone, createTask:
				if later < 3 {
					continue
				}
				in.n = i + 1 + rnd.IntN(later-1)
				if (in.n%2 == 0) != (in.do == createTask) {
					in.n++
				}
			}
			program[i].code = append(program[i].code, in)
		}
	}
	return program
}

// modelSteps bounds how many scripts a program starts: they branch.
const modelSteps = 300

// onLoop runs a program on the loop and returns what happened.
func onLoop(t *testing.T, program []script) []string {
	l, _ := looptest.New(t, "", eventloop.Options{OnError: func(eventloop.Error) {}})
	r := &loopRun{l: l, program: program, semaphore: eventloop.NewSemaphore(l, 1)}
	for range modelFutures {
		r.futures = append(r.futures, eventloop.NewFuture[int](l))
	}
	r.create(0)
	if err := l.RunForever(); !errors.Is(err, looptest.ErrDeadlock) {
		t.Errorf("the loop ended with %v", err)
	}
	r.add("end@%d live %d", l.Time(), l.Metrics().TasksLive)
	trace := slices.Clone(r.words)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	return trace
}

type loopRun struct {
	trace
	l         *eventloop.Loop
	program   []script
	futures   []*eventloop.Future[int]
	semaphore *eventloop.Semaphore
	handles   []interface{ Cancel() }
	tasks     []*eventloop.Task[struct{}]
	started   int
}

func (r *loopRun) callback(n int) func() {
	return func() {
		if r.started++; r.started > modelSteps {
			return
		}
		r.add("callback %d@%d", n, r.l.Time())
		for _, in := range r.program[n].code {
			r.act(in)
		}
	}
}

func (r *loopRun) create(n int) {
	id := len(r.tasks)
	r.tasks = append(r.tasks, start(r.l, fmt.Sprint(id), func() error {
		if r.started++; r.started > modelSteps {
			return nil
		}
		r.add("task %d script %d@%d", id, n, r.l.Time())
		for _, in := range r.program[n].code {
			if in.do < sleep {
				r.act(in)
				continue
			}
			var err error
			switch in.do {
			case sleep:
				err = r.l.Sleep(in.d)
			case yield:
				err = r.l.Yield()
			case await:
				_, err = r.futures[in.f].Await()
			case join:
				_, err = r.tasks[in.n%len(r.tasks)].Await()
			case acquire:
				err = r.semaphore.Acquire()
			}
			r.add("task %d: %d %s@%d", id, in.do, outcome(err), r.l.Time())
			if r.program[n].obedient && errors.Is(err, eventloop.ErrCancelled) {
				return err
			}
		}
		return nil
	}))
	r.tasks[id].AddDoneCallback(func() { r.add("task %d ended, cancelled %v", id, r.tasks[id].Cancelled()) })
}

// outcome is an error in a word.
func outcome(err error) string {
	switch {
	case errors.Is(err, eventloop.ErrCancelled):
		return "cancelled"
	case errors.Is(err, eventloop.ErrInvalidState):
		return "itself"
	}
	return fmt.Sprint(err)
}

func (r *loopRun) act(in instruction) {
	switch in.do {
	case callSoon:
		r.handles = append(r.handles, r.l.CallSoon(r.callback(in.n)))
	case callLater:
		r.handles = append(r.handles, r.l.CallLater(in.d, r.callback(in.n)))
	case onDone:
		r.handles = append(r.handles, r.futures[in.f].AddDoneCallback(r.callback(in.n)))
	case cancelHandle:
		if len(r.handles) > 0 {
			r.handles[in.n%len(r.handles)].Cancel()
		}
	case settle:
		if f := r.futures[in.f]; !f.Done() {
			f.SetResult(1)
		}
	case cancelFuture:
		r.add("%v", r.futures[in.f].Cancel())
	case createTask:
		r.create(in.n)
	case cancelTask:
		r.add("%v", r.tasks[in.n%len(r.tasks)].Cancel())
	case uncancel:
		r.add("%d left", r.tasks[in.n%len(r.tasks)].Uncancel())
	case release:
		r.semaphore.Release()
	}
}

// model is the loop in its simplest form.
type model struct {
	trace
	program  []script
	now      time.Duration
	ready    []*modelEntry
	timers   []*modelEntry // sorted by when, and by order among equals
	futures  []*modelFuture
	permits  int
	acquires []*modelTask // that wait for a permit
	handles  []*modelEntry
	tasks    []*modelTask
	started  int
}

// modelEntry is something to be run.
type modelEntry struct {
	run       func()
	cancelled bool
	when      time.Duration
}

type modelFuture struct {
	done, cancelled bool
	callbacks       []*modelEntry
	task            *modelTask
}

type modelTask struct {
	modelFuture
	id, script, next int
	begun            bool
	cancels          int
	mustCancel       bool

	wake    *modelEntry
	waiting action       // what for, when suspended and not scheduled; actions when not
	timer   *modelEntry  // when that is sleep
	future  *modelFuture // when that is await or join
	err     string       // what ended the wait
}

func onModel(program []script) []string {
	m := &model{program: program, permits: 1}
	for range modelFutures {
		m.futures = append(m.futures, new(modelFuture))
	}
	m.create(0)
	for {
		if len(m.ready) == 0 {
			if len(m.timers) == 0 {
				break
			}
			m.now = max(m.now, m.timers[0].when)
		}
		for len(m.timers) > 0 && m.timers[0].when <= m.now {
			m.ready = append(m.ready, m.timers[0])
			m.timers = m.timers[1:]
		}
		turn := m.ready
		m.ready = nil
		for _, e := range turn {
			if !e.cancelled {
				e.run()
			}
		}
	}
	live := 0
	for _, t := range m.tasks {
		if !t.done {
			live++
		}
	}
	m.add("end@%d live %d", m.now, live)
	return m.words
}

func (m *model) push(e *modelEntry) { m.ready = append(m.ready, e) }

func (m *model) at(when time.Duration, e *modelEntry) {
	e.when = when
	i, _ := slices.BinarySearchFunc(m.timers, when, func(e *modelEntry, when time.Duration) int {
		if e.when <= when {
			return -1
		}
		return 1
	})
	m.timers = slices.Insert(m.timers, i, e)
}

func (m *model) cancelEntry(e *modelEntry) {
	e.cancelled = true
	m.timers = slices.DeleteFunc(m.timers, func(other *modelEntry) bool { return other == e })
}

func (m *model) callback(n int) *modelEntry {
	return &modelEntry{run: func() {
		if m.started++; m.started > modelSteps {
			return
		}
		m.add("callback %d@%d", n, m.now)
		for _, in := range m.program[n].code {
			m.act(in)
		}
	}}
}

func (m *model) create(n int) {
	t := &modelTask{id: len(m.tasks), script: n, waiting: actions}
	t.task = t
	t.wake = &modelEntry{run: func() { m.step(t) }}
	t.callbacks = []*modelEntry{{run: func() { m.add("task %d ended, cancelled %v", t.id, t.cancelled) }}}
	m.tasks = append(m.tasks, t)
	m.push(t.wake)
}

func (m *model) settle(f *modelFuture, cancelled bool) {
	f.done, f.cancelled = true, cancelled
	m.ready = append(m.ready, f.callbacks...)
}

func (m *model) cancelFuture(f *modelFuture) bool {
	if f.done {
		return false
	}
	if f.task != nil {
		m.cancelTask(f.task)
	} else {
		m.settle(f, true)
	}
	return true
}

func (m *model) cancelTask(t *modelTask) {
	t.cancels++
	switch t.waiting {
	case sleep:
		m.cancelEntry(t.timer)
		m.resume(t, "cancelled")
	case acquire:
		m.acquires = slices.DeleteFunc(m.acquires, func(other *modelTask) bool { return other == t })
		m.resume(t, "cancelled")
	case await, join:
		if !m.cancelFuture(t.future) {
			t.mustCancel = true
		}
	default:
		t.mustCancel = true
	}
}

func (m *model) resume(t *modelTask, err string) {
	t.waiting, t.err = actions, err
	m.push(t.wake)
}

// step runs a task until it waits or ends.
func (m *model) step(t *modelTask) {
	code := m.program[t.script].code
	if !t.begun {
		t.begun = true
		if t.mustCancel {
			m.settle(&t.modelFuture, true)
			return
		}
		if m.started++; m.started > modelSteps {
			m.settle(&t.modelFuture, false)
			return
		}
		m.add("task %d script %d@%d", t.id, t.script, m.now)
	} else if !m.finished(t, code[t.next]) {
		return
	}
	for t.next < len(code) {
		in := code[t.next]
		if in.do < sleep {
			m.act(in)
			t.next++
			continue
		}
		if !m.wait(t, in) || !m.finished(t, in) {
			return
		}
	}
	m.settle(&t.modelFuture, false)
}

// wait begins what an instruction waits for, and reports whether there is nothing to wait for.
func (m *model) wait(t *modelTask, in instruction) bool {
	t.err = "<nil>"
	if t.mustCancel && in.do != await && in.do != join {
		t.mustCancel, t.err = false, "cancelled"
		return true
	}
	switch in.do {
	case sleep:
		if in.d > 0 {
			t.waiting, t.timer = sleep, &modelEntry{run: func() { m.resume(t, "<nil>") }}
			m.at(m.now+in.d, t.timer)
			return false
		}
		m.push(t.wake)
		return false
	case yield:
		m.push(t.wake)
		return false
	case acquire:
		if m.permits > 0 {
			m.permits--
			return true
		}
		m.acquires = append(m.acquires, t)
		t.waiting = acquire
		return false
	case await:
		t.future = m.futures[in.f]
	case join:
		t.future = &m.tasks[in.n%len(m.tasks)].modelFuture
	}
	for other := t.future.task; other != nil; {
		if other == t {
			t.err = "itself"
			return true
		}
		if other.waiting != await && other.waiting != join {
			break
		}
		other = other.future.task
	}
	if t.future.done {
		if t.future.cancelled || t.mustCancel {
			t.mustCancel, t.err = false, "cancelled"
		}
		return true
	}
	t.waiting = in.do
	t.future.callbacks = append(t.future.callbacks, t.wake)
	if t.mustCancel { // it goes down to what is awaited
		t.mustCancel = false
		m.cancelFuture(t.future)
	}
	return false
}

// finished notes the outcome of a wait, and reports whether the task goes on.
func (m *model) finished(t *modelTask, in instruction) bool {
	switch {
	case t.waiting == await || t.waiting == join: // woken by the future
		if t.future.cancelled {
			t.mustCancel, t.err = false, "cancelled"
		}
	case t.err == "cancelled":
		t.mustCancel = false
	case t.mustCancel && (in.do == yield || in.do == sleep && in.d == 0): // cancelled while it was ready
		t.mustCancel, t.err = false, "cancelled"
	}
	t.waiting = actions
	m.add("task %d: %d %s@%d", t.id, in.do, t.err, m.now)
	t.next++
	if t.err == "cancelled" && m.program[t.script].obedient {
		m.settle(&t.modelFuture, true)
		return false
	}
	return true
}

func (m *model) act(in instruction) {
	switch in.do {
	case callSoon:
		e := m.callback(in.n)
		m.handles = append(m.handles, e)
		m.push(e)
	case callLater:
		e := m.callback(in.n)
		m.handles = append(m.handles, e)
		m.at(m.now+in.d, e)
	case onDone:
		e := m.callback(in.n)
		m.handles = append(m.handles, e)
		if f := m.futures[in.f]; f.done {
			m.push(e)
		} else {
			f.callbacks = append(f.callbacks, e)
		}
	case cancelHandle:
		if len(m.handles) > 0 {
			m.cancelEntry(m.handles[in.n%len(m.handles)])
		}
	case settle:
		if f := m.futures[in.f]; !f.done {
			m.settle(f, false)
		}
	case cancelFuture:
		m.add("%v", m.cancelFuture(m.futures[in.f]))
	case createTask:
		m.create(in.n)
	case cancelTask:
		m.add("%v", m.cancelFuture(&m.tasks[in.n%len(m.tasks)].modelFuture))
	case uncancel:
		t := m.tasks[in.n%len(m.tasks)]
		if t.cancels > 0 {
			if t.cancels--; t.cancels == 0 {
				t.mustCancel = false
			}
		}
		m.add("%d left", t.cancels)
	case release:
		if len(m.acquires) > 0 {
			t := m.acquires[0]
			m.acquires = m.acquires[1:]
			m.resume(t, "<nil>")
		} else {
			m.permits++
		}
	}
}

func TestLoopAgainstModel(t *testing.T) {
	seeds := uint64(5000)
	if raceDetector || testing.Short() {
		seeds = 500
	}
	longest, happened := 0, map[string]int{}
	for seed := range seeds {
		program := randomProgram(rand.New(rand.NewPCG(seed, 1)))
		got, want := onLoop(t, program), onModel(program)
		for i := range max(len(got), len(want)) {
			g, w := "(nothing)", "(nothing)"
			if i < len(got) {
				g = got[i]
			}
			if i < len(want) {
				w = want[i]
			}
			if g != w {
				t.Fatalf("seed %d: event %d is %q, the model has %q; before that:\n%s", seed, i, g, w, strings.Join(got[max(0, i-10):i], "\n"))
			}
		}
		longest = max(longest, len(got))
		for _, word := range got {
			for _, kind := range []string{" cancelled@", " itself@", "callback", "ended, cancelled true"} {
				if strings.Contains(word, kind) {
					happened[kind]++
				}
			}
		}
	}
	t.Logf("%d programs, the longest of %d events; of a kind: %v", seeds, longest, happened)
	if longest < 100 || len(happened) < 3 {
		t.Error("the programs are too simple to show anything")
	}
}

// Tasks that await each other in a circle are told so, instead of waiting for ever.
func TestAwaitInACircle(t *testing.T) {
	var log errorLog
	l, _ := looptest.New(t, "", eventloop.Options{OnError: log.add})
	var tasks [3]*eventloop.Task[struct{}]
	for i := range tasks {
		tasks[i] = start(l, fmt.Sprint("task ", i), func() error {
			_, err := tasks[(i+1)%3].Await()
			return err
		})
	}
	_, err := eventloop.RunUntilComplete(l, tasks[0])
	wantErr(t, "await", err, eventloop.ErrInvalidState)
	if err == nil || !strings.Contains(err.Error(), `"task 2" awaits itself`) {
		t.Errorf("%v does not name the task that closed the circle", err)
	}
	// A circle that goes through a gathering is not seen, but cancelling it does not go round for ever.
	var a, b *eventloop.Task[struct{}]
	a = start(l, "a", func() error { _, err := eventloop.Gather[struct{}](l, b).Await(); return err })
	b = start(l, "b", func() error { _, err := a.Await(); return err })
	turns(t, l, 2)
	a.Cancel()
	turns(t, l, 2)
	if a.Done() || b.Done() {
		t.Errorf("ended: %v, %v", a.Done(), b.Done())
	}
	b.Cancel()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "a, cut off", a.Err(), eventloop.ErrClosed)
}
