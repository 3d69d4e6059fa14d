package report

import "strings"

// inert makes a line of text one that no CI system takes for a command: GitHub's
// runner obeys "::name ...::" at the start of a line, blanks before it left out, and
// it and Azure Pipelines "##[" and "##vso[" anywhere. Such a mark is escaped as
// Clean escapes a character.
func inert(line string) string {
	if strings.Contains(line, "##") {
		line = ciMarks.Replace(line)
	}
	text := strings.TrimLeft(line, " \t")
	if strings.HasPrefix(text, "::") && strings.Contains(text[2:], "::") {
		return line[:len(line)-len(text)] + `\x3a` + text[1:]
	}
	return line
}

var ciMarks = strings.NewReplacer("##[", `\x23#[`, "##vso[", `\x23#vso[`)
