// Package bench judges what internal/compare has measured: thresholds that hold or do not, and a baseline
// against which something has become worse or has not. docs/bench.md tells its rules to users.
//
// Its one rule: noise fails nothing. A check fails when the figure is beyond its limit and chance alone is an
// unlikely reason; where it may be the reason, the check says that it is uncertain.
//
// It leaves out measuring, and who is told: files, streams and exit codes belong to the command.
package bench
