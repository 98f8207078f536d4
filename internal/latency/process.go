package latency

import (
	"errors"
	"os/exec"
)

// processStart is to start a program and to see its end.
func processStart(m *meter) (Figure, error) {
	program := m.options.Process
	if len(program) == 0 {
		return Figure{}, errors.New("there is no program to start")
	}
	return m.figure(1, func(n int) error {
		for range n {
			if err := exec.CommandContext(m.ctx, program[0], program[1:]...).Run(); err != nil {
				return err
			}
		}
		return nil
	})
}
