package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"simplecap/sink"
)

// staging is the name of the temporary table that rows of a table come to first.
func staging(t *sink.Table) string { return "staging_" + t.Name }

func (s *store) name(t *sink.Table) string { return pgx.Identifier{s.place, t.Name}.Sanitize() }

// statements make the tables where they are not there, and the columns that an older
// version did not know.
func (s *store) statements() []string {
	list := []string{"SET client_min_messages = warning", "CREATE SCHEMA IF NOT EXISTS " + quoted(s.place)}
	for _, t := range s.schema {
		list = append(list, s.create(t))
		for i := range t.Columns {
			if !t.Columns[i].Key {
				list = append(list, fmt.Sprintf("ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s", s.name(t), column(&t.Columns[i])))
			}
		}
		list = append(list, s.indexes(t)...)
		list = append(list, fmt.Sprintf("CREATE TEMPORARY TABLE IF NOT EXISTS %s (LIKE %s) ON COMMIT DELETE ROWS", quoted(staging(t)), s.name(t)))
	}
	return list
}

func (s *store) create(t *sink.Table) string {
	var lines []string
	for i := range t.Columns {
		lines = append(lines, column(&t.Columns[i]))
	}
	lines = append(lines, "PRIMARY KEY ("+quoted(t.Keys()...)+")")
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s)", s.name(t), strings.Join(lines, ", "))
}

// indexes are for what people ask by: time, and who or which call. The latter are hashes,
// since what came from the wire may be too long for a tree.
func (s *store) indexes(t *sink.Table) (list []string) {
	at := t.Columns[t.Time].Name
	list = append(list, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s (%s)", quoted(t.Name+"_"+at), s.name(t), quoted(at)))
	for _, name := range t.AskedBy() {
		list = append(list, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s USING hash (%s)", quoted(t.Name+"_"+name), s.name(t), quoted(name)))
	}
	return list
}

// merge moves rows from the staging table: the one with the highest version stays.
func (s *store) merge(t *sink.Table) string {
	keys, all := t.Keys(), t.Names()
	order, newer := "", ""
	if slices.Contains(all, "version") {
		order, newer = ", version DESC", " WHERE old.version <= excluded.version"
	}
	var set []string
	for _, name := range all {
		if !slices.Contains(keys, name) {
			set = append(set, quoted(name)+" = excluded."+quoted(name))
		}
	}
	return fmt.Sprintf("INSERT INTO %s AS old (%s) SELECT DISTINCT ON (%s) %s FROM %s ORDER BY %s%s ON CONFLICT (%s) DO UPDATE SET %s%s",
		s.name(t), quoted(all...), quoted(keys...), quoted(all...), quoted(staging(t)), quoted(keys...), order, quoted(keys...), strings.Join(set, ", "), newer)
}

func column(c *sink.Column) string {
	text := quoted(c.Name) + " " + kindOf(c.Type)
	if c.Required {
		text += " NOT NULL"
	}
	return text
}

func kindOf(t sink.Type) string {
	switch t {
	case sink.Number:
		return "bigint"
	case sink.Real:
		return "double precision"
	case sink.Bool:
		return "boolean"
	case sink.Time:
		return "timestamptz"
	case sink.Texts:
		return "text[]"
	case sink.Numbers:
		return "bigint[]"
	}
	return "text"
}
