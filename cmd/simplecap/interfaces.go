package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"simplecap/capture"
	"simplecap/capture/live"
	"simplecap/report"
)

// interfacesCommand is one call of interfaces.
type interfacesCommand struct {
	streams
	format string
}

func newInterfaces(s streams) *cobra.Command {
	c := &interfacesCommand{streams: s}
	cmd := &cobra.Command{
		Use: "interfaces [flags]", Short: "list what can be captured here", DisableFlagsInUseLine: true,
		Long: "interfaces lists the network interfaces of this host, and says whether this user may capture there.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return c.run() },
	}
	cmd.Flags().StringVar(&c.format, "format", "table", "print as `FORMAT`: table or json")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// interfaceJSON is an interface as --format json prints it.
type interfaceJSON struct {
	Name      string         `json:"name"`
	Up        bool           `json:"up"`
	Loopback  bool           `json:"loopback"`
	LinkType  string         `json:"link_type"`
	Addresses []netip.Prefix `json:"addresses"`
	Capture   bool           `json:"capture"` // whether this user may
}

func (c *interfacesCommand) run() error {
	if c.format != "table" && c.format != "json" {
		return usage(fmt.Errorf("--format %s: choose table or json", c.format), "")
	}
	all, err := live.Interfaces()
	if err != nil {
		return usage(err, "")
	}
	denied := live.MayCapture()
	list := make([]interfaceJSON, 0, len(all))
	for _, i := range all {
		list = append(list, interfaceJSON{
			Name: i.Name, Up: i.Up, Loopback: i.Loopback, LinkType: i.Link.String(),
			Addresses: append([]netip.Prefix{}, i.Addresses...), Capture: denied == nil,
		})
	}
	if c.format == "json" {
		return c.json(list)
	}
	err = c.table(list)
	if err == nil && denied != nil {
		say(c.err, "this user may not capture: "+denied.Error())
		advise(c.err, rightHint())
	}
	return err
}

func (c *interfacesCommand) json(list []interfaceJSON) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetIndent("", " ")
	return written(encoder.Encode(list))
}

func (c *interfacesCommand) table(list []interfaceJSON) error {
	w := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "name\tstate\tcapture\tlink type\taddresses")
	if live.TakesAny() {
		fmt.Fprintf(w, "%s\t\t%s\t%s\tall interfaces\n", live.AnyInterface, yes(len(list) > 0 && list[0].Capture), capture.LinkSLL2)
	}
	for _, i := range list {
		state := "down"
		if i.Up {
			state = "up"
		}
		var addresses []string
		for _, a := range i.Addresses {
			addresses = append(addresses, a.String())
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", report.Clean(i.Name, 0), state, yes(i.Capture), i.LinkType, strings.Join(addresses, " "))
	}
	return written(w.Flush())
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// written is an error of writing to standard output; that nobody reads it is none.
func written(err error) error {
	if err == nil || isBrokenPipe(err) {
		return nil
	}
	return usage(fmt.Errorf("write the list: %w", err), "")
}

const interfacesHint = "simplecap interfaces lists what there is"

// openHint says what to do where interfaces cannot be opened.
func openHint(err error, names []string) string {
	if wrong := (*live.ExpressionError)(nil); errors.As(err, &wrong) {
		return "its language is that of tcpdump: man pcap-filter"
	}
	known := []string{live.AnyInterface}
	there, _ := live.Interfaces() // without them there is less to say
	for _, one := range there {
		known = append(known, one.Name)
	}
	for _, name := range names {
		if parts := strings.Split(name, ","); len(parts) > 1 {
			return "give one -i for each: -i " + strings.Join(parts, " -i ")
		}
		if near := meant(name, known); near != "" && !slices.Contains(known, name) {
			return "did you mean " + near + "? " + interfacesHint
		}
	}
	return interfacesHint
}
