// Command page measures an HTML report in a headless Chromium, and takes pictures of it
// for docs/report.md:
//
//	go run ./scripts/page FILE.html
//	go run ./scripts/page -pictures docs/pictures FILE.html
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"simplecap/internal/browser"
)

func main() {
	log.SetFlags(0)
	pictures := flag.String("pictures", "", "take pictures of the main views into `DIR`")
	key := flag.String("open", "d1", "the row that is opened in the pictures")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: page [-pictures DIR] FILE.html")
	}
	if err := run(flag.Arg(0), *pictures, *key); err != nil {
		log.Fatal(err)
	}
}

func run(name, pictures, key string) error {
	path, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	b, err := browser.Start()
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := b.Open("file://" + path)
	if err == nil {
		err = p.Wait(`document.documentElement.classList.contains("ready")`)
	}
	if err != nil {
		return err
	}
	if pictures != "" {
		return take(p, pictures, key)
	}
	return measure(p, path)
}

// measure prints how large the page is and how long it takes, in milliseconds.
func measure(p *browser.Page, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Printf("size          %.2f MiB\n", float64(info.Size())/(1<<20))
	for _, m := range []struct{ name, script string }{
		{"rows", `rows.length`},
		{"first paint", `performance.getEntriesByName("first-contentful-paint")[0].startTime`},
		{"ready", `readyAt`},
		{"heap MiB", `performance.memory.usedJSHeapSize / 1048576`},
		{"filter word", best(`table.apply("alice 10.0.0", "", false)`)},
		{"filter field", best(`table.apply("verdict:refused,no-answer took>5", "", false)`)},
		{"filter all", best(`table.apply("", "", false)`)},
		{"sort", best(`table.apply("", "-took", false)`)},
		{"jump", best(`(table.body.scrollTop = Math.random() * table.space.offsetHeight, table.draw(), table.body.offsetHeight)`)},
	} {
		var v float64
		if err := p.Eval(m.script, &v); err != nil {
			return err
		}
		fmt.Printf("%-13s %.1f\n", m.name, v)
	}
	return nil
}

// best is a script for how long something takes at best.
func best(script string) string {
	return `(() => { let best = Infinity; for (let n = 0; n < 7; n++) { const begun = performance.now(); ` + script + `; best = Math.min(best, performance.now() - begun); } return best; })()`
}

// view is a picture.
type view struct {
	name          string
	width, height int
	dark          bool
	script        string // run before
}

// take takes the pictures.
func take(p *browser.Page, dir, key string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, v := range []view{
		{"report-answer", 1100, 900, false, `scrollTo(0, 0)`},
		{"report-charts", 1100, 900, false, `document.querySelector("#time").scrollIntoView({behavior: "instant"})`},
		{"report-table", 1100, 700, true, `document.querySelector("#deliveries").scrollIntoView({behavior: "instant"})`},
		{"report-delivery", 1100, 900, false, `showDetail("` + key + `")`},
		{"report-phone", 360, 700, true, `(document.querySelector("dialog").close(), scrollTo(0, 0))`},
	} {
		if err := takeOne(p, dir, &v); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
	}
	return nil
}

func takeOne(p *browser.Page, dir string, v *view) error {
	if err := p.Resize(v.width, v.height); err != nil {
		return err
	}
	if err := p.Media("screen", v.dark); err != nil {
		return err
	}
	if err := p.Eval(v.script, nil); err != nil {
		return err
	}
	if err := p.Eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil); err != nil {
		return err
	}
	picture, err := p.Picture()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, v.name+".webp"), picture, 0o644)
}
