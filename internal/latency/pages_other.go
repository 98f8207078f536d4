//go:build !linux

package latency

// newLines returns lines on the Go heap, in pages as the system has them.
func newLines(n int) (lines []line, release func(), err error) {
	return make([]line, n), func() {}, nil
}
