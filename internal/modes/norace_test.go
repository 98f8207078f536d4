//go:build !race

package modes

// raceDetector says whether it is on: then everything holds more memory.
const raceDetector = false
