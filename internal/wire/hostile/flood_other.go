//go:build !linux

package main

import (
	"errors"
	"time"
)

func flood(string, string, int, time.Duration) error { return errors.New("a flood needs Linux") }
