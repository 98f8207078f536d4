package latency

import (
	"runtime"
	"strings"
	"testing"
)

func TestSetCaches(t *testing.T) {
	var m Machine
	m.setCaches([]cache{
		{1, "Data", 48 << 10},
		{1, "Instruction", 64 << 10},
		{2, "Unified", 2 << 20},
		{3, "Unified", 30 << 20},
		{4, "Unified", 128 << 20},
	})
	if m != (Machine{L1: 48 << 10, L2: 2 << 20, L3: 30 << 20}) {
		t.Errorf("%+v", m)
	}
}

func TestThisMachine(t *testing.T) {
	m := thisMachine()
	if m.L1 < 4<<10 || m.L1 > 1<<20 || m.L2 != 0 && m.L2 <= m.L1 || m.L3 != 0 && m.L3 <= m.L2 {
		t.Errorf("caches of %d, %d and %d bytes", m.L1, m.L2, m.L3)
	}
	if text := m.String(); !strings.Contains(text, runtime.GOOS+"/"+runtime.GOARCH) || !strings.Contains(text, runtime.Version()) {
		t.Error(text)
	}
	one := Machine{Usable: 1, OS: "plan9", Arch: "arm", Go: "go1", GOMAXPROCS: 1}
	if text := one.String(); text != "1 CPU, GOMAXPROCS 1, plan9/arm, go1" {
		t.Error(text)
	}
	one.L1, one.Assumed = 32<<10, true
	if text := one.caches(); text != "caches: L1 32 KiB (assumed: the system does not tell)" {
		t.Error(text)
	}
}
