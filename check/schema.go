package check

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON schema of policies.
func Schema() []byte { return slices.Clone(schema) }
