package coding

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestTools: what the command line tools of each format write, at levels and with options that change the stream.
func TestTools(t *testing.T) {
	bodies := map[string][]byte{"empty": {}, "short": []byte("hello\n"), "text": text(150_000), "noise": noise(50_000), "zeros": make([]byte, 200_000)}
	for _, command := range []string{
		"gzip -c -1", "gzip -c -9", "brotli -c -q 1", "brotli -c -q 5 -w 10", "brotli -c -q 11 -w 24", "brotli -c -q 9",
		"zstd -c -1", "zstd -c -3 --check", "zstd -c --no-check", "zstd -c -19", "zstd -c --fast=5", "zstd -c -3 --single-thread --block-size=1000",
	} {
		words := strings.Fields(command)
		t.Run(command, func(t *testing.T) {
			path, err := exec.LookPath(words[0])
			if err != nil {
				t.Skipf("SKIPPED: %s is not installed", words[0])
			}
			var p Pool
			for name, body := range bodies {
				cmd := exec.CommandContext(t.Context(), path, words[1:]...)
				cmd.Stdin = bytes.NewReader(body)
				coded, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v: %v", command, err)
				}
				coding := map[string]string{"gzip": "gzip", "brotli": "br", "zstd": "zstd"}[words[0]]
				for _, step := range []int{1, 1000, 1 << 30} {
					undo(t, &p, coding, coded, step, noLimit).want(t, body, name, step)
				}
			}
		})
	}
}
