package tui

import (
	"fmt"
	"strings"

	"simplecap/report"
)

// lostTexts is how many texts failed although their deliveries did not.
func (m *Model) lostTexts() int {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	return m.store.silent
}

// figures are the numbers of the header, the most important first, each with its style.
func (m *Model) figures() (parts []string) {
	m.store.mu.Lock()
	r, done, tally, silent := m.store.report, m.store.done, m.store.views[m.list.by].tally, m.store.silent
	m.store.mu.Unlock()
	failed, arrived := 0, 0
	for i, n := range tally {
		switch sign, _ := state(i).sign(); sign {
		case "✗":
			failed += n
		case "✓":
			arrived += n
		}
	}
	add := func(style, format string, args ...any) {
		parts = append(parts, paint(fmt.Sprintf(format, args...), style))
	}
	if first := m.store.forgotten(); first > 0 {
		add(yellow, "before #%d forgotten (no room)", first)
	}
	if failed > 0 {
		add(red, "✗ %d failed", failed)
	}
	if silent > 0 && m.list.by != ByText {
		add(red, "✗ %s (b)", report.Count(uint64(silent), "text"))
	}
	if waits := tally[waitsState]; waits > 0 {
		add(yellow, "⋯ %d wait", waits)
	}
	add(green, "✓ %d", arrived)
	if r == nil {
		add(faint, "reading")
		return parts
	}
	if !done || r.Open > 0 {
		add(plain, "%d open", r.Open)
	}
	rtt := r.RTT
	if m.options.Live && !done {
		rtt = r.Minute
	}
	if rtt.Count > 0 {
		add(plain, "RTT p50 %s p99 %s", report.Human(rtt.P50), report.Human(rtt.P99))
	}
	if drops := r.Quality.KernelDrops; drops > 0 {
		add(red, "%d drops", drops)
	} else if m.options.Live {
		add(faint, "0 drops")
	}
	add(plain, "%d MESSAGE", r.SIP.Requests["MESSAGE"])
	add(faint, "%d SIP", r.SIP.Messages)
	var packets uint64
	for _, in := range r.Inputs {
		packets += in.Packets
	}
	add(faint, "%d packets", packets)
	return parts
}

// header is the first line: the state of the run, the numbers, and a sparkline at its end where
// there is room.
func (m *Model) header() string {
	const least = 12
	state := ""
	switch {
	case m.frozen:
		state = paint(" paused ", turned)
	case !m.ended() && m.options.Live:
		state = paint("●", green)
	case !m.ended():
		state = paint("…", yellow)
	}
	line := paint("simplecap", strong) + " " + state
	for _, part := range m.figures() {
		if report.Width(bare(line))+report.Width(bare(part))+2 > m.width {
			break
		}
		line += "  " + part
	}
	room := m.width - report.Width(bare(line)) - 2
	if room < least {
		return line
	}
	return line + strings.Repeat(" ", max(0, room-min(room, pulseSeconds-1))+1) + m.sparkline(min(room, pulseSeconds-1))
}

// ended reports whether everything has been read.
func (m *Model) ended() bool {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	return m.store.done
}

// sparkline draws messages a second, those with failures in red and underlined.
func (m *Model) sparkline(width int) string {
	m.store.mu.Lock()
	sent, failed := m.store.pulse.series(width)
	m.store.mu.Unlock()
	most := uint32(0)
	for _, n := range sent {
		most = max(most, n)
	}
	var b strings.Builder
	for i, bar := range []rune(spark(sent, most)) {
		if failed[i] > 0 {
			b.WriteString(paint(string(bar), red+";"+lined))
			continue
		}
		b.WriteString(paint(string(bar), faint))
	}
	return b.String()
}

// footer is the last line: a prompt, an answer, or the keys that matter; and where in the
// list this is.
func (m *Model) footer() string {
	if m.prompt != nil {
		return m.prompt.view(m.width)
	}
	right := ""
	if m.detail == nil && m.popup == nil {
		right = m.list.where()
	}
	left := m.hints(m.width - report.Width(right) - 2)
	if m.status != "" {
		left = paint(m.status, strong)
	}
	pad := m.width - report.Width(bare(left)) - report.Width(right)
	if pad < 1 || right == "" {
		return left
	}
	return left + strings.Repeat(" ", pad) + paint(right, faint)
}

// hints are the keys that matter, as far as there is room for them: the last one is
// always there, since it leads to the others.
func (m *Model) hints(room int) string {
	keys := [][2]string{{"Enter", "open"}, {"x", "failures"}, {"/", "search"}, {"f", "filter"}, {"b", "by " + ((m.list.by + 1) % views).one()}, {"?", "all keys"}}
	switch {
	case m.popup != nil:
		keys = m.popup.keys()
	case m.detail != nil:
		keys = [][2]string{{"Esc", "list"}, {"]", "next failure"}, {"Tab", "part"}, {"/", "search"}, {"?", "all keys"}}
	}
	for {
		var parts []string
		for _, k := range keys {
			parts = append(parts, paint(k[0], strong)+" "+k[1])
		}
		text := strings.Join(parts, "   ")
		if report.Width(bare(text)) <= room || len(keys) < 3 {
			return text
		}
		keys = append(keys[:len(keys)-2:len(keys)-2], keys[len(keys)-1])
	}
}
