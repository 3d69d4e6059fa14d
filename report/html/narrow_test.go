package html_test

import (
	"fmt"
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/report/html"
)

// The last digits of a number are in sight however narrow the page is, and the whole
// address is the cell's text.
func TestNumbersKeepTheirEnds(t *testing.T) {
	p := open(t, exchange(t, "0 alice > bob MESSAGE #1\n"+
		"\tFrom: <sip:+447946000007@home.example;user=phone>;tag=1\n\tTo: <sip:+447946100012;phone-context=home.example@home.example>\n"+
		"0.1 bob > alice 200 OK #1\n99 end\n", html.Options{}), "")
	for _, width := range []int{1280, 800, 360} {
		if err := p.Resize(width, 800); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"from", "to"} {
			fits := eval[bool](t, p, `(() => { const cell = document.querySelector(".row .c-`+name+`"), last = cell.querySelector(".last"), box = cell.getBoundingClientRect();
				const seen = last.getBoundingClientRect();
				return cell.textContent === rows.`+name+`[0] && seen.width > 0 && last.scrollWidth <= Math.ceil(seen.width) && seen.right <= box.right + 1; })()`)
			if !fits {
				t.Errorf("%d pixels, %s: the end is cut", width, name)
			}
		}
	}
}

// The status of a refusal is in sight on a telephone, with days and without.
func TestRowsOnTelephone(t *testing.T) {
	for _, later := range []int{10, 24 * 60 * 60} {
		p := open(t, exchange(t, fmt.Sprintf("0 192.0.2.100 > 198.51.100.200 MESSAGE #1\n0.1 198.51.100.200 > 192.0.2.100 486 Busy Here #1\n"+
			"%d 192.0.2.100 > 198.51.100.200 MESSAGE #2\n%d end\n", later, later+99), html.Options{}), "")
		if err := p.Resize(360, 740); err != nil {
			t.Fatal(err)
		}
		for _, cell := range []string{".c-words .last", ".c-to .last", ".c-took"} {
			fits := eval[bool](t, p, `(() => { const box = document.querySelector(".row `+cell+`").getBoundingClientRect(), row = document.querySelector(".row").getBoundingClientRect();
				return box.width > 0 && box.height > 0 && box.right <= row.right && box.bottom <= row.bottom; })()`)
			if !fits {
				t.Errorf("%d s later: %s is not in sight", later, cell)
			}
		}
	}
}

// The host that is to blame, and where a message went, are in sight at any width.
func TestBlameInSight(t *testing.T) {
	p := open(t, exchange(t, "0 192.0.2.100 > 198.51.100.200 MESSAGE #1\n0.1 198.51.100.200 > 192.0.2.100 486 Busy Here #1\n99 end\n", html.Options{}), "")
	for width, cells := range map[int][]string{1280: {"words", "path"}, 1100: {"words", "path"}, 360: {"words"}} {
		if err := p.Resize(width, 800); err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells {
			seen := eval[string](t, p, `(() => { const cell = document.querySelector(".row .c-`+cell+`"), host = cell.querySelector(".begin");
				return host.getBoundingClientRect().width > 0 && host.scrollWidth <= host.clientWidth + 1 && cell.textContent === rows.`+cell+`[0] ? host.textContent.replace(" → ", "") : "cut"; })()`)
			if seen != "198.51.100.200" {
				t.Errorf("%d pixels, %s: the host is %s", width, cell, seen)
			}
		}
	}
}

// What the page says of a file with a long name fits a telephone.
func TestDeliveryOnTelephone(t *testing.T) {
	src, err := capture.Open([]string{"../../testdata/pcaps/udp-no-response-port-unreachable.pcap", "../../testdata/pcaps/proxy-inleg-200-missing.pcap"}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	p := open(t, page(t, src, html.Options{}), "#d1")
	if err := p.Resize(360, 740); err != nil {
		t.Fatal(err)
	}
	wait(t, p, `document.querySelector("dialog").open`)
	if wide := eval[[]int](t, p, `(() => { const d = document.querySelector("dialog"); return [d.scrollWidth, d.clientWidth]; })()`); wide[0] > wide[1] {
		t.Errorf("%d pixels of %d", wide[0], wide[1])
	}
}

// Where the rows are of several days each says of which; the failures as well.
func TestSeveralDays(t *testing.T) {
	const day = 24 * 60 * 60
	for _, test := range []struct {
		gap        int
		row, kinds string
	}{
		{day, "2026-01-02 00:00:00", "2026-01-01 00:00:00.000 to 2026-01-02 00:00:00.000"},
		{10, "00:00:10.000", "00:00:00.000 to 00:00:10.000"},
	} {
		text := fmt.Sprintf("0 alice > bob MESSAGE #1\n0.1 bob > alice 486 Busy Here #1\n%d alice > bob MESSAGE #2\n%d.1 bob > alice 486 Busy Here #2\n%d end\n",
			test.gap, test.gap, test.gap+99)
		p := open(t, exchange(t, text, html.Options{}), "")
		if got := eval[string](t, p, `document.querySelectorAll(".row .c-time")[1].textContent`); got != test.row {
			t.Errorf("the row is of %q, want %q", got, test.row)
		}
		if got := eval[string](t, p, `document.querySelector(".kinds .when").textContent`); !strings.Contains(got, test.kinds) {
			t.Errorf("the failures are of %q, want %q", got, test.kinds)
		}
	}
}
