//go:build unix && !linux

package eventloop

import "fmt"

var pollerNames = []string{"poll"}

func newPoller(name string) (Poller, error) {
	if name != "poll" {
		return nil, fmt.Errorf("not one of %q", pollerNames)
	}
	return newPollPoller(), nil
}
