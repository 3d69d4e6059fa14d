package html_test

import (
	"fmt"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/internal/wire"
	"simplecap/redact"
	"simplecap/report/html"
)

// proxied is a delivery over a proxy whose 200 the sender never gets, one that is
// refused, and one that arrives.
const proxied = `
0.000  alice > proxy  MESSAGE
	Content-Type: text/plain
	-body
	| the secret words
0.001  proxy > bob  MESSAGE @2
	Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
	+Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
	-body
	| the secret words
0.005  bob > proxy  200 OK @2
	Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
	+Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
0.500  alice > proxy  MESSAGE
	Content-Type: text/plain
	-body
	| the secret words
1.000  alice > carol  MESSAGE #2
1.004  carol > alice  486 Busy Here #2
2.000  alice > carol  MESSAGE #3
2.010  carol > alice  200 OK #3
90     end
`

// Sort, filter, open, follow a link: by the keyboard alone.
func TestTable(t *testing.T) {
	p := open(t, exchange(t, manyDeliveries(300), html.Options{}), "")
	if n := eval[int](t, p, `document.querySelectorAll("#rows .row").length`); n < 5 || n > 100 {
		t.Errorf("%d rows are elements", n)
	}
	if first := eval[string](t, p, `document.querySelector("#rows .row .c-words").textContent`); first != "refused by 10.0.0.4 with 486" {
		t.Errorf("the first row is %q, want a failure", first)
	}
	eval[any](t, p, `document.querySelector(".head.c-took").click()`)
	eval[any](t, p, `document.querySelector(".head.c-took").click()`)
	if took := eval[string](t, p, `document.querySelector("#rows .row .c-took").textContent`); took != "100.0 ms" {
		t.Errorf("the slowest took %q", took)
	}
	if hash := eval[string](t, p, `location.hash`); hash != "#?s=-took" {
		t.Errorf("the fragment is %q", hash)
	}
	press(t, p, "/")
	press(t, p, "4", "8", "6")
	wait(t, p, `table.order.length === 1 && location.hash.includes("q=486")`)
	eval[any](t, p, `document.getElementById("rows").focus()`)
	press(t, p, "Enter")
	wait(t, p, `document.querySelector("dialog").open && location.hash.startsWith("#d7?")`)
	if title := eval[string](t, p, `document.activeElement.textContent`); title != "Delivery 7" {
		t.Errorf("the focus is on %q", title)
	}
	press(t, p, "Escape")
	wait(t, p, `!document.querySelector("dialog").open && location.hash === "#?q=486&s=-took"`)
	if focus := eval[string](t, p, `document.activeElement.id`); focus != "rows" {
		t.Errorf("the focus is on %q when the delivery is closed", focus)
	}
	eval[any](t, p, `document.getElementById("clear").click()`)
	press(t, p, "End")
	press(t, p, "Enter")
	wait(t, p, `document.querySelector("dialog").open`)
	eval[any](t, p, `history.back()`)
	wait(t, p, `!document.querySelector("dialog").open`)
}

