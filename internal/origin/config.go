package origin

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Config describes a web. Its zero value is one: 1,000 pages of 2,048 bytes without links on
// 127.0.0.1, at a free port, answered at once.
type Config struct {
	// Addresses is the number of loopback addresses to listen on: 127.0.1.1 to 127.0.1.250, then
	// 127.0.2.1 and so on. 0 is 127.0.0.1 alone. Each address costs a descriptor and is a host of
	// the web by its literal name. Only Linux has these addresses without setup.
	Addresses int
	// Port is the TCP port, the same on every address. 0 takes one that is free on all of them.
	Port int
	// Hosts, when positive, names that many hosts h1.localhost, h2.localhost … (RFC 6761 section
	// 6.3) that share the one address 127.0.0.1, told apart by the authority of the request. So a
	// web of many hosts needs no setup on any system. It excludes Addresses.
	Hosts int
	// Pages is the number of pages of each host. 0 is 1,000.
	Pages int
	// Links is the number of links on each page, the first half of them (rounded up) to pages of
	// the same host. See Web.Links for what they reach.
	Links int
	// Size is the length of the body of a page in bytes. The zero value is 2,048 for every page.
	Size Size
	// Seed chooses everything that looks random: texts, links, sizes, latencies.
	Seed uint64
	// Latency is how long each answer of the web is held back; see the package comment for the
	// paths it applies to. The zero value is not at all.
	Latency Latency
	// Robots is the body of /robots.txt on every host. An empty one is answered with 404.
	Robots string
	// LogRequests is how many of the newest requests Log returns. 0 keeps none.
	LogRequests int
	// TLS, when set, makes the web one of https with this configuration.
	TLS *tls.Config
}

// Bounds of a Config.
const (
	addressesPerBlock = 250 // 127.0.1.1 … 127.0.1.250, then the next block
	maxAddresses      = addressesPerBlock * 254
	maxHosts          = 1 << 20
	maxPages          = 1 << 30
	maxPageSize       = 1 << 30
	defaultPages      = 1000
	defaultSize       = 2048
)

var (
	// ErrConfig is wrapped by every error about a Config that describes no web.
	ErrConfig = errors.New("invalid configuration")
	// ErrNoAddress is wrapped by the error of Start when the machine lacks one of the loopback
	// addresses.
	ErrNoAddress = errors.New("no such loopback address here; only Linux has those beyond 127.0.0.1 without setup")
)

// normal returns the configuration with its defaults filled in, or an error that wraps ErrConfig.
func (cfg Config) normal() (Config, error) {
	if cfg.Pages == 0 {
		cfg.Pages = defaultPages
	}
	if cfg.Size == (Size{}) {
		cfg.Size = Size{defaultSize, defaultSize}
	}
	for _, b := range []struct {
		name          string
		value, lo, hi int
	}{
		{"addresses", cfg.Addresses, 0, maxAddresses},
		{"port", cfg.Port, 0, 65535},
		{"hosts", cfg.Hosts, 0, maxHosts},
		{"pages", cfg.Pages, 1, maxPages},
		{"links", cfg.Links, 0, 1 << 20},
		{"smallest page size", cfg.Size.Min, 1, maxPageSize},
		{"largest page size", cfg.Size.Max, cfg.Size.Min, maxPageSize},
		{"logged requests", cfg.LogRequests, 0, math.MaxInt32},
	} {
		if b.value < b.lo || b.value > b.hi {
			return cfg, fmt.Errorf("%w: %s: %d is not within %d and %d", ErrConfig, b.name, b.value, b.lo, b.hi)
		}
	}
	if cfg.Hosts > 0 && cfg.Addresses > 0 {
		return cfg, fmt.Errorf("%w: hosts by name share the address 127.0.0.1: hosts and addresses exclude each other", ErrConfig)
	}
	return cfg, nil
}

// addresses returns the loopback addresses to listen on.
func (cfg Config) addresses() []string {
	if cfg.Addresses == 0 {
		return []string{"127.0.0.1"}
	}
	as := make([]string, cfg.Addresses)
	for i := range as {
		as[i] = fmt.Sprintf("127.0.%d.%d", 1+i/addressesPerBlock, 1+i%addressesPerBlock)
	}
	return as
}

// Size is a range of sizes in bytes, both ends included.
type Size struct {
	Min, Max int
}

// sizeUnits are the suffixes of ParseSize, the longest first.
func sizeUnits() []struct {
	suffix string
	factor int
} {
	return []struct {
		suffix string
		factor int
	}{{"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}
}

// ParseSize reads "2048", "2KiB", "1MiB" or a range such as "1KiB-64KiB".
func ParseSize(s string) (Size, error) {
	lo, hi, isRange := strings.Cut(s, "-")
	if !isRange {
		hi = lo
	}
	var z Size
	var err error
	if z.Min, err = parseBytes(lo); err != nil {
		return Size{}, fmt.Errorf("size %q: %w", s, err)
	}
	if z.Max, err = parseBytes(hi); err != nil {
		return Size{}, fmt.Errorf("size %q: %w", s, err)
	}
	if z.Min > z.Max {
		return Size{}, fmt.Errorf("size %q: %w: the range is backwards", s, ErrConfig)
	}
	return z, nil
}

func parseBytes(s string) (int, error) {
	for _, u := range sizeUnits() {
		digits, ok := strings.CutSuffix(strings.TrimSpace(s), u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 32)
		if err != nil || n*uint64(u.factor) > maxPageSize {
			return 0, fmt.Errorf("%w: %q is no number of bytes up to %d, such as 2048, 2KiB, 1MiB", ErrConfig, s, maxPageSize)
		}
		return int(n) * u.factor, nil
	}
	return 0, fmt.Errorf("%w: %q is no number of bytes", ErrConfig, s)
}

// String is the form that ParseSize reads.
func (z Size) String() string {
	if z.Min == z.Max {
		return formatBytes(z.Min)
	}
	return formatBytes(z.Min) + "-" + formatBytes(z.Max)
}

func formatBytes(n int) string {
	for _, u := range sizeUnits() {
		if u.factor > 1 && n > 0 && n%u.factor == 0 {
			return strconv.Itoa(n/u.factor) + u.suffix
		}
	}
	return strconv.Itoa(n)
}

// at returns the size at u, 0 ≤ u < 1, of the range.
func (z Size) at(u float64) int {
	return z.Min + int(u*float64(z.Max-z.Min+1))
}
