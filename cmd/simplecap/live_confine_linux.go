package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// apply gives the rights up, in every thread of the process. The directories stay
// writable, and TCP connections to the ports possible. Files and sockets that are
// open work as before; a packet socket can be bound to another interface without any
// right.
func (c *confinement) apply(writable []string, connects []uint16) error {
	if c.noSandbox {
		return nil
	}
	_, _ = time.Now().Zone() // reads the zone's file while it can be read
	root := os.Geteuid() == rootID
	if c.account != nil {
		dropBoundingSet()
		if err := c.become(); err != nil {
			return fmt.Errorf("become the user %s: %w; %s", c.account.Username, err, capabilityHint)
		}
	}
	if c.account != nil || !root {
		if err := dropCapabilities(); err != nil {
			return fmt.Errorf("give the capabilities up: %w", err)
		}
	}
	if _, _, errno := psx.Syscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("give new privileges up: %w", errno)
	}
	return restrict(writable, connects)
}

// become changes user and groups. The syscall package does it in all threads.
func (c *confinement) become() error {
	uid, gid, err := c.ids()
	if err != nil {
		return err
	}
	if err := syscall.Setgroups([]int{gid}); err != nil {
		return err
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return err
	}
	return syscall.Setresuid(uid, uid, uid)
}

// dropBoundingSet takes all capabilities out of reach, as far as the process may.
func dropBoundingSet() {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		_, _, _ = psx.Syscall3(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0)
	}
}

// dropCapabilities empties the other sets; the ambient set follows the permitted one.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// restrict leaves the process the directories it writes to and what is said of itself
// in /proc, as far as the kernel's Landlock goes, and TCP connections to some ports
// beside those it accepts.
func restrict(writable []string, connects []uint16) error {
	const files = ll.AccessFSReadFile | ll.AccessFSWriteFile | ll.AccessFSTruncate | ll.AccessFSMakeReg | ll.AccessFSRemoveFile
	rules := []landlock.Rule{landlock.RODirs("/proc/self").IgnoreIfMissing()}
	for _, dir := range writable {
		if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
			return fmt.Errorf("write files in %s: %w", dir, err)
		}
		rules = append(rules, landlock.PathAccess(files, dir))
	}
	for _, port := range connects {
		rules = append(rules, landlock.ConnectTCP(port))
	}
	if err := landlock.V9.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("restrict what is in reach: %w", err)
	}
	return nil
}

// mayWrite reports whether the user that the process becomes may make files in a
// directory.
func (c *confinement) mayWrite(dir string) bool {
	var info unix.Stat_t
	uid, gid, err := c.ids()
	if err != nil || unix.Stat(dir, &info) != nil {
		return false
	}
	switch {
	case int(info.Uid) == uid:
		return info.Mode&0o300 == 0o300
	case int(info.Gid) == gid:
		return info.Mode&0o030 == 0o030
	}
	return info.Mode&0o003 == 0o003
}
