//go:build race

package fetch

// raceDetector makes stacks larger and everything slower: what is measured is not what users get.
const raceDetector = true
