package html_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/internal/browser"
	"simplecap/internal/wire"
	"simplecap/report/html"
)

// chromium is one browser for all tests; nil where there is none.
var chromium *browser.Browser

func TestMain(m *testing.M) {
	var err error
	if chromium, err = browser.Start(); err != nil && !errors.Is(err, browser.ErrNone) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if chromium != nil {
		chromium.Close()
	}
	os.Exit(code)
}

// page makes the page of a source.
func page(t testing.TB, src capture.Source, options html.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	options.Analysis.Bodies = options.Bodies
	w := html.New(&out, options)
	running := options.Analysis
	running.Joined = w.Joined
	r, err := analyze.Run(context.Background(), src, running, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// exchange makes the page of an exchange, see wire.Parse.
func exchange(t testing.TB, text string, options html.Options) []byte {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return page(t, &wire.Memory{Frames: frames}, options)
}

// open shows a page in the browser; at the end of the test nothing must have gone wrong.
func open(t *testing.T, text []byte, fragment string) *browser.Page {
	t.Helper()
	if chromium == nil {
		t.Skip(browser.ErrNone)
	}
	name := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := chromium.Open("file://" + name + fragment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, trouble := range p.Trouble() {
			t.Error(trouble)
		}
		p.Close()
	})
	wait(t, p, `document.documentElement.classList.contains("ready")`)
	return p
}

func wait(t *testing.T, p *browser.Page, condition string) {
	t.Helper()
	if err := p.Wait(condition); err != nil {
		var text string
		p.Eval("document.body.innerText.slice(0, 3000)", &text)
		t.Fatalf("%v\n%s\n%v", err, text, p.Trouble())
	}
}

func eval[T any](t *testing.T, p *browser.Page, script string) (v T) {
	t.Helper()
	if err := p.Eval(script, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// manyDeliveries are n deliveries, of which twelve fail in three ways.
func manyDeliveries(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		at := float64(i) / 100
		host := "bob"
		switch {
		case i%2000 == 7: // refused by carol
			fmt.Fprintf(&b, "%.3f alice > carol MESSAGE #%d\n%.3f carol > alice 486 Busy Here #%d\n", at, i, at+0.004, i)
			continue
		case i%2500 == 11: // dave does not answer
			fmt.Fprintf(&b, "%.3f alice > dave MESSAGE #%d\n", at, i)
			continue
		case i%4000 == 13: // bob refuses
			fmt.Fprintf(&b, "%.3f alice > bob MESSAGE #%d\n%.3f bob > alice 503 Service Unavailable #%d\n", at, i, at+0.1, i)
			continue
		case i%2500 == 12: // but is there
			host = "dave"
		}
		fmt.Fprintf(&b, "%.3f alice > %s MESSAGE #%d\n%.3f %s > alice 200 OK #%d\n", at, host, i, at+0.001*float64(1+i%9), host, i)
	}
	fmt.Fprintf(&b, "%d end\n", n/100+100)
	return b.String()
}

// A person who has only the page finds each kind of failure, its peer and its frames.
func TestWalkTenThousand(t *testing.T) {
	p := open(t, exchange(t, manyDeliveries(10000), html.Options{}), "")
	if got := eval[string](t, p, `document.querySelector("h1").textContent`); got != "12 of 10,000 messages did not arrive: 4 without an answer, 8 refused." {
		t.Errorf("the answer is %q", got)
	}
	kinds := eval[[]string](t, p, `[...document.querySelectorAll(".kinds .what")].map(e => e.textContent)`)
	for _, want := range []string{"refused by 10.0.0.4 with 486", "no answer from 10.0.0.5", "refused by 10.0.0.2 with 503"} {
		if !strings.Contains(strings.Join(kinds, "\n"), want) {
			t.Errorf("%q is missing in %q", want, kinds)
		}
	}
	for i := range kinds {
		script := fmt.Sprintf(`(() => { const k = document.querySelectorAll(".kinds > li")[%d]; location.hash = k.querySelector(".count").hash; return [k.querySelector(".count").textContent, k.querySelector("code").textContent]; })()`, i)
		told := eval[[]string](t, p, script)
		wait(t, p, fmt.Sprintf("table.query.includes(%q) && table.order.length < 20", kinds[i]))
		if got := eval[string](t, p, `table.order.length + "×"`); got != told[0] {
			t.Errorf("%s: the table shows %s, the list says %s", kinds[i], got, told[0])
		}
		frame := eval[string](t, p, `rows.frames[table.order[0]].split(" ")[0]`)
		if !strings.Contains(told[1], frame) {
			t.Errorf("%s: frame %s is not in %q", kinds[i], frame, told[1])
		}
	}
}
