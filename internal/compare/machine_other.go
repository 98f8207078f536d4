//go:build !linux

package compare

import (
	"os/exec"

	"crawl/internal/origin"
)

func describe(*Machine) {}

// chooseCPUs: only Linux lets a process choose.
func chooseCPUs() cpus { return cpus{-1, -1} }

func onCPU(_ int, fn func() error) error { return fn() }

func prepareChild(*exec.Cmd) {}

func usedCPU(*origin.Process) cpuTime { return cpuTime{} }
