package report

import (
	"strconv"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// agentsShown is how many HEP agents the table names.
const agentsShown = 5

// hepLine says how many messages were reported by HEP and by whom, "" where none was:
// "20 of them reported by HEP from 192.0.2.1 (id 101)".
func hepLine(c *decode.HEPCounts) string {
	if c.Messages == 0 {
		return ""
	}
	var names []string
	for i := range c.Agents {
		if i == agentsShown {
			names = append(names, "others")
			break
		}
		names = append(names, agentName(&c.Agents[i]))
	}
	return number(c.Messages) + " of them reported by HEP from " + list(names)
}

func agentName(a *decode.HEPAgent) string {
	name := a.Host() + " (id " + strconv.FormatUint(uint64(a.ID), 10)
	if a.Node != "" {
		name += ", " + Clean(a.Node, cellWidth)
	}
	return name + ")"
}

// hep appends what came by HEP, where anything did.
func (o *object) hep(r *result.Report) {
	c := &r.Decode.HEP
	if c.Packets == 0 {
		return
	}
	o.nested("hep", func() {
		o.uint("packets", c.Packets)
		o.uint("messages", c.Messages)
		o.uint("broken", c.Broken)
		if c.Refused > 0 {
			o.uint("refused", c.Refused)
		}
		objects(o, "agents", c.Agents, func(a *decode.HEPAgent) {
			o.string("address", a.Host())
			o.uint("id", uint64(a.ID))
			o.text("node", a.Node)
			o.uint("messages", a.Messages)
		})
	})
}
