package frontier

import (
	"hash/fnv"
	"io"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Shards is into how many parts all URLs are divided, for good: who works on a crawl together owns shards. They are so
// many that some dozens of machines get about the same.
const Shards = 4096

// Shard is the shard of a host: the FNV-1a hash, of 64 bits, of its Domain, modulo Shards. It is the same on every machine.
func Shard(host string) uint16 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, Domain(host))
	return uint16(h.Sum64() % Shards)
}

// Domain is the registrable domain of a host: one label more than its public suffix (publicsuffix.org, with the suffixes
// that companies have registered). An IP address, and a name that is itself a suffix, are their own.
func Domain(host string) string {
	host = strings.TrimSuffix(host, ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}
