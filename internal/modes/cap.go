package modes

import "fmt"

// spareDescriptors are for all that is not a connection: files, pipes, the poller.
const spareDescriptors = 32

// Cap is the most that a mode can have in flight on this machine, with the reason in one sentence. 0 is for no limit
// but that of descriptors.
func Cap(mode string) (n int, why string) {
	switch mode {
	case Sync:
		return 1, "one fetch at a time is what this mode is"
	}
	return 0, ""
}

// reach is the concurrency that s gets, and why it is less than it asks for.
func reach(s Spec) (n int, note string) {
	n = s.Concurrency
	if most, why := Cap(s.Mode); most > 0 && n > most {
		n, note = most, why
	}
	if most := descriptors() - 2*spareDescriptors; n > most {
		n, note = max(1, most), fmt.Sprintf("the system allows this process %d descriptors", descriptors())
	}
	return n, note
}
