package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/spf13/pflag"
)

// confinement is what live gives up when everything is open: the user it was
// started as, where that is root, all capabilities, and where the kernel has
// Landlock all files and connections it does not need.
type confinement struct {
	user      string
	noSandbox bool

	account *user.User // that the process becomes, nil for none
}

// rootID and the user that root becomes.
const (
	rootID         = 0
	unprivileged   = "nobody"
	staysRoot      = "root"
	capabilityHint = "it needs the right to become another user (CAP_SETUID, CAP_SETGID)"
)

func (c *confinement) register(set *pflag.FlagSet) {
	set.StringVarP(&c.user, "user", "Z", "", "become `USER` when everything is open (default nobody, where root starts it; root stays root)")
	set.BoolVar(&c.noSandbox, "no-sandbox", false, "stay the user who started it and keep all rights")
}

// check finds what is wrong with the flags, and looks the user up.
func (c *confinement) check() error {
	root := os.Geteuid() == rootID
	switch {
	case c.noSandbox && c.user != "":
		return errors.New("-Z and --no-sandbox contradict each other")
	case c.user != "" && !root:
		return fmt.Errorf("-Z %s: only root may become another user", c.user)
	case c.noSandbox || !root || c.user == staysRoot:
		return nil
	}
	name := c.user
	if name == "" {
		name = unprivileged
	}
	account, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("-Z %s: there is no such user", name)
	}
	c.account = account
	return nil
}

// becomes is the name of the user that the process becomes, "" for none.
func (c *confinement) becomes() string {
	if c.account == nil {
		return ""
	}
	return c.account.Username
}

// ids are the numbers of the user that the process becomes.
func (c *confinement) ids() (uid, gid int, err error) {
	uid, err = strconv.Atoi(c.account.Uid)
	if err == nil {
		gid, err = strconv.Atoi(c.account.Gid)
	}
	return uid, gid, err
}
