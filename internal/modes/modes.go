package modes

import (
	"slices"
	"time"
)

// The modes, in the order in which tables have them: each answers a weakness of the one before.
const (
	Sync      = "sync"      // blocking sockets, one fetch at a time
	Processes = "processes" // so many child processes of Sync
	Threads   = "threads"   // an OS thread for each fetch, blocking sockets
	Callbacks = "callbacks" // the event loop without coroutines
	Loop      = "loop"      // the event loop, a coroutine for each fetch
	Goroutine = "goroutine" // a goroutine for each fetch over the standard net package
	NetHTTP   = "nethttp"   // the standard client, tuned, as it is usually written
)

// Known reports whether there is a mode of that name.
func Known(mode string) bool { return slices.Contains(Names(), mode) }

// Names are all modes, in the order of tables.
func Names() []string {
	return []string{Sync, Processes, Threads, Callbacks, Loop, Goroutine, NetHTTP}
}

// A Spec is what one run is to do. It goes from parent to child as a line of JSON.
type Spec struct {
	Mode        string        `json:"mode"`
	Concurrency int           `json:"concurrency"` // fetches in flight at once; a mode may have a Cap below it
	Fetches     int           `json:"fetches"`     // fetch i takes line i of the list, which begins again at its end
	List        string        `json:"list"`        // file of URLs, one a line
	Rate        float64       `json:"rate,omitempty"`
	Timeout     time.Duration `json:"timeout"`           // of one fetch
	Outcomes    string        `json:"outcomes"`          // file for the outcome of each fetch; see Outcome
	Poller      string        `json:"poller,omitempty"`  // of Loop and Callbacks; "" is the platform's best
	Burden      time.Duration `json:"burden,omitempty"`  // CPU time added to each fetch, to prove that a regression is found
	Profile     string        `json:"profile,omitempty"` // file for a CPU profile of the work

	// Of the work of many processes, one makes the fetches First, First + Step, … (Fetches of them, and nothing in
	// Outcomes), and writes what they went through to the file Visits, for the process that has it all.
	First  int    `json:"first,omitempty"`
	Step   int    `json:"step,omitempty"` // 0 is 1
	Visits string `json:"visits,omitempty"`
}

// An Outcome is how one fetch ended. The file of them has one for each fetch, in the order of fetches,
// each field little-endian: OutcomeSize bytes.
type Outcome struct {
	Status uint16 // 0: no whole response
	_      uint16
	Bytes  uint32 // of the body
	Sum    uint32 // CRC-32C (RFC 9260 appendix A) of the body
}

// OutcomeSize is the size of an Outcome in the file, in bytes.
const OutcomeSize = 12

// A Result is what one run did and what that cost, from the first fetch's beginning to the last one's end:
// start-up and the writing of results are not in it. Times are in seconds, sizes in bytes.
type Result struct {
	Reached     int            `json:"reached"`          // the concurrency, which may be a cap
	Note        string         `json:"note,omitempty"`   // why it is below what was asked for
	Fetches     int            `json:"fetches"`          // made
	Failed      map[string]int `json:"failed,omitempty"` // of these, by class of error
	Error       string         `json:"error,omitempty"`  // the first of them, in full
	Connections int            `json:"connections"`      // made

	Wall        float64 `json:"wall"`
	User        float64 `json:"user"` // CPU time
	System      float64 `json:"system"`
	PeakMemory  int64   `json:"peak_memory"`      // resident, the most since the first fetch's beginning
	BaseMemory  int64   `json:"base_memory"`      // resident before the first fetch: the program and its list
	Shared      int64   `json:"shared,omitempty"` // of either, pages of files: further processes of this program share them
	Threads     int     `json:"threads"`          // of the OS, when half the fetches were done
	Voluntary   int64   `json:"voluntary"`        // context switches
	Involuntary int64   `json:"involuntary"`
	SystemCalls int64   `json:"system_calls,omitempty"` // counted by the loop itself; 0: not counted
	Collections int     `json:"collections"`            // of garbage
	PauseTotal  float64 `json:"pause_total"`            // of them, the world stopped
	PauseMax    float64 `json:"pause_max"`
	LagP99      float64 `json:"lag_p99,omitempty"` // how late the loop ran a callback; 0: there is no loop
	LagMax      float64 `json:"lag_max,omitempty"`

	Latency  Latency  `json:"latency"`
	InFlight Timeline `json:"in_flight"`
	Sample   []Phases `json:"sample,omitempty"` // some fetches, spread over the run, in the order of their beginnings
}

// Latency is how long fetches took, whole responses only, in µs. Where a rate was set a fetch begins when it
// was due, not when there was room for it, so that what a slow answer delays counts too (coordinated omission).
type Latency struct {
	P50       int64  `json:"p50"`
	P90       int64  `json:"p90"`
	P95       int64  `json:"p95"`
	P99       int64  `json:"p99"`
	P999      int64  `json:"p999"`
	Max       int64  `json:"max"`
	Histogram string `json:"histogram"` // HdrHistogram V2, compressed, base64; µs, three digits
}

// A Timeline is a count over the time of a run.
type Timeline struct {
	Step   float64 `json:"step"`   // seconds between two counts
	Counts []int   `json:"counts"` // the first at 0
}

// Phases are the times of one fetch, in µs from the beginning of the run. What a mode cannot tell is 0.
type Phases struct {
	Fetch     int   `json:"fetch"`
	Begin     int64 `json:"begin"`
	Connected int64 `json:"connected,omitempty"` // a new connection stood
	FirstByte int64 `json:"first_byte,omitempty"`
	End       int64 `json:"end"`
}
