package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"simplecap/analyze/result"
)

func peerColumns() []column {
	return []column{
		{title: "peer", min: 21, fit: new(Cutter).Middle},
		{title: "software", min: 8, max: 40, drop: 10},
		{title: "transactions", right: true, drop: 5},
		{title: "success", right: true, drop: 8},
		{title: "missing 200", right: true, paint: true, drop: 1},
		{title: "min", right: true, drop: 7},
		{title: "mean", right: true, drop: 9},
		{title: "p50", right: true},
		{title: "p90", right: true, drop: 6},
		{title: "p95", right: true, drop: 2},
		{title: "p99", right: true, drop: 4},
		{title: "max", right: true, drop: 3},
	}
}

// rtt prints round-trip times of all transactions and of each peer.
func (t *tableWriter) rtt(r *result.Report) error {
	if r.RTT.Count == 0 && r.Texts.SendRTT.Count == 0 {
		return nil
	}
	t.section("Round-trip times, first transmission to first final response")
	rows := peerRows(r, t.options.Limits.Peers)
	if t.options.Color {
		colorMissing(rows)
	}
	g := newGrid(peerColumns())
	for _, cells := range rows {
		g.measure(cells)
	}
	err := g.draw(t.w, t.options.Width, func(row func([]string) bool) error {
		for _, cells := range rows {
			if !row(cells) {
				break
			}
		}
		return nil
	})
	if more := len(r.Peers) - t.options.Limits.Peers; more > 0 {
		t.paragraph("… " + count(uint64(more), "more peer"))
	}
	return err
}

// peerRows has a row for all transactions, unless there is only one peer, and
// one for each of the first limit peers, those with missing 200s first.
func peerRows(r *result.Report, limit int) [][]string {
	peers := slices.Clone(r.Peers)
	slices.SortStableFunc(peers, func(a, b result.Peer) int {
		return cmp.Or(compareDown(a.Missing200, b.Missing200), compareDown(a.Transactions, b.Transactions))
	})
	peers = peers[:min(limit, len(peers))]
	if len(r.Peers) != 1 && r.RTT.Count > 0 {
		s := &r.Summary
		all := result.Peer{Address: "all", Transactions: s.Transactions, Success: s.Success, Missing200: s.Missing200, RTT: r.RTT}
		peers = slices.Insert(peers, 0, all)
	}
	var rows [][]string
	for i := range peers {
		rows = append(rows, peerCells(&peers[i]))
	}
	if s := &r.Texts; s.SendRTT.Count > 0 {
		cells := peerCells(&result.Peer{Address: "SEND (MSRP)", Transactions: s.Sends, RTT: s.SendRTT})
		const success, missing = 3, 4 // which nobody counts
		cells[success], cells[missing] = "", ""
		rows = append(rows, cells)
	}
	return rows
}

func peerCells(p *result.Peer) []string {
	cells := []string{
		Clean(p.Address, cellWidth), Clean(p.UserAgent, cellWidth),
		number(p.Transactions), number(p.Success), number(p.Missing200),
	}
	rtt := &p.RTT
	for _, d := range []time.Duration{rtt.Min, rtt.Mean, rtt.P50, rtt.P90, rtt.P95, rtt.P99, rtt.Max} {
		if rtt.Count == 0 {
			cells = append(cells, "")
			continue
		}
		cells = append(cells, human(d))
	}
	return cells
}

// colorMissing gives the rows with missing 200s their colour.
func colorMissing(rows [][]string) {
	const missing = 4
	for i, cells := range rows {
		if strings.Trim(cells[missing], "0") != "" {
			rows[i] = append(cells, red)
		}
	}
}
