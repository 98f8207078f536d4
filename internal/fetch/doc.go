// Package fetch does one HTTP fetch: resolve, dial, exchange, and keep the connection for the next one. It is
// straight-line code over an [engine.Engine], the same on the event loop and on goroutines.
//
// Its one rule: every wait is bounded, and every failure has a class. An error of [Client.Do] is an *[Error],
// and its [Class] says whose fault it was: the name's, the network's, the server's, or ours.
//
// A connection that waits for its answer holds no buffer, where the engine can wait without one: it borrows
// one when there is something to read.
package fetch
