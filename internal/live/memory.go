package live

import (
	"runtime"
	"runtime/metrics"
)

// Memory is what this process uses.
type Memory struct {
	Resident   int64 `json:"resident"` // bytes in memory, as the system counts; 0: it is not known here
	Heap       int64 `json:"heap"`     // bytes of objects
	Stacks     int64 `json:"stacks"`   // bytes of goroutines' stacks, coroutines' among them
	Goroutines int   `json:"goroutines"`
}

// readMemory does not stop the world, as runtime.ReadMemStats does.
func readMemory() Memory {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(s)
	return Memory{
		Resident: residentBytes(), Goroutines: runtime.NumGoroutine(),
		Heap: int64(s[0].Value.Uint64()), Stacks: int64(s[1].Value.Uint64()),
	}
}
