package modes

import "fmt"

// spareDescriptors are for all that is not a connection: files, pipes, the poller.
const spareDescriptors = 32

// What the models that ask the system for more than a descriptor take, measured on Linux with Go 1.26, and rounded up:
// a limit that is met too late ends the process, or the machine.
const (
	threadMemory  = 64 << 10 // resident 25 to 45 KB, and the kernel's own stack
	processMemory = 4 << 20  // private; the text is shared
	// threadsOfProcess are those that Go's runtime has in a child that fetches one URL at a time.
	threadsOfProcess = 8
	// mostProcesses: further ones would only wait for a CPU, and each takes some 10 ms of one to start and to end.
	mostProcesses = 512
	// spareTasks are for the runtime's threads, and for whoever else is on the machine.
	spareTasks = 256
)

// A bound is how many of something there may be, and what says so.
type bound struct {
	n   int
	why string
}

// least is the tightest of them.
func least(bounds []bound) bound {
	tightest := bounds[0]
	for _, b := range bounds[1:] {
		if b.n < tightest.n {
			tightest = b
		}
	}
	tightest.n = max(1, tightest.n)
	return tightest
}

// Cap is the most that a mode can have in flight on this machine, with the reason in one sentence. 0 is for no limit
// but that of descriptors.
func Cap(mode string) (n int, why string) {
	switch mode {
	case Sync:
		return 1, "one fetch at a time is what this mode is"
	case Threads:
		b := least(append(taskBounds(1), memoryBound(threadMemory, "a thread")...))
		return b.n, b.why
	case Processes:
		b := least(append(append(taskBounds(threadsOfProcess), memoryBound(processMemory, "a process")...),
			bound{mostProcesses, fmt.Sprintf("more than %d processes would only wait for a CPU, and take longer to start than to work", mostProcesses)},
			bound{(descriptors() - spareDescriptors) / 3, // two pipes, and what the kernel tells of its end
				fmt.Sprintf("the system allows the process that starts them %d descriptors", descriptors())}))
		return b.n, b.why
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

// taskBound is the bound for tasks (which is what a kernel calls threads and processes alike) that take each
// of some limit, of which used is gone.
func taskBound(limit, used, each int, what string) bound {
	return bound{(limit - used - spareTasks) / each, fmt.Sprintf("%s is %d, and %d are taken", what, limit, used)}
}
