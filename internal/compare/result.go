package compare

import (
	"time"

	"crawl/internal/modes"
)

// FormatVersion is the version of the JSON form of a Result.
const FormatVersion = 1

// A Result is everything that a comparison has measured: what crawl compare --json writes, and what tables,
// pages and baselines are made of.
type Result struct {
	Version int       `json:"version"`
	Program string    `json:"program"` // name, version and commit
	Command []string  `json:"command"` // that repeats it
	Started time.Time `json:"started"`
	Took    float64   `json:"took"` // seconds
	Machine Machine   `json:"machine"`
	Work    Work      `json:"work"`
	Rounds  int       `json:"rounds"` // asked for
	Runs    []Run     `json:"runs"`   // in the order in which they were made
	Traces  []Trace   `json:"traces,omitempty"`
	Notes   []string  `json:"notes,omitempty"` // what a reader of the figures has to know
}

// A Machine is where it was measured.
type Machine struct {
	OS          string `json:"os"`
	Kernel      string `json:"kernel,omitempty"`
	Arch        string `json:"arch"`
	CPU         string `json:"cpu,omitempty"` // the model
	CPUs        int    `json:"cpus"`
	Memory      int64  `json:"memory,omitempty"` // bytes
	Descriptors int    `json:"descriptors,omitempty"`
	Go          string `json:"go"`
	OriginCPU   int    `json:"origin_cpu"` // -1: not pinned
	ClientCPU   int    `json:"client_cpu"` // -1: not pinned
	Virtualised bool   `json:"virtualised,omitempty"`
}

// Work is what every run did.
type Work struct {
	List    string  `json:"list,omitempty"`    // file of URLs; "" is the built-in origin
	URLs    int     `json:"urls"`              // different ones
	Size    int64   `json:"size,omitempty"`    // bytes of each page of the built-in origin
	Latency string  `json:"latency,omitempty"` // of the built-in origin, as its flag has it
	Rate    float64 `json:"rate,omitempty"`    // fetches begun per second; 0: as fast as they go
	Title   string  `json:"title"`             // the above in a few words
}

// A Run is one mode at one concurrency in one round.
type Run struct {
	modes.Result
	Mode        string  `json:"mode"`
	Concurrency int     `json:"concurrency"`         // asked for; Reached is what it was
	Round       int     `json:"round"`               // from 1; 0 is a warm-up, which no figure counts
	AtServer    int     `json:"at_server,omitempty"` // requests at once, the most that the built-in origin saw, if it holds back its answers
	Problem     string  `json:"problem,omitempty"`   // why it is not verified: no figure counts it then
	Noisy       bool    `json:"noisy,omitempty"`
	Foreign     float64 `json:"foreign"`   // CPU seconds that others took from the machine meanwhile, stolen ones included
	StartCPU    float64 `json:"start_cpu"` // CPU seconds of starting and ending the process, which are not in User and System
}

// A Trace is the system calls of a mode, counted from outside in a run of its own, which is not timed.
type Trace struct {
	Mode        string             `json:"mode"`
	Concurrency int                `json:"concurrency"`
	By          string             `json:"by"` // the tool
	PerFetch    float64            `json:"per_fetch"`
	Calls       map[string]float64 `json:"calls,omitempty"` // per fetch, by name
}
