//go:build !linux

package capture

// MayCapture returns nil: on this system only the attempt shows it.
func MayCapture() error { return nil }

func interfaceLink(string) LinkType { return LinkEthernet }
