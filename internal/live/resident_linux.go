package live

import (
	"bytes"
	"os"
	"strconv"
)

// residentBytes is the second figure of statm, in pages (proc_pid_statm(5)); 0 if it cannot be read.
func residentBytes() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(data)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
