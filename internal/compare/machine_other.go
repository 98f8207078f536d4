//go:build !linux

package compare

import (
	"os/exec"

	"crawl/internal/origin"
)

func describe(*Machine) {}

// chooseCPUs: only Linux lets a process choose.
func chooseCPUs() cpus { return cpus{origin: -1, client: -1} }

func onCPU(_ int, fn func() error) error { return fn() }

func prepareChild(*exec.Cmd) {}

func familyCPU(int) float64 { return 0 }

func usedCPU(*origin.Process) cpuTime { return cpuTime{} }
