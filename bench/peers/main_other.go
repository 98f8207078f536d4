//go:build !linux

// Command peers needs Linux: it binds processes to CPUs and reads /proc.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "peers: this measurement needs Linux: it binds processes to CPUs and reads /proc")
	os.Exit(1)
}
