package bench

import (
	"math"
	"strings"
	"testing"
)

func TestParseThresholds(t *testing.T) {
	for text, want := range map[string]Threshold{
		"p95<500ms":                      {"p95<500ms", "p95", "<", 500e3, ""},
		"p95<0.5s":                       {"p95<0.5s", "p95", "<", 500e3, ""},
		" p99.9 <= 15us ":                {"p99.9<=15us", "p999", "<=", 15, ""},
		"p50<15µs":                       {"p50<15µs", "p50", "<", 15, ""}, // micro sign
		"p50<15μs":                       {"p50<15μs", "p50", "<", 15, ""}, // Greek letter
		"max<100ns":                      {"max<100ns", "max", "<", 0.1, ""},
		"errors<1%":                      {"errors<1%", "errors", "<", 0.01, ""},
		"errors<=0":                      {"errors<=0", "errors", "<=", 0, ""},
		"rate>5000/s":                    {"rate>5000/s", "rate", ">", 5000, ""},
		"rate>=5000":                     {"rate>=5000", "rate", ">=", 5000, ""},
		"rate>60/m":                      {"rate>60/m", "rate", ">", 1, ""},
		"memory<64MB":                    {"memory<64MB", "peak_memory", "<", 64, ""},
		"peak_memory<64MiB":              {"peak_memory<64MiB", "peak_memory", "<", 67.108864, ""},
		"peak_memory < 500 KB":           {"peak_memory<500 KB", "peak_memory", "<", 0.5, ""},
		"connection_memory<2KiB":         {"connection_memory<2KiB", "connection_memory", "<", 2.048, ""},
		"threads<6":                      {"threads<6", "threads", "<", 6, ""},
		"cpu<15us":                       {"cpu<15us", "cpu_per_fetch", "<", 15, ""},
		"cpu_per_fetch<1.5x:goroutine":   {"cpu_per_fetch<1.5x:goroutine", "cpu_per_fetch", "<", 1.5, "goroutine"},
		"rate >= 2x:nethttp":             {"rate>=2x:nethttp", "rate", ">=", 2, "nethttp"},
		"max<1x:sync":                    {"max<1x:sync", "max", "<", 1, "sync"},
		"system_calls<2.5":               {"system_calls<2.5", "system_calls", "<", 2.5, ""},
		"p50<1e3us,p50<2ms , errors<.5%": {"p50<1e3us", "p50", "<", 1000, ""},
	} {
		all, err := ParseThresholds(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got := all[0]
		if math.Abs(got.Value-want.Value) > 1e-9*want.Value {
			t.Errorf("%q: value %v, want %v", text, got.Value, want.Value)
		}
		if got.Value = want.Value; got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
		if n := strings.Count(text, ",") + 1; len(all) != n {
			t.Errorf("%q: %d thresholds, want %d", text, len(all), n)
		}
	}
}

// An error names the expression, and where in it, and what would be right.
func TestThresholdErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                         `threshold "": must be FIGURE<VALUE, with < <= > or >=, as p95<500ms`,
		"p95=5ms":                  `threshold "p95=5ms": must be FIGURE<VALUE`,
		"p95<500ms,":               `threshold "": must be`,
		"p95<500ms,speed>1":        `threshold "speed>1": no figure "speed": choose from cpu_per_fetch, user_per_fetch,`,
		"<5":                       `threshold "<5": no figure "": choose`,
		"P95<5ms":                  `no figure "P95"`,
		"p95<":                     `threshold "p95<": "" is not a value: it begins with a number`,
		"p95<fast":                 `threshold "p95<fast", at "fast": "fast" is not a value: it begins with a number`,
		"p95<500":                  `threshold "p95<500", at "500": "500" is not a value of p95: its unit is one of ms, us, µs, μs, ns, s`,
		"p95<500MB":                `"500MB" is not a value of p95: its unit is one of ms`,
		"p95<<5ms":                 `threshold "p95<<5ms", at "<5ms": "<5" is not a number`,
		"p95<=>5ms":                `at ">5ms": ">5" is not a number`,
		"memory<64":                `its unit is one of MB, KB`,
		"memory<64 mb":             `"64 mb" is not a value of peak_memory`,
		"errors<1":                 `threshold "errors<1", at "1": "1" is all of them, or more: write 1%`,
		"errors<=5":                `write 5%`,
		"threads<5%":               `its unit is one of none`,
		"rate>5/h":                 `its unit is one of /s, none, /m`,
		"errors<-1%":               `"-1" is not a number`,
		"errors<1e999":             `"1e999" is not a number`,
		"threads<0x1p2":            `"0x1p2" is not a number`,
		"threads<1_000":            `"1_000" is not a number`,
		"cpu<1.5x:threadz":         `threshold "cpu<1.5x:threadz", at "threadz": no mode "threadz": choose from sync, processes,`,
		"cpu<x:goroutine":          `"" is not a number`,
		"cpu<NaNx:goroutine":       `"NaN" is not a number`,
		"cpu<1.5ms:goroutine":      `is not a value of cpu_per_fetch`,
		"cpu<1.5x":                 `"1.5x" is not a value of cpu_per_fetch`,
		"cpu<1x:goroutine:nethttp": `no mode "goroutine:nethttp"`,
		"errors<1%\x1b[31m":        `threshold "errors<1%\x1b[31m"`,
	} {
		if _, err := ParseThresholds(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestThresholdHolds(t *testing.T) {
	for op, want := range map[string][3]bool{"<": {true, false, false}, "<=": {true, true, false}, ">": {false, false, true}, ">=": {false, true, true}} {
		th := Threshold{Op: op, Value: 2}
		if got := [3]bool{th.Holds(1), th.Holds(2), th.Holds(3)}; got != want {
			t.Errorf("1, 2, 3 %s 2: %v, want %v", op, got, want)
		}
	}
}

// What is taken means the same when it is written again, and no input panics.
func FuzzParseThresholds(f *testing.F) {
	for _, s := range []string{"p95<500ms,errors<1%", "cpu_per_fetch<1.5x:goroutine", "rate>=60/m", "memory<64 MiB", "p50<15μs", "<", ",", "p95<<=x:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseThresholds(text)
		if err != nil {
			if all != nil || !strings.HasPrefix(err.Error(), "threshold ") {
				t.Fatalf("%q: %v, %v", text, all, err)
			}
			return
		}
		var texts []string
		for _, th := range all {
			if !(th.Value >= 0) || math.IsInf(th.Value, 0) {
				t.Fatalf("%q: value %v", text, th.Value)
			}
			texts = append(texts, th.Text)
		}
		again, err := ParseThresholds(strings.Join(texts, ","))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%q: written as %q: %v", text, texts, err)
		}
		for i := range all {
			if again[i] != all[i] {
				t.Fatalf("%q: %+v, then %+v", text, all[i], again[i])
			}
		}
	})
}
