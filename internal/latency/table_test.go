package latency

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func example() *Report {
	r := &Report{
		Version: FormatVersion,
		Machine: Machine{OS: "linux", Arch: "amd64", Model: "Evil\x1b[31m CPU", Usable: 4, GOMAXPROCS: 2, Virtualised: true, Go: "go1.26", L1: 48 << 10, L2: 2 << 20, L3: 105 << 20},
		Rows: []Row{
			{Name: instructionRow, Title: "one instruction", Here: &Figure{Median: 0.5, Min: 0.4912, Max: 0.6, Repetitions: 15, Operations: 1 << 20}, Reference: 0.38},
			{Name: "l3", Title: "L3 cache", Here: &Figure{Median: 90, Min: 80, Max: 300}},
			{Name: "memory", Title: "main memory", Here: &Figure{Median: 100, Min: 90, Max: 1234}, Reference: 100},
			{Name: "gigabit_2k", Title: "2 KB over 1 Gb/s", Computed: 17_824, Reference: 20_000},
			{Name: "disk_4k", Title: "4 KB from the disk, cold", Reason: "open /tmp/\x1b[2J: no"},
			{Name: "ping_cities", Title: "ping between cities", Reference: 150e6, Reason: elsewhere},
			{Name: "ping_moons", Title: "ping between moons", Reference: 300e9, Reason: elsewhere},
		},
	}
	r.feel()
	r.compareL3()
	r.Add(Fetch{Fetches: 2000, InFlight: 200, Connections: 200, Delay: 50e6, Wall: 520e6, Work: 31e3, Total: 50.6e6})
	return r
}

// escape is what the command does with text from elsewhere, in short.
func escape(s string) string { return strings.ReplaceAll(s, "\x1b", `\x1b`) }

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	if err := example().WriteText(&b, escape); err != nil {
		t.Fatal(err)
	}
	const want = `What things cost on this machine, and how that feels to the CPU: one instruction is one second.
Evil\x1b[31m CPU, 4 CPUs, virtualised, GOMAXPROCS 2, linux/amd64, go1.26
caches: L1 48 KiB, L2 2 MiB, L3 105 MiB

                                   here  spread            feels like        reference  feels like
one instruction                  0.5 ns  0.491–0.6 ns      1 s                 0.38 ns  1 s
L3 cache                          90 ns  80–300 ns         3 min
main memory                      100 ns  90–1,230 ns       3 min                100 ns  4 min
2 KB over 1 Gb/s                17.8 µs  computed          9.9 h                 20 µs  15 h
4 KB from the disk, cold              –                    –
ping between cities                   –                    –                    150 ms  13 years
ping between moons                    –                    –                     5 min  25,000 years

  L3 cache: it is hardly faster than memory: others use it too, and a virtual machine may get little
  of it.
  Not measured: 4 KB from the disk, cold: open /tmp/\x1b[2J: no.
  Not measured: ping between cities, ping between moons: it takes more than one machine.

One fetch of this crawler
  2,000 fetches from the built-in test web, which answers after 50 ms; 200 in flight on one thread,
  over 200 connections, in 520 ms.
  One fetch worked for 31 µs and waited for 50.6 ms.
  As the CPU feels it: 17 h of work, 3.2 years of waiting.
  One at a time, the thread would wait for 99.94 % of its time; with 200 in flight, 12 % of one CPU
  was at work. That is why there is a loop.
`
	if got := b.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// No line is longer than a terminal is wide, whatever the figures are.
func TestWidth(t *testing.T) {
	r := example()
	r.Quick = true
	r.Machine.Model = strings.Repeat("long name ", 15)
	r.Machine.Assumed = true
	r.Rows = nil
	for _, q := range quantities() {
		r.Rows = append(r.Rows, Row{
			Name: q.name, Title: q.title, Here: &Figure{Median: 888e3, Min: 111e3, Max: 8.88e9}, Felt: 1.23e12,
			Reference: 300e9, RefFelt: 25e3 * year, Note: strings.Repeat("words and ", 30),
		})
	}
	var b bytes.Buffer
	if err := r.WriteText(&b, escape); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(l, "\n")); n > textWidth {
			t.Errorf("%d columns: %s", n, l)
		}
	}
}

func TestFetchReason(t *testing.T) {
	r := example()
	r.Add(Fetch{Reason: "there is no loop\x1b"})
	var b bytes.Buffer
	if err := r.WriteText(&b, escape); err != nil {
		t.Fatal(err)
	}
	if _, text, _ := strings.Cut(b.String(), "One fetch of this crawler\n"); text != "  Not measured: there is no loop\\x1b.\n" {
		t.Errorf("%q", text)
	}
}

func TestAdd(t *testing.T) {
	r := &Report{Rows: []Row{{Name: instructionRow, Here: &Figure{Median: 0.5}}}}
	r.Add(Fetch{Fetches: 100, Wall: 1e9, Work: 1e6, Total: 100e6})
	want := Fetch{Fetches: 100, Wall: 1e9, Work: 1e6, Total: 100e6, Wait: 99e6, Idle: 0.99, Busy: 0.1, FeltWork: 2e6, FeltWait: 198e6}
	if *r.Fetch != want {
		t.Errorf("%+v, want %+v", *r.Fetch, want)
	}
	r.Add(Fetch{})
	if *r.Fetch != (Fetch{}) {
		t.Errorf("of nothing: %+v", *r.Fetch)
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", 0.118: "12 %", 0.99: "99 %", 0.9994: "99.94 %", 0.99999: "99.99 %", 1: "100 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
}

// The JSON form is a promise to those who read it: these fields, and no value where there is no figure.
func TestJSON(t *testing.T) {
	var got struct {
		Version int
		Machine map[string]any
		Rows    []map[string]any
		Fetch   map[string]any
	}
	if err := json.Unmarshal([]byte(asJSON(t, example())), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || got.Machine["cpus"] != 4.0 || got.Machine["l3"] != float64(105<<20) || got.Machine["virtualised"] != true {
		t.Errorf("%+v", got)
	}
	fields := func(m map[string]any) string {
		var names []string
		for name := range m {
			names = append(names, name)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for i, want := range []string{
		"felt_s here name reference_felt_s reference_ns title",
		"felt_s here name note title",
		"felt_s here name reference_felt_s reference_ns title",
		"computed_ns felt_s name reference_felt_s reference_ns title",
		"name reason title",
		"name reason reference_felt_s reference_ns title",
	} {
		if f := fields(got.Rows[i]); f != want {
			t.Errorf("row %d has %s, want %s", i, f, want)
		}
	}
	if f := fields(got.Rows[0]["here"].(map[string]any)); f != "max_ns median_ns min_ns operations repetitions" {
		t.Errorf("a figure has %s", f)
	}
	if f := fields(got.Fetch); f != "busy connections delay_ns felt_wait_s felt_work_s fetches idle in_flight total_ns wait_ns wall_ns work_ns" {
		t.Errorf("a fetch has %s", f)
	}
}
