//go:build unix

package modes

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

func processUsage() usage {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil { // it cannot fail with these arguments
		return usage{}
	}
	peak := int64(ru.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		peak <<= 10 // told in KB everywhere else
	}
	return usage{
		user: time.Duration(ru.Utime.Nano()), system: time.Duration(ru.Stime.Nano()),
		voluntary: int64(ru.Nvcsw), involuntary: int64(ru.Nivcsw), peak: peak,
	}
}
