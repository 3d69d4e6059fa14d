//go:build full

package main

import (
	"time"

	"simplecap/sink"
	"simplecap/sink/parquet"
)

// fullBuild says that the stores whose libraries weigh are in this build.
const fullBuild = true

// weighty are the stores whose libraries weigh.
func weighty() map[string]opener {
	return map[string]opener{
		"parquet": {form: "parquet:DIR", every: 5 * time.Minute, open: func(a *sink.Address, s *sink.Schema, o storeOptions) (sink.Store, error) {
			return parquet.Open(a, s, parquet.Options{FileOptions: o.FileOptions, Writer: o.writer})
		}},
	}
}
