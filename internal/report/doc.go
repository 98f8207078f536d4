// Package report makes tables, charts and pages of what it is given: one HTML file that needs nothing else to
// be read, aligned text for a terminal, and Markdown. It also reads the records of a crawl and sums them up.
//
// Its one rule: whatever it is given may come from the network, so nothing reaches a page or a terminal
// unescaped, and a page asks nobody for anything. The same input gives the same bytes.
//
// It leaves out what figures mean: titles, descriptions and the order of things are the caller's. Templates are
// not used, for they keep the linker from leaving out what no program calls.
package report
