package analyze

import "testing"

// TestLateAnswersCapturedTwice: a copy that the capture made of an answer that came too late
// accuses nobody once more, and one that was sent again does.
func TestLateAnswersCapturedTwice(t *testing.T) {
	const silent, answered = "0 alice > bob MESSAGE\n", "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n"
	for _, test := range []struct {
		text, rule        string
		count, duplicates uint64
	}{
		{silent + "34 bob > alice 200 OK\n34.0001 copy", "late-response", 1, 1},
		{silent + "34 bob > alice 200 OK\n34.0001 bob > alice 200 OK", "late-response", 2, 0},
		{"0 2001:db8::1 > 2001:db8::2 MESSAGE\n90000 2001:db8::2 > 2001:db8::1 200 OK\n90000.0001 copy\n90001 end", "late-response", 1, 1},
		{silent + "32.2 bob > alice 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5061;branch=z9hG4bK-1", "late-response", 1, 0},
		{silent + "34 bob > alice 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5061;branch=z9hG4bK-1", "late-response", 1, 0},
		{answered + "34 bob > alice 486 Busy Here\n34.0001 copy", "conflicting-finals", 1, 1},
		{answered + "34 bob > alice 486 Busy Here\n35 bob > alice 486 Busy Here", "conflicting-finals", 2, 0},
	} {
		_, report := analyseText(t, test.text, Options{})
		count := uint64(0)
		for i := range report.Findings {
			if report.Findings[i].Rule == test.rule {
				count += report.Findings[i].Count
			}
		}
		if count != test.count || report.Quality.Duplicates != test.duplicates || report.Summary.Transactions != 1 {
			t.Errorf("%s\n%s %d times, %d duplicates, %d transactions; want %d and %d in one", test.text, test.rule, count,
				report.Quality.Duplicates, report.Summary.Transactions, test.count, test.duplicates)
		}
	}
}
