//go:build race

package modes

const raceDetector = true
