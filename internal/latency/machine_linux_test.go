package latency

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLookAtCPU(t *testing.T) {
	for text, want := range map[string]Machine{
		"processor\t: 0\nmodel name\t: A CPU @ 2.00GHz: fast\nflags\t\t: fpu hypervisor sse\n\nmodel name\t: other\n": {Model: "A CPU @ 2.00GHz: fast", Virtualised: true},
		"model name\t: B\nflags\t\t: fpu nohypervisor sse\n":                                                          {Model: "B"},
		"": {},
	} {
		var m Machine
		if m.lookAtCPU(text); m != want {
			t.Errorf("%q: %+v", text, m)
		}
	}
}

func TestReadCaches(t *testing.T) {
	dir := t.TempDir()
	for index, files := range map[string][3]string{
		"index0": {"1", "Data", "48K"},
		"index1": {"1", "Instruction", "32K"},
		"index2": {"2", "Unified", "2M"},
		"index3": {"3", "Unified", "unknown"},
	} {
		if err := os.Mkdir(filepath.Join(dir, index), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"level", "type", "size"} {
			if err := os.WriteFile(filepath.Join(dir, index, name), []byte(files[i]+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []cache{{1, "Data", 48 << 10}, {1, "Instruction", 32 << 10}, {2, "Unified", 2 << 20}}
	if got := readCaches(dir); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := readCaches(filepath.Join(dir, "nowhere")); got != nil {
		t.Errorf("%v", got)
	}
}

func TestAvailable(t *testing.T) {
	for text, want := range map[string]int64{
		"MemTotal:  100 kB\nMemAvailable:   24682 kB\n": 24682 << 10,
		"MemTotal:  100 kB\n":                           0,
		"MemAvailable:   lots kB\n":                     0,
	} {
		if got := available(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if free := freeMemory(); free <= 0 {
		t.Errorf("%d bytes are free", free)
	}
}

// A last cache that is larger than what is free is not measured, whatever the options allow.
func TestL3BoundByFreeMemory(t *testing.T) {
	if freeMemory() <= 0 {
		t.Skip("SKIPPED: the system does not say how much memory is free")
	}
	m := newMeter(t.Context(), Options{Quick: true, MaxMemory: 1 << 60})
	m.machine = &Machine{L1: 32 << 10, L2: 1 << 50, L3: 1 << 52}
	if _, err := l3(m); err == nil || !strings.Contains(err.Error(), "may be used") {
		t.Errorf("%v", err)
	}
}
