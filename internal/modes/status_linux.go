package modes

import (
	"bytes"
	"os"
	"strconv"
)

// processStatus reads /proc/self/status (proc_pid_status(5)). It allocates little, for it is called in the middle
// of the work.
func processStatus() (s status) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return s
	}
	defer f.Close()
	var buffer [4 << 10]byte
	n, _ := f.Read(buffer[:])
	return parseStatus(buffer[:n])
}

func parseStatus(text []byte) (s status) {
	for line := range bytes.Lines(text) {
		name, rest, _ := bytes.Cut(line, []byte(":"))
		value, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
		number := func() int64 {
			n, _ := strconv.ParseInt(string(value), 10, 64)
			return n
		}
		switch string(name) {
		case "VmHWM":
			s.peak = number() << 10
		case "VmRSS":
			s.resident = number() << 10
		case "RssFile":
			s.shared = number() << 10
		case "Threads":
			s.threads = int(number())
		}
	}
	return s
}

// resetPeak makes what is resident now the peak. Where that is refused, the peak is that of the whole process.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }
