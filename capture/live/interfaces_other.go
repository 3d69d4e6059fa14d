//go:build !linux

package live

import "simplecap/capture"

// MayCapture returns nil: on this system only the attempt shows it.
func MayCapture() error { return nil }

func interfaceLink(string) capture.LinkType { return capture.LinkEthernet }