func press(t *testing.T, p interface{ Press(string, int) error }, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := p.Press(key, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// What each word of the filter's language finds.
func TestFilter(t *testing.T) {
	p := open(t, exchange(t, proxied, html.Options{}), "#?q=is:failed")
	wait(t, p, `table.query === "is:failed"`)
	for query, want := range map[string]int{
		"": 3, "is:failed": 2, "-is:failed": 1, "verdict:refused": 1, "verdict:refused,delivered": 2, "status:486": 1, "host:10.0.0.3": 1, "host:10.0.0.3:5060": 1,
		"hop:10.0.0.3>10.0.0.2": 1, "hop:10.0.0.2>10.0.0.3": 0, "peer:10.0.0.4": 2, "again>0": 1, "took>5": 1, "took<5": 1, `what:"refused by 10.0.0.4 with 486"`: 1,
		"from:ALICE": 3, "over:udp": 3, "over:tcp": 0, "after:2026-01-01T00:00:01 before:2026-01-01T00:00:02": 1, "busy": 0, "10.0.0.4 486": 1, "rule:failure-response": 1, "rule:answer-not-relayed": 1, "10.0.0.4:5060": 0,
	} {
		if got := eval[int](t, p, fmt.Sprintf("filter(%q).length", query)); got != want {
			t.Errorf("%s finds %d rows, want %d", query, got, want)
		}
	}
	eval[any](t, p, `table.apply("took>x", "", true)`)
	if wrong := eval[string](t, p, `document.getElementById("wrong").textContent`); wrong != "x: want a number" {
		t.Errorf("a filter that is wrong says %q", wrong)
	}
}

// Every link that is a filter finds something: what stands for several hosts is none, nor
// is a rule that nothing in the table breaks.
func TestLinks(t *testing.T) {
	stray := "\n3.000 carol > alice 200 OK #4\n\t-Via\n\t-From\n\t-To\n\t-Call-ID\n\t-CSeq\n"
	p := open(t, exchange(t, strings.Replace(proxied, "\n90 ", stray+"90 ", 1), html.Options{Limits: html.Limits{Hosts: 3}}), "")
	wait(t, p, `document.documentElement.classList.contains("ready")`)
	if text := eval[string](t, p, `document.body.textContent`); !strings.Contains(text, "other hosts") || !strings.Contains(text, "nothing in it says which request") {
		t.Error("the page has no hosts that are not drawn, or no finding about a message that belongs to nothing")
	}
	for _, query := range eval[[]string](t, p, `[...document.querySelectorAll('a[href^="#?q="]')].map(a => new URLSearchParams(a.getAttribute("href").slice(2)).get("q")).filter(q => filter(q).length === 0)`) {
		t.Errorf("%q finds nothing", query)
	}
}

// A delivery: ladder, hops, messages with marks, what the proxy changed, and what is
// copied; its link opens it.
func TestDelivery(t *testing.T) {
	text := exchange(t, proxied, html.Options{})
	p := open(t, text, "#d1")
	wait(t, p, `document.querySelector("dialog").open`)
	shown := eval[string](t, p, `document.querySelector("dialog").innerText`)
	for _, want := range []string{"Delivery 1", "answer not passed on by 10.0.0.3", "MESSAGE again", "200 OK, 4.000 ms", "forwarded after 1.000 ms", "What 10.0.0.3 changed", "z9hG4bK-1.2", "text/plain, 1"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in:\n%s", want, shown)
		}
	}
	copies := eval[[]string](t, p, `[...document.querySelectorAll("dialog .actions .copy")].map(e => e.dataset.copy)`)
	if len(copies) != 3 || !strings.HasSuffix(copies[0], "page.html#d1") || copies[1] != "simplecap show memory --delivery 1" || copies[2] != "frame.number in {1, 2, 3, 4}" {
		t.Errorf("copied is %q", copies)
	}
	eval[any](t, p, `location.hash = "#d2"`)
	wait(t, p, `document.querySelector("dialog h2").textContent === "Delivery 2"`)
	if marks := eval[[]string](t, p, `[...document.querySelectorAll("dialog mark")].map(e => e.textContent)`); !strings.Contains(strings.Join(marks, "|"), "486 Busy Here") {
		t.Errorf("marked are %q", marks)
	}
	press(t, p, "k")
	wait(t, p, `document.querySelector("dialog h2").textContent === "Delivery 1"`)
}

// A period is selected on the time line, by the keyboard and by the pointer.
func TestBrush(t *testing.T) {
	p := open(t, exchange(t, proxied, html.Options{}), "")
	eval[any](t, p, `document.getElementById("timeline").focus()`)
	press(t, p, "ArrowRight")
	wait(t, p, `table.order.length === 1 && table.query.startsWith("after:2026-01-01T00:00:00")`)
	press(t, p, "Escape")
	wait(t, p, `table.order.length === 3 && table.query === ""`)
	drag := `(() => { const e = document.getElementById("timeline"), b = e.getBoundingClientRect();
		e.setPointerCapture = () => {};
		for (const [type, x] of [["pointerdown", 0.75], ["pointermove", 0.99], ["pointerup", 0.99]]) e.dispatchEvent(new PointerEvent(type, {clientX: b.left + x * b.width, clientY: b.top + 20})); })()`
	eval[any](t, p, drag)
	wait(t, p, `table.order.length === 1 && rows.key[table.order[0]] === "d3"`)
}

// Narrow, dark, and on paper.
func TestMedia(t *testing.T) {
	p := open(t, exchange(t, proxied, html.Options{}), "")
	if err := p.Resize(360, 700); err != nil {
		t.Fatal(err)
	}
	if wide := eval[float64](t, p, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("at 360 pixels the page is %.0f wide", wide)
	}
	eval[any](t, p, `showDetail("d1")`)
	wait(t, p, `document.querySelector("dialog").open`)
	if wide := eval[float64](t, p, `document.querySelector("dialog").scrollWidth`); wide > 360 {
		t.Errorf("at 360 pixels a delivery is %.0f wide", wide)
	}
	eval[any](t, p, `document.querySelector("dialog").close()`)
	for _, dark := range []bool{false, true} {
		if err := p.Media("screen", dark); err != nil {
			t.Fatal(err)
		}
		for _, low := range eval[[]string](t, p, contrast) {
			t.Errorf("dark %t: %s", dark, low)
		}
	}
	const open = `document.querySelectorAll(".kinds > li > details[open]").length`
	eval[any](t, p, `addEventListener("beforeprint", () => { document.title = "open " + `+open+` })`)
	pdf, err := p.PDF()
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF") {
		t.Errorf("no PDF: %v", err)
	}
	if got := eval[string](t, p, `document.querySelector("#plain p").textContent`); got != "3 rows." {
		t.Errorf("on paper the table says %q", got)
	}
	kinds := eval[int](t, p, `document.querySelectorAll(".kinds > li > details").length`)
	if got := eval[string](t, p, "document.title"); kinds == 0 || got != fmt.Sprint("open ", kinds) {
		t.Errorf("on paper of %d kinds of failure: %s", kinds, got)
	}
	if left := eval[int](t, p, open); left != 0 {
		t.Errorf("%d ladders stay open after printing", left)
	}
}

