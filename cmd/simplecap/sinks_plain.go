//go:build !full

package main

import (
	"fmt"
	"simplecap/sink"
)

// fullBuild says that the stores whose libraries weigh are in this build.
const fullBuild = false

// weighty names the stores whose libraries weigh.
func weighty() map[string]opener {
	return map[string]opener{
		"parquet":  onlyFull("parquet:DIR", "Parquet"),
		"postgres": onlyFull("postgres://USER@HOST/DATABASE", "PostgreSQL"),
	}
}

// encoded is how rows go to ClickHouse.
func encoded(*sink.Schema) sink.ClickHouseOptions { return sink.ClickHouseOptions{} }

// onlyFull is the opener of a store that this build is without.
func onlyFull(form, what string) opener {
	return opener{form: form, open: func(*sink.Address, storeOptions) (sink.Store, error) {
		return nil, fmt.Errorf("this build has no %s: take simplecap-full, or build with -tags full", what)
	}}
}
