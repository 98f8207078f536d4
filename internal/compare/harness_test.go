package compare

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crawl/internal/modes"
	"crawl/internal/origin"
)

// The test program is started again as origin and as client, as crawl is. Under another name, that of a symbolic link,
// it is a client with a fault.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "origin":
			os.Exit(originMain(os.Args[2:]))
		case modes.ChildCommand:
			os.Exit(clientMain(filepath.Base(os.Args[0])))
		case "--version":
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func originMain(args []string) int {
	var cfg origin.Config
	fs := flag.NewFlagSet("origin", flag.ExitOnError)
	fs.IntVar(&cfg.Addresses, "addresses", 0, "")
	fs.IntVar(&cfg.Pages, "pages", 0, "")
	fs.Bool("until-eof", false, "")
	size, latency := fs.String("size", "2048", ""), fs.String("latency", "none", "")
	_ = fs.Parse(args)
	cfg.Size, _ = origin.ParseSize(*size)
	cfg.Latency, _ = origin.ParseLatency(*latency)
	s, err := origin.Start(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.URL(0))
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = s.Close()
	return 0
}

func clientMain(fault string) int {
	switch fault {
	case "mute": // says nothing and ends
		return 0
	case "dies":
		fmt.Fprintln(os.Stderr, "no\nmemory")
		return 7
	case "liar": // has fetched nothing
		return lie(func(spec modes.Spec) (int, []modes.Outcome) { return spec.Fetches, make([]modes.Outcome, spec.Fetches) })
	case "short":
		return lie(func(spec modes.Spec) (int, []modes.Outcome) { return spec.Fetches - 1, nil })
	case "forger": // knows what the pages are and asks the server nothing
		return lie(forge)
	}
	if err := modes.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// forge makes up the outcomes of the built-in web.
func forge(spec modes.Spec) (int, []modes.Outcome) {
	list, _ := os.ReadFile(spec.List)
	urls := strings.Fields(string(list))
	web, err := webOf(origin.Config{Pages: len(urls)}, urls[0])
	if err != nil {
		return 0, nil
	}
	t := knownTruth(web)
	outcomes := make([]modes.Outcome, spec.Fetches)
	for i := range outcomes {
		outcomes[i] = t.answers[i%len(urls)]
	}
	return spec.Fetches, outcomes
}

// lie speaks the protocol and fetches nothing.
func lie(outcomes func(spec modes.Spec) (int, []modes.Outcome)) int {
	in := bufio.NewReader(os.Stdin)
	line, _ := in.ReadBytes('\n')
	var spec modes.Spec
	_ = json.Unmarshal(line, &spec)
	fmt.Println("ready")
	_, _ = in.ReadString('\n')
	n, list := outcomes(spec)
	f, _ := os.Create(spec.Outcomes)
	_ = binary.Write(f, binary.LittleEndian, list)
	_ = f.Close()
	_ = json.NewEncoder(os.Stdout).Encode(modes.Result{Reached: spec.Concurrency, Fetches: n, Wall: 1})
	return 0
}

// program is the test program, under a name.
func program(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return link
}