// contrast lists texts whose contrast is below that of WCAG AA, 4.5.
const contrast = `(() => {
	const rgb = c => c.match(/[\d.]+/g).map(Number);
	const light = c => { const [r, g, b] = rgb(c).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
	const under = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if ((rgb(c)[3] ?? 1) > .5) return c; } return "rgb(255, 255, 255)"; };
	const low = new Set();
	for (const e of document.querySelectorAll("body *:not(script):not(style)")) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.getClientRects().length) continue;
		const style = getComputedStyle(e), ink = e instanceof SVGElement ? style.fill : style.color, a = light(ink), b = light(under(e));
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < 4.5 && style.visibility === "visible" && !e.closest(":disabled") && e.tagName !== "title") low.add(e.tagName + "." + e.getAttribute("class") + " " + ratio.toFixed(2) + " " + e.textContent.slice(0, 30));
	}
	return [...low];
})()`

// What comes from the wire is text, wherever it stands.
func TestHostileNames(t *testing.T) {
	hostile := `"</script><script>alert(1)</script><img src=x onerror=alert(2)>" <sip:javascript:alert(3)@example.com>;tag=1`
	text := `
0.000  alice > bob  MESSAGE
	From: ` + hostile + `
	To: <sip:"><svg onload=alert(4)>@example.com>
	Call-ID: </script><script>alert(5)</script>
	User-Agent: <style>*{display:none}</style>
	Content-Type: text/<b>html
	| </script><script>alert(6)</script>
0.010  bob > alice  486 <iframe srcdoc="<script>alert(7)</script>">
	Call-ID: </script><script>alert(5)</script>
	Server: {{.}}<base href="//evil.example/">
90     end
`
	page := exchange(t, text, html.Options{Bodies: true, Where: `from contains "</script><script>alert(8)</script>"`})
	for _, markup := range []string{"<script>alert", "<img src=x", "<svg onload", "<iframe", "<style>*", "<base"} {
		if strings.Contains(string(page), markup) {
			t.Errorf("%q is in the page as it was on the wire", markup)
		}
	}
	p := open(t, page, "#d1")
	wait(t, p, `document.querySelector("dialog").open`)
	if n := eval[int](t, p, `document.querySelectorAll("img, iframe, base, svg[onload]").length`); n != 0 {
		t.Errorf("%d elements came from the wire", n)
	}
	if shown := eval[string](t, p, `document.querySelector("dialog").textContent`); !strings.Contains(shown, "</script><script>alert(6)</script>") {
		t.Errorf("the body is not shown as it is:\n%s", shown)
	}
	eval[any](t, p, `table.apply("</script>", "", true)`)
}

