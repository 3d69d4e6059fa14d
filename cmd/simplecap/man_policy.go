package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schemaNode is a part of the JSON schema of policies.
type schemaNode struct {
	Description string                `json:"description"`
	Const       any                   `json:"const"`
	Enum        []any                 `json:"enum"`
	Ref         string                `json:"$ref"`
	Properties  map[string]schemaNode `json:"properties"`
	Items       *schemaNode           `json:"items"`
	Required    []string              `json:"required"`
}

// policyExample is a policy that uses each part.
const policyExample = `version: 1
profile: ims
budgets:
  max-undelivered: 1%
  max-rtt:
    p95: 500ms
rules:
  cleartext: off
expect:
  - name: the number that does not exist
    where: to contains "+15550199" && status == 404
    count: 1
ignore:
  - rule: contact-in-message
    reason: the vendor mends it in May
    expires: 2027-05-31`

// policyPage is simplecap-policy(5), from the schema of policies.
func policyPage(schema []byte) ([]byte, error) {
	var root schemaNode
	if err := json.Unmarshal(schema, &root); err != nil {
		return nil, fmt.Errorf("the schema of policies: %w", err)
	}
	p := newRoff("simplecap-policy", 5)
	p.section("Name")
	p.WriteString("simplecap\\-policy \\- what simplecap check allows\n")
	p.section("Description")
	p.text("A policy is a YAML file: --policy FILE, or .simplecap.yaml in the working directory or one above it. Flags outweigh it. simplecap check --print-policy prints the effective one.")
	p.section("Keys")
	p.keys("", &root)
	p.section("Example")
	p.verbatim(policyExample)
	p.see("simplecap(1)", "simplecap-check(1)", "simplecap-rules(7)")
	return p.Bytes(), nil
}

// keys lists the keys below a part of the schema.
func (p *roff) keys(prefix string, node *schemaNode) {
	for _, name := range slices.Sorted(maps.Keys(node.Properties)) {
		child := node.Properties[name]
		var words []string
		for _, word := range []string{child.Description, choices(&child), strings.TrimPrefix(child.Ref, "#/definitions/")} {
			if word != "" {
				words = append(words, word)
			}
		}
		if slices.Contains(node.Required, name) {
			words = append(words, "required")
		}
		p.item(bold(prefix+name), strings.Join(words, "; "))
		p.keys(prefix+name+".", &child)
		if child.Items != nil {
			p.keys(prefix+name+"[].", child.Items)
		}
	}
}

// choices are the values that a key may have.
func choices(node *schemaNode) string {
	if node.Const != nil {
		return fmt.Sprint("always ", node.Const)
	}
	words := make([]string, len(node.Enum))
	for i, v := range node.Enum {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}
