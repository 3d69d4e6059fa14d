//go:build full

package main

import (
	"time"

	"simplecap/sink"
	"simplecap/sink/parquet"
	"simplecap/sink/postgres"
)

// fullBuild says that the stores whose libraries weigh are in this build.
const fullBuild = true

// weighty are the stores whose libraries weigh.
func weighty() map[string]opener {
	return map[string]opener{
		"parquet": {form: "parquet:DIR", every: 5 * time.Minute, open: func(a *sink.Address, o storeOptions) (sink.Store, error) {
			return parquet.Open(a, o.schema, parquet.Options{FileOptions: o.FileOptions, Writer: o.writer})
		}, part: func(a *sink.Address, o storeOptions) (sink.Store, error) {
			return parquet.Open(a, o.schema, parquet.Options{FileOptions: o.FileOptions, Writer: o.writer, Ranged: true})
		}},
		"postgres": {form: "postgres://USER@HOST/DATABASE", open: func(a *sink.Address, o storeOptions) (sink.Store, error) {
			return postgres.Open(a, o.schema)
		}},
	}
}

// encoded is how rows go to ClickHouse.
func encoded(s *sink.Schema) sink.ClickHouseOptions {
	return sink.ClickHouseOptions{Encode: parquet.Encoder(s), Format: "Parquet"}
}
