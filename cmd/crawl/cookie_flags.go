package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"crawl/internal/cookies"
	"crawl/internal/http1"
)

// maxJarFile is how large a jar file may be: twice what a jar holds.
const maxJarFile = 2 * cookies.MaxBytes

// cookieFlags say which cookies are sent, and whether they are kept. Letters and meanings are curl's, except that -c is
// taken.
type cookieFlags struct {
	given   []string // of -b
	jarFile string   // to be written; "": none

	jar    *cookies.Jar // nil: none is kept
	data   string       // sent with every URL of the list
	read   []string     // jar files
	target string       // jarFile, with its symbolic links followed
}

func (c *cookieFlags) add(f *pflag.FlagSet) {
	f.StringArrayVarP(&c.given, "cookie", "b", nil, "cookies for every URL, as `'a=b; c=d'`, or a jar file to read (a name without =, or @FILE; '' is an empty jar); may be repeated")
	f.StringVar(&c.jarFile, "cookie-jar", "", "write the cookies there are at the end to `FILE`, in the Netscape format; not to standard output, where records are")
}

func (c *cookieFlags) check() error {
	c.data, c.read = "", nil
	for _, given := range c.given {
		file, isFile := strings.CutPrefix(given, "@")
		if isFile || !strings.Contains(given, "=") {
			c.read = append(c.read, file)
			continue
		}
		data := strings.Trim(given, "; ")
		if !http1.ValidValue(data) {
			return usageError("-b %q: not what a field can have", begin(given))
		}
		if c.data != "" {
			c.data += "; "
		}
		c.data += data
	}
	if c.jarFile == "-" {
		return usageError("--cookie-jar -: standard output has the records: give a file")
	}
	return nil
}

// fields are those of a request with the cookies of -b, unless there is a Cookie field that -H gives: then these are
// not sent, as with curl.
func (c *cookieFlags) fields(of []http1.Pair) []http1.Pair {
	if c.data == "" || slices.ContainsFunc(of, func(f http1.Pair) bool { return strings.EqualFold(f.Name, "Cookie") }) {
		return of
	}
	return append(slices.Clone(of), http1.Pair{Name: "Cookie", Value: c.data})
}

// open reads the jar files and makes sure that one can be written, before anything is fetched for it. It may not be one
// of the files in use: what those have would be lost.
func (c *cookieFlags) open(stderr io.Writer, list os.FileInfo, output string, stdout any) error {
	if len(c.read) == 0 && c.jarFile == "" {
		return nil
	}
	c.jar = cookies.New()
	if err := c.prepare(list, output, stdout); err != nil {
		return err
	}
	for _, name := range c.read {
		if name != "" && output != "" && output != "-" && samePath(name, output) {
			return usageError("-b %s: the records would take its place (-o)", name)
		}
		if err := c.readFile(stderr, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *cookieFlags) readFile(stderr io.Writer, name string) error {
	if name == "" {
		return nil
	}
	text, err := readBounded(name)
	if errors.Is(err, fs.ErrNotExist) && c.jarFile != "" && samePath(name, c.jarFile) {
		return nil // the first of several crawls
	}
	if err != nil {
		return &exitErr{code: exitError, err: fmt.Errorf("-b: %w", err), hint: "cookies to send have a =, as in -b 'name=value'"}
	}
	err = c.jar.Read(text, time.Now())
	if errors.Is(err, cookies.ErrNoJar) {
		return usageError("-b %s: %w", name, err)
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(stderr, "crawl: %s: left out: %s\n", printable(name), printable(strings.TrimSuffix(line, "\n")))
		}
	}
	return nil
}

func readBounded(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJarFile+1))
	if err == nil && len(text) > maxJarFile {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxJarFile)
	}
	return string(text), err
}

// samePath reports whether two names are of one file, also if there is none yet.
func samePath(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}

// prepare checks that the jar file is nothing else, and can be written.
func (c *cookieFlags) prepare(list os.FileInfo, output string, stdout any) error {
	if c.jarFile == "" {
		return nil
	}
	info, err := os.Stat(c.jarFile)
	switch {
	case err == nil && info.IsDir():
		return ioError(fmt.Errorf("--cookie-jar %s: is a directory", c.jarFile))
	case err == nil && same(list, info):
		return usageError("--cookie-jar %s is the list itself", c.jarFile)
	case (output == "" || output == "-") && err == nil && same(fileInfo(stdout), info):
		return usageError("--cookie-jar %s: the records go there", c.jarFile)
	case output != "" && output != "-" && (err != nil || info.Mode().IsRegular()) && samePath(output, c.jarFile):
		return usageError("--cookie-jar %s: the records go there (-o)", c.jarFile)
	case err == nil && !info.Mode().IsRegular():
		c.target = c.jarFile
		return nil // a device or a pipe: nothing to try out
	}
	if c.target, err = filepath.EvalSymlinks(c.jarFile); err != nil {
		c.target = c.jarFile // which is not there yet
	}
	f, err := c.temporary()
	if err != nil {
		return ioError(fmt.Errorf("--cookie-jar: %w", err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// temporary is a file beside the target, on the same file system, that nobody else can read.
func (c *cookieFlags) temporary() (*os.File, error) {
	dir, name := filepath.Split(c.target)
	if dir == "" {
		dir = "."
	}
	return os.CreateTemp(dir, "."+name+".*")
}

// save writes the jar file, if one is wanted: whole or not at all.
func (c *cookieFlags) save() error {
	if c.jarFile == "" {
		return nil
	}
	text := c.jar.AppendFile(nil, time.Now())
	info, err := os.Stat(c.target)
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = os.WriteFile(c.target, text, 0o600)
	case err == nil:
		err = c.replace(text, info.Mode().Perm())
	default:
		err = c.replace(text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("--cookie-jar: %w", err)
	}
	return nil
}

func (c *cookieFlags) replace(text []byte, mode os.FileMode) error {
	f, err := c.temporary()
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.target)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
