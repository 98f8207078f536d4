// Package latency measures what things cost on this machine, from one instruction to the start of a process, beside
// the figures that are commonly cited, and says both as the CPU feels them: one instruction is one second.
//
// Its one rule: a row has a figure that was measured here, or the reason why there is none. docs/latency.md has the
// method and the limits of each. It leaves out crawls: what one fetch costs is measured by who knows fetches, and
// handed in as a Fetch.
package latency
