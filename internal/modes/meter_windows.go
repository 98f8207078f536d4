package modes

import (
	"syscall"
	"time"
)

// processUsage knows of CPU time only.
func processUsage() usage {
	var created, ended, system, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err != nil || syscall.GetProcessTimes(self, &created, &ended, &system, &user) != nil {
		return usage{}
	}
	return usage{user: ticks(user), system: ticks(system)}
}

// ticks are of 100 ns.
func ticks(t syscall.Filetime) time.Duration {
	return time.Duration(uint64(t.HighDateTime)<<32|uint64(t.LowDateTime)) * 100
}
