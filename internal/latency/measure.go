package latency

import (
	"context"
	"runtime/debug"
	"time"
)

// Options say how to measure. The zero value is good, but starts no process.
type Options struct {
	Quick     bool                             // shorter and fewer repetitions, and less memory
	MaxMemory int64                            // bytes; default 512 MiB, or with Quick 64 MiB
	Disk      string                           // a folder on the disk to measure; default that of temporary files
	Process   []string                         // what to start for "start of a process"; none: it is left out
	Progress  func(title string, done, of int) // called before each measurement; may be nil
}

// Bounds of the memory that is used.
const (
	maxMemory      = 512 << 20
	maxMemoryQuick = 64 << 20
)

// Measure measures every row, in about six seconds, or one with Quick. Its error is that of ctx: a thing that cannot
// be measured is a row with a reason. No garbage is collected meanwhile.
func Measure(ctx context.Context, o Options) (*Report, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	return newMeter(ctx, o).all(quantities())
}

// newMeter makes a meter on the clock of the machine.
func newMeter(ctx context.Context, o Options) *meter {
	began := time.Now()
	m := &meter{
		ctx: ctx, now: func() time.Duration { return time.Since(began) },
		repetitions: 15, least: 10 * time.Millisecond, most: 500 * time.Millisecond,
		machine: thisMachine(), options: o,
	}
	if m.options.MaxMemory <= 0 {
		m.options.MaxMemory = maxMemory
		if o.Quick {
			m.options.MaxMemory = maxMemoryQuick
		}
	}
	if o.Quick {
		m.repetitions, m.least, m.most = 5, 2*time.Millisecond, 100*time.Millisecond
	}
	return m
}

func (m *meter) all(quantities []quantity) (*Report, error) {
	defer m.release()
	report := &Report{Version: FormatVersion, Machine: *m.machine, Quick: m.options.Quick}
	for i, q := range quantities {
		if m.options.Progress != nil && q.measure != nil {
			m.options.Progress(q.title, i, len(quantities))
		}
		row := m.row(&q)
		if err := m.ctx.Err(); err != nil {
			return nil, err
		}
		report.Rows = append(report.Rows, row)
	}
	report.feel()
	report.compareL3()
	return report, nil
}

// row measures one quantity, or says why it is not measured.
func (m *meter) row(q *quantity) Row {
	row := Row{Name: q.name, Title: q.title, Reference: q.reference, Computed: q.computed, Reason: q.reason}
	if q.measure == nil {
		return row
	}
	reading, err := q.measure(m)
	if err != nil {
		row.Reason = err.Error()
		return row
	}
	row.Here, row.Note = &reading.Figure, reading.note
	return row
}

// alone measures what one thread does by itself on the clock of that thread, where there is one: it stands still while
// the CPU is taken away for others.
func alone(measure func(m *meter) (reading, error)) func(m *meter) (reading, error) {
	return func(m *meter) (r reading, err error) {
		onLockedThread(func() {
			if clock := threadClock(); clock != nil {
				before := m.now
				m.now = clock
				defer func() { m.now = before }()
			}
			r, err = measure(m)
		})
		return r, err
	}
}
