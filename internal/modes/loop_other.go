//go:build !unix

package modes

func (j *job) onLoop() (model, error) { return model{}, errNoMode }

func (j *job) onCallbacks() (model, error) { return model{}, errNoMode }
