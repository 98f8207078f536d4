//go:build unix

package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
)

// TestLoad: a loop tells of itself, and what has no loop does not pretend to have one that does nothing.
func TestLoad(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		loop, ok := e.(engine.LoopEngine)
		if !strings.Contains(t.Name(), "loop-") {
			if ok {
				t.Error("an engine without a loop has a load")
			}
			return
		}
		if !ok {
			t.Fatal("a loop has no load")
		}
		mustRun(t, e, func(ctx context.Context) error {
			before := loop.Load()
			for range 10 {
				if err := e.Sleep(ctx, time.Second); err != nil {
					return err
				}
			}
			after := loop.Load()
			late := uint64(0)
			for i, n := range after.Lag {
				late += n - before.Lag[i]
			}
			if after.Iterations-before.Iterations < 10 || after.Steps-before.Steps < 10 || late != after.Steps-before.Steps {
				t.Errorf("%+v, then %+v", before, after)
			}
			if after.Idle-before.Idle != 10*time.Second || after.Tasks != 1 || after.TasksPeak != 1 || after.Descriptors == 0 {
				t.Errorf("%+v, then %+v", before, after)
			}
			return nil
		})
	})
}
