package analyze

import (
	"slices"
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// TestICMPQuotes: an ICMP error ends a transaction only where it quotes its request,
// as far as it quotes anything.
func TestICMPQuotes(t *testing.T) {
	const four, six = "0 alice > bob MESSAGE\n", "0 [2001:db8::1]:5060 > [2001:db8::2]:5060 MESSAGE\n"
	flip := func(at int) func(quote []byte) { return func(quote []byte) { quote[at] ^= 1 } }
	for name, c := range map[string]struct {
		text    string
		forge   func(quote []byte) // changes what the last ICMP error quotes
		outcome result.Outcome
		astray  uint64
	}{
		"the request":                       {four + "0.1 bob > alice icmp\n40 end", nil, result.Unreachable, 0},
		"by a router":                       {four + "0.1 bob > alice icmp 28 from carol\n40 end", nil, result.Unreachable, 0},
		"cut in the start line":             {four + "0.1 bob > alice icmp 40\n40 end", nil, result.Unreachable, 0},
		"another identification":            {four + "0.1 bob > alice icmp\n40 end", flip(5), result.Timeout, 1},
		"another identification, and short": {four + "0.1 bob > alice icmp 28\n40 end", flip(5), result.Timeout, 1},
		"another length":                    {four + "0.1 bob > alice icmp 28\n40 end", flip(25), result.Timeout, 1},
		"another method":                    {four + "0.1 bob > alice icmp\n40 end", flip(28), result.Timeout, 1},
		"another URI":                       {four + "0.1 bob > alice icmp\n40 end", flip(41), result.Timeout, 1},
		"another port":                      {four + "0.1 bob > alice icmp\n40 end", flip(21), result.Timeout, 0},
		"the transmission before":           {four + "0.5 alice > bob MESSAGE\n0.6 bob > alice icmp id 1\n40 end", nil, result.Unreachable, 0},
		"over IPv6":                         {six + "0.1 [2001:db8::2]:5060 > [2001:db8::1]:5060 icmp\n40 end", nil, result.Unreachable, 0},
		"over IPv6, another length":         {six + "0.1 [2001:db8::2]:5060 > [2001:db8::1]:5060 icmp\n40 end", flip(45), result.Timeout, 1},
		"over IPv6, another checksum, cut":  {six + "0.1 [2001:db8::2]:5060 > [2001:db8::1]:5060 icmp 60\n40 end", flip(47), result.Timeout, 1},
		"a segment":                         {"0 alice:40000 > bob tcp MESSAGE\n0.1 bob > alice:40000 icmp\n40 end", nil, result.Unreachable, 0},
		"a segment that was not sent":       {"0 alice:40000 > bob tcp MESSAGE\n0.1 bob > alice:40000 icmp 28\n40 end", flip(25), result.Timeout, 1},
		"another request":                   {four + "0.1 alice > bob OPTIONS #2\n0.2 bob > alice icmp\n40 end", nil, result.Timeout, 1},
		"the answer":                        {four + "0.1 bob > alice 200 OK\n0.2 alice > bob icmp\n0.5 alice > bob MESSAGE\n40 end", nil, result.Success, 0},
	} {
		t.Run(name, func(t *testing.T) {
			frames, err := wire.Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if c.forge != nil {
				c.forge(quoteIn(frames))
			}
			all, report := analyseFrames(t, frames)
			if len(all) != 1 || all[0].Outcome != c.outcome || report.Quality.ICMPMismatches != c.astray {
				t.Errorf("%+v with %d mismatches, want %v and %d", all, report.Quality.ICMPMismatches, c.outcome, c.astray)
			}
		})
	}
}

// quoteIn returns what the last ICMP error of the frames quotes.
func quoteIn(frames []capture.Frame) []byte {
	for i := len(frames) - 1; i >= 0; i-- {
		switch data := frames[i].Data; {
		case len(data) > 42 && data[12] == 0x08 && data[23] == wire.ICMP:
			return data[42:]
		case len(data) > 62 && data[12] == 0x86 && data[20] == wire.ICMPv6:
			return data[62:]
		}
	}
	return nil
}

// TestBouncedAnswers: an ICMP error proves that a response did not arrive only where it
// quotes that response.
func TestBouncedAnswers(t *testing.T) {
	const answered = "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n"
	for name, c := range map[string]struct {
		text  string
		forge func(quote []byte)
		want  bool
	}{
		"the response":           {answered + "0.2 alice > bob icmp", nil, true},
		"28 bytes of it":         {answered + "0.2 alice > bob icmp 28", nil, true},
		"another identification": {answered + "0.2 alice > bob icmp id 4711", nil, false},
		"another status":         {answered + "0.2 alice > bob icmp", func(q []byte) { q[36] = '4' }, false},
		"28 bytes of another":    {answered + "0.2 alice > bob icmp 28 id 4711", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			frames, err := wire.Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if c.forge != nil {
				c.forge(quoteIn(frames))
			}
			_, report := analyseFrames(t, frames)
			if got := slices.Contains(ids(report.Findings), "response-unreachable"); got != c.want {
				t.Errorf("bounced %v, want %v: %v", got, c.want, report.Findings)
			}
		})
	}
}

// TestBouncedBefore: an error about a request from before the capture accuses nobody, and
// later in the capture somebody made one up.
func TestBouncedBefore(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"at the beginning": {"0 alice > bob MESSAGE\n0.1 alice > bob MESSAGE #2\n0.2 bob > alice icmp\n0.3 alice > bob MESSAGE #3", false},
		"later":            {"0 alice > bob MESSAGE #4\n50 alice > bob MESSAGE\n50.1 alice > bob MESSAGE #2\n50.2 bob > alice icmp\n50.3 alice > bob MESSAGE #3", true},
	} {
		frames, err := wire.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		quoted := len(frames) - 3 // is not in the capture
		_, report := analyseFrames(t, slices.Delete(frames, quoted, quoted+1))
		if n := report.Quality.ICMPMismatches; n != 1 || slices.Contains(ids(report.Findings), "icmp-misquotes") != c.want {
			t.Errorf("%s: %d mismatches, want 1: %v", name, n, report.Findings)
		}
	}
}