// Texts are not in the page unless they were asked for, and names have pseudonyms where
// these were.
func TestPrivacy(t *testing.T) {
	if chromium == nil {
		t.Skip("what is in the data is read in the browser")
	}
	redactor, err := redact.New(redact.All, []byte("0123456789abcdef"), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := `(async () => { let text = document.documentElement.outerHTML; for (const kind of ["details", "texts"]) for (const b of blocksOf(kind)) text += JSON.stringify(await unpack(b)); return text + JSON.stringify([...stories.values()]) + JSON.stringify(rows); })()`
	for _, c := range []struct {
		options html.Options
		secret  string
		shown   bool
	}{
		{html.Options{}, "the secret words", false},
		{html.Options{Bodies: true}, "the secret words", true},
		{html.Options{}, "alice@", true},
		{html.Options{Analysis: analyze.Options{Redact: redactor}}, "alice@", false},
		{html.Options{Analysis: analyze.Options{Redact: redactor}}, "sip:alice", false},
	} {
		p := open(t, exchange(t, proxied, c.options), "")
		if got := strings.Contains(eval[string](t, p, all), c.secret); got != c.shown {
			t.Errorf("bodies %t, redacted %t: %q is in the page: %t", c.options.Bodies, c.options.Analysis.Redact != nil, c.secret, got)
		}
	}
}

// Without scripts the page has the answer, the charts and the first rows; and nothing in
// it is from elsewhere.
func TestPlain(t *testing.T) {
	text := string(exchange(t, proxied, html.Options{}))
	for _, want := range []string{
		"2 of 3 messages did not arrive", "<svg id=\"timeline\"", "answer not passed on by 10.0.0.3", `<tr id="p-d1">`, "frame.number in {1, 2, 3, 4}",
		`http-equiv="Content-Security-Policy"`, "default-src &#39;none&#39;", "MESSAGE again",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, never := range []string{" style=", "http://", "https://", "unsafe-", " onclick="} {
		if i := strings.Index(strings.ReplaceAll(text, `"http://www.w3.org/2000/svg"`, ""), never); i >= 0 {
			t.Errorf("%q is in the page: …%s…", never, text[max(i-80, 0):min(i+80, len(text))])
		}
	}
}

// The first sentence claims no more than the answers do: a 202 is no delivery.
func TestAnswer(t *testing.T) {
	const ok, accepted = "0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n", "1 alice > bob MESSAGE #2\n1.1 bob > alice 202 Accepted #2\n"
	for text, want := range map[string]string{
		ok:            "The one message was delivered.",
		accepted:      "The one message was accepted with 202, which does not say that it arrives.",
		ok + accepted: "All 2 messages were answered, 1 of them with 202, which does not say that it arrives.",
	} {
		if page := string(exchange(t, text, html.Options{})); !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// --rows bounds the page, failures come first, and what was left out is said; all rows
// are in it otherwise. The same run gives the same page.
func TestRows(t *testing.T) {
	few := exchange(t, manyDeliveries(100), html.Options{Rows: 4})
	if !strings.Contains(string(few), "96 deliveries are not in this page") || !strings.Contains(string(few), "refused by 10.0.0.4 with 486") {
		t.Error("what was left out is not said, or a failure is")
	}
	p := open(t, few, "")
	if n := eval[int](t, p, "rows.length"); n != 4 {
		t.Errorf("%d rows", n)
	}
	one := func(workers int) string {
		return string(exchange(t, manyDeliveries(200), html.Options{Limits: html.Limits{SpoolBytes: 20000, Block: 5000, Stories: 3, Kinds: 2}, Analysis: analyze.Options{Workers: workers}}))
	}
	if one(1) != one(4) {
		t.Error("the page depends on the number of workers")
	}
}

// Live a delivery comes when its verdict is known and again when it closes: it is one row.
func TestLive(t *testing.T) {
	text := string(exchange(t, proxied, html.Options{Analysis: analyze.Options{Live: true}}))
	if !strings.Contains(text, "2 of 3 messages did not arrive") {
		t.Errorf("the answer is another one: %s", text[strings.Index(text, "<h1"):][:200])
	}
}

// The browser without DecompressionStream unpacks the same.
func TestInflate(t *testing.T) {
	p := open(t, exchange(t, manyDeliveries(200), html.Options{}), "")
	same := `(async () => {
		for (const kind of ["details"]) for (const block of blocksOf(kind)) {
			const text = atob(block.textContent), bytes = Uint8Array.from(text, c => c.charCodeAt(0));
			if (new TextDecoder().decode(inflate(bytes)) !== await inflated(bytes)) return false;
		}
		const stored = new Uint8Array([1, 3, 0, 252, 255, 97, 98, 99]), fixed = new Uint8Array([75, 76, 4, 2, 0]);
		return new TextDecoder().decode(inflate(stored)) + new TextDecoder().decode(inflate(fixed));
	})()`
	if got := eval[any](t, p, same); got != "abcaaaaa" {
		t.Errorf("got %v", got)
	}
}

// Captures without SIP, without a MESSAGE, and without a time have a page too.
func TestNothing(t *testing.T) {
	for name, frames := range map[string][]capture.Frame{"nothing": nil, "no MESSAGE": mustParse(t, "0 alice > bob OPTIONS\n0.1 bob > alice 200 OK\n")} {
		p := open(t, page(t, &wire.Memory{Frames: frames}, html.Options{}), "")
		if got := eval[string](t, p, `document.querySelector("h1").textContent`); got == "" {
			t.Errorf("%s: no answer", name)
		}
	}
}

func mustParse(t *testing.T, text string) []capture.Frame {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

// A filter that has not all frames of a failure or of a finding says so.
func TestFiltersSayThatThereIsMore(t *testing.T) {
	const refused = "0 alice > bob MESSAGE\n0.1 bob > alice 486 Busy Here\n1 alice > bob MESSAGE #2\n1.1 bob > alice 486 Busy Here #2\n90 end\n"
	for limit, want := range map[int]int{1: 2, 60: 0} { // of the kind of failure, and of failure-response
		text := string(exchange(t, refused, html.Options{Limits: html.Limits{KindFrames: limit, FindingRefs: limit}}))
		if n := strings.Count(text, "frames, of more</p>"); n != want {
			t.Errorf("with %d frames the page says %d times that there are more, want %d", limit, n, want)
		}
	}
}
