// Package tui is a screen to walk around in what a capture holds, while it is read or
// while it runs: a list of deliveries, transactions or texts, and one delivery in full.
//
// A Store takes what the analyzer hands on and keeps it on disk, in order of arrival; a
// Model draws it. The Model pairs nothing and formats no field by itself: one delivery is
// an analyze/story that package report draws, a filter is an expression over
// result.Fields. Nothing from the wire reaches the terminal but through report.Clean.
package tui
