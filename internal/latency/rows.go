package latency

// ReferenceInstruction is the instruction of the references, in ns: what is one second there.
const ReferenceInstruction = 0.38

// instructionRow is the name of the row that everything is felt in.
const instructionRow = "instruction"

// Units of the references.
const (
	nanosecond  = 1.0
	microsecond = 1e3
	millisecond = 1e6
	second      = 1e9
)

// A quantity is a row before it is measured.
type quantity struct {
	name, title string
	reference   float64 // as commonly cited, in ns; 0: nothing is
	measure     func(m *meter) (reading, error)
	computed    float64 // instead of measure
	reason      string  // instead of both
}

// A reading is a figure with what has to be known of it.
type reading struct {
	Figure
	note string
}

// plain is a reading of which there is nothing to say.
func plain(f func(m *meter) (Figure, error)) func(m *meter) (reading, error) {
	return func(m *meter) (reading, error) {
		figure, err := f(m)
		return reading{Figure: figure}, err
	}
}

// elsewhere is the reason of what takes more than this machine.
const elsewhere = "it takes more than one machine"

// quantities are all rows, roughly the cheapest first. The references are those commonly cited, after Peter Norvig
// and Jeff Dean: see docs/latency.md.
func quantities() []quantity {
	return []quantity{
		{name: instructionRow, title: "one instruction", reference: ReferenceInstruction, measure: alone(instruction)},
		{name: "l1", title: "L1 cache", reference: 0.5, measure: alone(plain(l1))},
		{name: "mispredict", title: "mispredicted branch", reference: 5, measure: alone(plain(mispredict))},
		{name: "l2", title: "L2 cache", reference: 7, measure: alone(plain(l2))},
		{name: "l3", title: "L3 cache", measure: alone(plain(l3))},
		{name: "mutex", title: "mutex, lock and unlock", reference: 25, measure: alone(plain(mutex))},
		{name: "mutex_contended", title: "mutex, two threads at it", measure: plain(contended)},
		{name: "memory", title: "main memory", reference: 100, measure: alone(mainMemory)},
		{name: "coroutine", title: "coroutine switch", measure: alone(plain(coroutine))},
		{name: "goroutine", title: "goroutine switch", measure: plain(goroutine)},
		{name: "channel", title: "channel hand-off, one thread", measure: plain(channel)},
		{name: "system_call", title: "system call", reference: 1.5 * microsecond, measure: alone(plain(systemCall))},
		{name: "thread", title: "thread switch, one CPU", reference: 1.5 * microsecond, measure: plain(threadSwitch)},
		{name: "thread_across", title: "thread switch, two CPUs", measure: plain(threadSwitchAcross)},
		{name: "channel_threads", title: "channel hand-off, two threads", measure: plain(channelThreads)},
		{name: "loopback_2k", title: "2 KB over loopback", measure: plain(loopbackStream)},
		{name: "gigabit_2k", title: "2 KB over 1 Gb/s", reference: 20 * microsecond, computed: gigabit(2 << 10)},
		{name: "loopback", title: "round trip over loopback", measure: plain(loopbackRoundTrip)},
		{name: "sequential_1m", title: "1 MB from memory", reference: 250 * microsecond, measure: alone(sequential)},
		{name: "ping_datacentre", title: "ping in a data centre", reference: 0.5 * millisecond, reason: elsewhere},
		{name: "disk_4k", title: "4 KB from the disk, cold", measure: plain(disk4K)},
		{name: "disk_1m", title: "1 MB from the disk, cold", reference: 1 * millisecond, measure: plain(disk1M)},
		{name: "spinning_1m", title: "1 MB from a spinning disk", reference: 20 * millisecond, reason: "whether this disk spins cannot be told for certain; the row above it is this disk"},
		{name: "process", title: "start of a process", measure: plain(processStart)},
		{name: "ping_cities", title: "ping between cities", reference: 150 * millisecond, reason: elsewhere},
		{name: "vm_restart", title: "restart of a virtual machine", reference: 4 * second, reason: "it would end this program"},
		{name: "server_restart", title: "restart of a server", reference: 5 * minute * second, reason: "it would end this program"},
	}
}

// gigabit is how long bytes are on a wire of 1 Gb/s, in ns: as Ethernet frames of 1500 bytes, each with what
// Ethernet (preamble and gap included), IPv4 and TCP with timestamps put around it.
func gigabit(bytes int) float64 {
	const (
		around  = 8 + 14 + 4 + 12 + 20 + 32
		payload = 1500 - 20 - 32
	)
	frames := (bytes + payload - 1) / payload
	return float64(bytes+frames*around) * 8 * nanosecond // a bit each
}
