package tui

import (
	"context"
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Terminal is where a Model is drawn.
type Terminal struct {
	In      io.Reader // nil for the terminal of the process
	Out     io.Writer
	Colored bool // false leaves bold and reverse
}

// Run draws the Model until its user quits, or ctx ends.
func Run(ctx context.Context, m *Model, t Terminal) error {
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithOutput(t.Out), tea.WithFPS(int(1e9 / m.options.Limits.Repaint.Nanoseconds())), tea.WithoutSignalHandler()}
	if t.In != nil {
		options = append(options, tea.WithInput(t.In))
	}
	if !t.Colored {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	_, err := tea.NewProgram(m, options...).Run()
	if errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
