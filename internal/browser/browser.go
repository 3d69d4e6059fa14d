// Package browser drives a headless Chromium for tests and for pictures, by the DevTools
// protocol over the browser's own pipe: JSON objects that end in a NUL.
package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ErrNone says that there is no Chromium.
var ErrNone = errors.New("no chromium here")

// patience is how long an answer of the browser may take; a test that waits longer fails.
const patience = 30 * time.Second

// Browser is one process with any number of pages.
type Browser struct {
	command *exec.Cmd
	profile string
	in      io.WriteCloser

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	pages   map[string]*Page // by session
	failure error
}

type answer struct {
	ID      int             `json:"id"`
	Session string          `json:"sessionId"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Start runs a Chromium. The error is ErrNone where there is none.
func Start() (*Browser, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, ErrNone
	}
	profile, err := os.MkdirTemp("", "simplecap-browser-*")
	if err != nil {
		return nil, err
	}
	b := &Browser{profile: profile, waiting: make(map[int]chan answer), pages: make(map[string]*Page)}
	if err := b.run(path); err != nil {
		os.RemoveAll(profile)
		return nil, err
	}
	return b, nil
}

// run starts the process: it reads commands from file 3 and writes answers to file 4.
func (b *Browser) run(path string) error {
	args := []string{"--headless", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
		"--disable-extensions", "--user-data-dir=" + b.profile}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium's own refuses to run as root
	}
	commands, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, answers, err := os.Pipe()
	if err != nil {
		return err
	}
	b.command = exec.Command(path, args...)
	b.command.ExtraFiles = []*os.File{commands, answers}
	if err := b.command.Start(); err != nil {
		return err
	}
	commands.Close()
	answers.Close()
	b.in = in
	go b.listen(out)
	return nil
}

// Close ends the browser.
func (b *Browser) Close() {
	b.call("", "Browser.close", nil, nil)
	b.in.Close()
	done := make(chan struct{})
	go func() { b.command.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience / 6):
		b.command.Process.Kill()
	}
	os.RemoveAll(b.profile)
}

// listen hands answers to who waits for them, and events to their pages.
func (b *Browser) listen(out io.Reader) {
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.fail(err)
			return
		}
		var a answer
		if err := json.Unmarshal(text[:len(text)-1], &a); err != nil {
			b.fail(err)
			return
		}
		b.mu.Lock()
		if c := b.waiting[a.ID]; c != nil && a.ID != 0 {
			delete(b.waiting, a.ID)
			c <- a
		} else if p := b.pages[a.Session]; p != nil {
			p.event(&a)
		}
		b.mu.Unlock()
	}
}

// fail ends whoever waits.
func (b *Browser) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failure = err
	for id, c := range b.waiting {
		close(c)
		delete(b.waiting, id)
	}
}

// call sends a command and reads its result into result, which may be nil.
func (b *Browser) call(session, method string, params, result any) error {
	c := make(chan answer, 1)
	b.mu.Lock()
	if b.failure != nil {
		b.mu.Unlock()
		return b.failure
	}
	b.last++
	b.waiting[b.last] = c
	text, err := json.Marshal(map[string]any{"id": b.last, "sessionId": session, "method": method, "params": params})
	if session == "" {
		text, err = json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	}
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case a, ok := <-c:
		switch {
		case !ok:
			return fmt.Errorf("%s: the browser ended", method)
		case a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case result != nil:
			return json.Unmarshal(a.Result, result)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer for %s", method, patience)
	}
}

// Page is a tab.
type Page struct {
	browser *Browser
	target  string
	session string
	trouble []string
}

// Open opens an address in a tab of its own. What goes wrong in the page is collected,
// see Trouble.
func (b *Browser) Open(address string) (*Page, error) {
	var target struct{ TargetID string }
	if err := b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	if err := b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{browser: b, target: target.TargetID, session: attached.SessionID}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable"} {
		if err := p.Call(domain, nil, nil); err != nil {
			return nil, err
		}
	}
	// Violations of a policy are told to the page as well.
	watch := `window.violations = []; addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI))`
	if err := p.Call("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": watch}, nil); err != nil {
		return nil, err
	}
	return p, p.Call("Page.navigate", map[string]any{"url": address}, nil)
}

// Close closes the tab.
func (p *Page) Close() {
	p.browser.call("", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
}

// Call sends a command of the DevTools protocol to the page.
func (p *Page) Call(method string, params, result any) error {
	if params == nil {
		params = map[string]any{}
	}
	return p.browser.call(p.session, method, params, result)
}

// event notes what should not happen. It is called with the browser's lock held.
func (p *Page) event(a *answer) {
	switch a.Method {
	case "Page.javascriptDialogOpening":
		p.trouble = append(p.trouble, "dialog: "+string(a.Params))
		go p.Call("Page.handleJavaScriptDialog", map[string]any{"accept": false}, nil)
	case "Runtime.exceptionThrown":
		p.trouble = append(p.trouble, "exception: "+string(a.Params))
	case "Log.entryAdded":
		if !strings.Contains(string(a.Params), `"level":"info"`) {
			p.trouble = append(p.trouble, "log: "+string(a.Params))
		}
	}
}

// Trouble is what went wrong in the page: dialogs, exceptions, what the console says, and
// what its policy forbade.
func (p *Page) Trouble() []string {
	var violations []string
	if err := p.Eval("window.violations || []", &violations); err != nil {
		violations = append(violations, err.Error())
	}
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	return append(append([]string{}, p.trouble...), violations...)
}

// Eval evaluates JavaScript in the page, waits for a promise, and reads the value into
// result, which may be nil.
func (p *Page) Eval(script string, result any) error {
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	params := map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true}
	if err := p.Call("Runtime.evaluate", params, &out); err != nil {
		return err
	}
	if e := out.ExceptionDetails; e != nil {
		return fmt.Errorf("%s: %s %s", script, e.Text, e.Exception.Description)
	}
	if result == nil || len(out.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(out.Result.Value, result)
}

// Wait waits until an expression is true.
func (p *Page) Wait(condition string) error {
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(10 * time.Millisecond) {
		var is bool
		if err := p.Eval("!!("+condition+")", &is); err == nil && is {
			return nil
		}
	}
	return fmt.Errorf("never became true: %s", condition)
}

// Press presses a key, by its name in KeyboardEvent.key; modifiers are 1 Alt, 2 Ctrl, 8 Shift.
func (p *Page) Press(key string, modifiers int) error {
	event := map[string]any{"type": "keyDown", "key": key, "code": key, "modifiers": modifiers, "windowsVirtualKeyCode": keyCodes[key]}
	if len(key) == 1 {
		event["text"] = key
	}
	if key == "Enter" {
		event["text"] = "\r"
	}
	if err := p.Call("Input.dispatchKeyEvent", event, nil); err != nil {
		return err
	}
	event["type"] = "keyUp"
	delete(event, "text")
	return p.Call("Input.dispatchKeyEvent", event, nil)
}

var keyCodes = map[string]int{"Enter": 13, "Escape": 27, "Tab": 9, "End": 35, "Home": 36, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39}

// Resize makes the page as large as a screen.
func (p *Page) Resize(width, height int) error {
	return p.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
}

// Media asks for the style of a medium, "screen" or "print", dark or light.
func (p *Page) Media(medium string, dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return p.Call("Emulation.setEmulatedMedia", map[string]any{"media": medium, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Picture is what is seen, as WebP.
func (p *Page) Picture() ([]byte, error) {
	return p.data("Page.captureScreenshot", map[string]any{"format": "webp", "quality": 70})
}

// PDF is the page on paper.
func (p *Page) PDF() ([]byte, error) {
	return p.data("Page.printToPDF", map[string]any{"printBackground": true, "paperWidth": 8.27, "paperHeight": 11.7})
}

func (p *Page) data(method string, params map[string]any) ([]byte, error) {
	var out struct{ Data string }
	if err := p.Call(method, params, &out); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(out.Data)
}
