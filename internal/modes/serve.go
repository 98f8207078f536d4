package modes

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
)

// The words of the protocol between a parent and the child that does the work.
const (
	WordReady = "ready\n" // from the child: all is prepared
	WordGo    = "go\n"    // from the parent: begin
	wordDone  = "done\n"  // from one of many children (see Spec.Visits): the work is done
	wordTell  = "tell\n"  // to it: so is that of all others, and to tell of it disturbs nobody
)

// Serve is the child's side: it reads a Spec as a line of JSON from in, prepares, writes "ready" on a line to out, and
// waits for a line "go". Then it does the work, writes the file of outcomes, and writes the Result as a line of JSON. If
// in ends instead of "go", it leaves without a word. Once it has begun, it does not look at in any more: a reader
// would be a thread of its own.
//
// It is meant for a process of its own, and sets what holds for all of it.
func Serve(in io.Reader, out io.Writer) error {
	runtime.MemProfileRate = 0 // allocations are not sampled, as in crawl run
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("modes: no specification: %w", err)
	}
	var s Spec
	if err := json.Unmarshal(line, &s); err != nil {
		return fmt.Errorf("modes: specification %q: %w", line, err)
	}
	ctx := context.Background()
	r, err := prepare(ctx, s)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, WordReady); err != nil {
		r.drop()
		return fmt.Errorf("modes: %w", err)
	}
	switch word, err := lines.ReadString('\n'); {
	case errors.Is(err, io.EOF) && word == "":
		r.drop()
		return nil
	case err != nil || word != WordGo:
		r.drop()
		return fmt.Errorf("modes: %q instead of go: %w", word, errors.Join(err, errProtocol))
	}
	res, err := r.run(ctx)
	if err != nil {
		return err
	}
	if s.Visits != "" {
		if _, err := io.WriteString(out, wordDone); err != nil {
			return fmt.Errorf("modes: %w", err)
		}
		if word, err := lines.ReadString('\n'); err != nil || word != wordTell {
			return fmt.Errorf("modes: %q instead of tell: %w", word, errors.Join(err, errProtocol))
		}
	}
	if err := r.job.tell(res); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(res); err != nil {
		return fmt.Errorf("modes: result: %w", err)
	}
	return nil
}

var errProtocol = errors.New("the other side does not keep to the protocol")
