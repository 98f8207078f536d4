package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/http1"
)

// authFlags say who asks.
type authFlags struct {
	user      string
	bearer    string
	netrc     bool
	netrcFile string

	netrcParsed *fetch.Netrc
}

func (a *authFlags) add(f *pflag.FlagSet) {
	f.StringVarP(&a.user, "user", "u", "", "`USER:PASSWORD` for every URL that has none itself; without a colon the password is empty")
	f.StringVar(&a.bearer, "oauth2-bearer", "", "the same with a `TOKEN`")
	f.BoolVar(&a.netrc, "netrc", false, "users and passwords by host from ~/.netrc, where there is none by -u or in the URL")
	f.StringVar(&a.netrcFile, "netrc-file", "", "the same from `FILE`")
}

// check reads the netrc file, too. Nothing of what the flags or the file say is repeated in an error.
func (a *authFlags) check() error {
	switch {
	case a.user != "" && a.bearer != "":
		return usageError("-u and --oauth2-bearer: one of them")
	case !http1.ValidValue(a.bearer):
		return usageError("--oauth2-bearer: not a token")
	}
	file := a.netrcFile
	if file == "" && a.netrc {
		home, err := os.UserHomeDir()
		if err != nil {
			return usageError("--netrc: %w", err)
		}
		file = filepath.Join(home, ".netrc")
	}
	if file == "" {
		return nil
	}
	text, err := readSmall(file)
	if err != nil {
		return ioError(err)
	}
	if a.netrcParsed, err = fetch.ParseNetrc(string(text)); err != nil {
		return ioError(fmt.Errorf("%s: %w", file, err))
	}
	return nil
}

// maxSmall is the largest file that is read whole because it is meant to be small.
const maxSmall = 1 << 20

func readSmall(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(text) > maxSmall {
		err = fmt.Errorf("%s: larger than 1 MiB", file)
	}
	return text, err
}

// credentials are nil if there are none.
func (a *authFlags) credentials() *fetch.Credentials {
	c := fetch.Credentials{Netrc: a.netrcParsed}
	switch {
	case a.user != "":
		c.Listed = fetch.BasicOf(a.user)
	case a.bearer != "":
		c.Listed = fetch.Bearer(a.bearer)
	case c.Netrc == nil:
		return nil
	}
	return &c
}
