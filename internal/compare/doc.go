// Package compare measures the modes of internal/modes side by side: rounds of all of them in turn, each
// run in a fresh process, each checked against what the server says, and says what the figures are worth.
//
// Its one rule: a run that is not verified has no figures. It leaves out how results look; for that it
// fills the pages and tables of internal/report.
package compare
