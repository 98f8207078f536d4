package link

import "strings"

// Restore makes a URL again of its Origin and its Target, and trusts that it is these: nothing is looked at but
// where the parts are. It allocates once.
func Restore(origin, target []byte) (URL, error) {
	var href strings.Builder
	href.Grow(len(origin) + len(target))
	href.Write(origin)
	href.Write(target)
	return locate(href.String())
}
