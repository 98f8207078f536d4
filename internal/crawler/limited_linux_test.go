package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"crawl/internal/engine"
)

// limitedEnv has the test binary write records, as the child of TestFileLimit, to the file it names.
const limitedEnv = "CRAWLER_TEST_LIMITED"

// fileLimit is the largest file that the child may write, in bytes.
const fileLimit = 100_001

// TestFileLimit: a file that really takes no more, in the middle of a record: the crawl ends with that error, and
// the file with a whole record. (A limit on file sizes fails as a full disk does, in a process of its own.)
func TestFileLimit(t *testing.T) {
	for _, mode := range []string{engine.ModeLoop, engine.ModeGoroutine} {
		t.Run(mode, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "records.jsonl")
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), limitedEnv+"="+path, limitedEnv+"_MODE="+mode)
			said, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("the child: %v\n%s", err, said)
			}
			written, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rows := rowsByURL(t, string(written))
			if len(written) > fileLimit || len(written) < fileLimit-1000 || len(rows) < 100 {
				t.Errorf("%d bytes in the file, %d records", len(written), len(rows))
			}
			if want := path + ": write " + path + ": file too large\n"; string(said) != want {
				t.Errorf("Err: %q, want %q", said, want)
			}
		})
	}
}

// writeLimited is the child: it prints the error that the crawl ends with.
func writeLimited(path string) error {
	limit := syscall.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	e := engine.NewGoroutine()
	if os.Getenv(limitedEnv+"_MODE") == engine.ModeLoop {
		if e, err = engine.NewLoop(engine.LoopOptions{Log: io.Discard}); err != nil {
			return err
		}
	}
	var list strings.Builder
	for i := range 5000 {
		list.WriteString("http://a/" + strconv.Itoa(i) + "\n")
	}
	c := New(e, newFakeFetcher(e, always(answer{})), NewSource(nil, "list", strings.NewReader(list.String())), NewSink(path, out), Options{Concurrency: 4})
	c.Start()
	if err := e.Run(context.Background()); err != nil {
		return err
	}
	if c.Err() == nil {
		return errors.New("no error")
	}
	_, err = fmt.Println(c.Err())
	return err
}
