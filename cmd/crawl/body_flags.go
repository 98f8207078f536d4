package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"crawl/internal/http1"
)

// maxData is the largest body of a request: it is held in memory, once for all.
const maxData = 64 << 20

// bodyFlags say what is sent, and so by which method unless -X says that.
type bodyFlags struct {
	head  bool
	data  []byte
	given bool
}

func (b *bodyFlags) add(f *pflag.FlagSet) {
	f.BoolVarP(&b.head, "head", "I", false, "ask for the head only: -X HEAD")
	f.VarP(&dataFlag{b, readText}, "data", "d", "send `DATA`, or what is in a file as @FILE, line ends left out; several are joined by &. Implies -X POST, and Content-Type: "+formType)
	f.Var(&dataFlag{b, readBytes}, "data-binary", "the same, but what is in @FILE as it is")
	f.Var(&dataFlag{b, nil}, "data-raw", "the same, without a meaning of @")
}

const formType = "application/x-www-form-urlencoded"

func (b *bodyFlags) check() error {
	if b.head && b.given {
		return usageError("-I and -d: one of them")
	}
	return nil
}

// method is that of -X if it is set, else what the other flags imply.
func (b *bodyFlags) method(x string, set bool) (string, error) {
	switch {
	case b.head && set && x != "HEAD":
		return "", usageError("-I and -X %s: one of them", x)
	case b.head:
		return "HEAD", nil
	case b.given && !set:
		return "POST", nil
	}
	return x, nil
}

// fields adds the type of the body, unless the user has given it; given without a value, it is left out.
func (b *bodyFlags) fields(fields []http1.Pair) []http1.Pair {
	if !b.given {
		return fields
	}
	for i, f := range fields {
		if strings.EqualFold(f.Name, "Content-Type") {
			if f.Value == "" {
				return append(fields[:i:i], fields[i+1:]...)
			}
			return fields
		}
	}
	return append(fields, http1.Pair{Name: "Content-Type", Value: formType})
}

// dataFlag is one of the flags that add to the body, in their order.
type dataFlag struct {
	body *bodyFlags
	read func(file string) ([]byte, error) // nil: @ has no meaning
}

func (d *dataFlag) Type() string   { return "data" }
func (d *dataFlag) String() string { return "" }

// Set implements pflag.Value.
func (d *dataFlag) Set(s string) error {
	data := []byte(s)
	if file, ok := strings.CutPrefix(s, "@"); ok && d.read != nil {
		var err error
		if data, err = d.read(file); err != nil {
			return err
		}
	}
	b := d.body
	if b.given {
		b.data = append(b.data, '&')
	}
	b.data, b.given = append(b.data, data...), true
	if len(b.data) > maxData {
		return errors.New("larger than 64 MiB")
	}
	return nil
}

func readBytes(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxData+1))
}

// readText leaves out what curl leaves out: CR, LF and NUL.
func readText(file string) ([]byte, error) {
	data, err := readBytes(file)
	return slices.DeleteFunc(data, func(c byte) bool { return c == '\r' || c == '\n' || c == 0 }), err
}
