//go:build race

package eventloop_test

// raceDetector makes everything about ten times slower: the counts of stress tests go by it.
const raceDetector = true
