package report

import (
	"fmt"
	"strconv"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/story"
	"simplecap/decode"
	"simplecap/decode/msrp"
	"simplecap/decode/sip"
)

// stepLabels say in a few words what the message is, the longest first.
func stepLabels(s *story.Step) []string {
	if s.Session != nil {
		return []string{sessionLabel(s.Session), sessionName(s.Session)}
	}
	remark := stepRemark(s)
	if words := carriedWords(s.Content); words != "" {
		whole, _, _ := strings.Cut(words, " with ")
		method := startLabel(s.Message)
		return []string{method + ", " + words + remark, whole + remark, method + remark}
	}
	labels := []string{startLabel(s.Message) + remark}
	if s.Message.Kind == sip.Response {
		status := nonZero(uint64(s.Message.Status))
		labels = append(labels, status+remark, status)
	}
	if s.Role == analyze.CaptureCopy {
		labels = append(labels, "copy")
	}
	return labels
}

// sessionLabel says what an MSRP message is, and which octets it is about.
func sessionLabel(m *msrp.Message) string {
	name := sessionName(m)
	if m.Range.Given && m.Method != "" {
		name += fmt.Sprintf(" %d-%s", m.Range.First, octetsWord(m.Range.Last))
		if m.Range.Total >= 0 {
			name += " of " + octetsWord(m.Range.Total)
		}
	}
	switch m.Flag {
	case '+':
		name += ", more to come"
	case '#':
		name += ", aborted"
	}
	return name
}

func octetsWord(n int64) string {
	if n < 0 {
		return "*"
	}
	return strconv.FormatInt(n, 10)
}

// sessionName is the method of an MSRP request and what it reports, or a status.
func sessionName(m *msrp.Message) string {
	switch {
	case m.Method == "":
		return Clean(strings.TrimSpace(nonZero(uint64(m.Status))+" "+m.Reason), 32)
	case m.ReportStatus != 0:
		return Clean(m.Method, 24) + " " + strconv.Itoa(m.ReportStatus)
	}
	return Clean(m.Method, 24)
}

// stepRemark is what the label says behind the start line.
func stepRemark(s *story.Step) string {
	switch s.Role {
	case analyze.Repeated:
		return " again"
	case analyze.CaptureCopy:
		if s.Message.Agent != 0 {
			return ", copy by HEP"
		}
		return ", copy by the capture"
	case analyze.FurtherAnswer:
		if s.Message.Status != s.Transaction.Status {
			return ", a second final"
		}
		return " again"
	case analyze.FirstFinal:
		if s.Transaction.HasRTT {
			return ", " + human(s.Transaction.RTT)
		}
	case analyze.Unmatched:
		if s.Message.Kind == sip.Response {
			return ", unmatched"
		}
	}
	return ""
}

// stepLabel is the longest one that fits.
func stepLabel(s *story.Step, width int) string {
	labels := stepLabels(s)
	for _, l := range labels {
		if displayWidth(l) <= width {
			return l
		}
	}
	return cut(labels[len(labels)-1], max(width, 1))
}

// startLabel is the method or the status with its reason.
func startLabel(m *decode.Message) string {
	if m.Kind == sip.Request {
		return Clean(m.Text(m.Method), 24)
	}
	return Clean(strings.TrimSpace(nonZero(uint64(m.Status))+" "+m.Text(m.Reason)), 32)
}

// stepColor is that of the message on the ladder.
func stepColor(s *story.Step) string {
	if m := s.Session; m != nil {
		switch {
		case max(m.Status, m.ReportStatus) >= 300 || m.Flag == '#':
			return red
		case max(m.Status, m.ReportStatus) > 0:
			return green
		}
		return ""
	}
	switch {
	case s.Role == analyze.Repeated || s.Role == analyze.Unmatched:
		return yellow
	case s.Role == analyze.CaptureCopy || s.Role == analyze.Provisional:
		return dim
	case s.Message.Kind == sip.Request:
		return ""
	case s.Message.Status/100 == 2:
		return green
	}
	return red
}
