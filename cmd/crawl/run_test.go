package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestSame(t *testing.T) {
	dir := t.TempDir()
	file, link, other := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "other")
	for _, name := range []string{file, other} {
		if err := os.WriteFile(name, []byte("same bytes"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(file, link); err != nil {
		t.Skipf("no hard links here: %v", err)
	}
	info := func(name string) os.FileInfo {
		i, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	if !same(info(file), info(file)) || !same(info(file), info(link)) {
		t.Error("a file is not itself, or not what else it is called")
	}
	if same(info(file), info(other)) {
		t.Error("two files with the same bytes are one")
	}
	if same(info(os.DevNull), info(os.DevNull)) || same(info(dir), info(dir)) {
		t.Error("what keeps nothing is the list itself")
	}
	if same(nil, info(file)) || same(info(file), nil) || same(nil, nil) {
		t.Error("what is not known is the same")
	}
}

func TestSignalCode(t *testing.T) {
	if signalCode(os.Interrupt) != 130 || signalCode(syscall.SIGTERM) != 143 {
		t.Error("the codes of a shell are 128 and the number of the signal")
	}
}

func TestListName(t *testing.T) {
	for list, want := range map[string]string{"-": "standard input", "urls.txt": "urls.txt", "": ""} {
		if got := (&runOptions{list: list}).listName(); got != want {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}
