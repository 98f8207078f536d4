//go:build !unix

package main

import (
	"time"

	"crawl/internal/engine"
)

// cpuTime is asked for where the loop runs only.
func cpuTime() (time.Duration, error) { return 0, engine.ErrUnsupported }
