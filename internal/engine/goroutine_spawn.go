package engine

import "context"

// goroutineSpawned is a task that can be called off alone. Its context leads to it, so that a dial in that context
// finds it.
type goroutineSpawned struct {
	engine *goroutineEngine

	// Guarded by the engine's lock.
	conns map[*goroutineConn]struct{} // that it has dialled; nil before it has begun and when it has ended
	stop  context.CancelFunc          // of its context; nil likewise
	off   bool
}

// spawnedKey is what the context of such a task has it under.
type spawnedKey struct{}

// Spawn implements Engine.
func (e *goroutineEngine) Spawn(name string, fn func(ctx context.Context) error) (cancel func()) {
	s := &goroutineSpawned{engine: e}
	e.Go(name, func(ctx context.Context) error { return s.run(ctx, fn) })
	return s.cancel
}

func (s *goroutineSpawned) run(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, stop := context.WithCancel(context.WithValue(ctx, spawnedKey{}, s))
	defer stop()
	if !s.begin(stop) {
		return nil
	}
	defer s.end()
	err := fn(ctx)
	if isCancellation(ctx, err) {
		return nil
	}
	return err
}

// begin reports false for a task that has been called off already.
func (s *goroutineSpawned) begin(stop context.CancelFunc) bool {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	if !s.off {
		s.conns, s.stop = map[*goroutineConn]struct{}{}, stop
	}
	return !s.off
}

// end lets go of the connections: whoever has them now keeps them.
func (s *goroutineSpawned) end() {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	s.conns, s.stop = nil, nil
}

func (s *goroutineSpawned) cancel() {
	s.engine.mu.Lock()
	stop := s.stop
	s.off, s.stop = true, nil
	s.engine.mu.Unlock()
	if stop == nil {
		return
	}
	stop() // before the list is read: a dial that is not on it yet will see it
	s.engine.closeAll(func() map[*goroutineConn]struct{} { return s.conns })
}
