package main

import "os"

// account is a user of the system.
type account struct {
	name     string
	uid, gid int
}

// own gives a file to the account.
func (a *account) own(file *os.File) error { return file.Chown(a.uid, a.gid) }
