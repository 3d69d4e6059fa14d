//go:build !full

package main

import "simplecap/sink"

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
