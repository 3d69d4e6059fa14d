package sink

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// ClickHouseOptions are what OpenClickHouse is told beside the address.
type ClickHouseOptions struct {
	// Encode makes the body of an INSERT of rows, in a format that ClickHouse knows by a
	// name; nil for JSONEachRow.
	Encode func(t *Table, rows []Row) ([]byte, error)
	Format string // its name, such as Parquet
}

// clickHouse sends rows by HTTP to a ClickHouse, which keeps the latest version of each.
type clickHouse struct {
	*poster
	options  ClickHouseOptions
	schema   *Schema
	database string
	keep     int  // days, 0 for all
	ready    bool // the tables are there
	buffer   []byte
}

// keepDays is how long a table keeps rows where the address does not say.
const keepDays = 90

// OpenClickHouse opens clickhouse+http://HOST:PORT/DATABASE. It takes ttl=90d. The
// password may be in the environment, as CLICKHOUSE_PASSWORD. Nothing is sent before the
// first rows.
func OpenClickHouse(a *Address, schema *Schema, o ClickHouseOptions) (Store, error) {
	c := &clickHouse{options: o, schema: schema, database: strings.Trim(a.URL.Path, "/"), keep: keepDays}
	if c.database == "" {
		c.database = "simplecap"
	}
	if strings.ContainsAny(c.database, "/`\\") {
		return nil, errors.New("want the name of a database behind the host, or nothing")
	}
	if text := a.Take("ttl"); text != "" {
		days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
		if c.keep = days; err != nil || days < 0 {
			return nil, fmt.Errorf("ttl=%s: want a number of days, such as 90d, or 0 to keep all", text)
		}
	}
	if err := a.NoMore(); err != nil {
		return nil, err
	}
	root := *a
	u := *a.URL
	u.Path = "/"
	root.URL = &u
	c.poster = newPoster(&root, "/")
	c.authorize(a.URL.User)
	return c, nil
}

// authorize names the user.
func (c *clickHouse) authorize(user *url.Userinfo) {
	name, password := "", os.Getenv("CLICKHOUSE_PASSWORD")
	if user != nil {
		name = user.Username()
		if p, ok := user.Password(); ok {
			password = p
		}
	}
	if name == "" && password == "" {
		return
	}
	if name == "" {
		name = "default"
	}
	c.headers.Set("X-ClickHouse-User", name)
	c.headers.Set("X-ClickHouse-Key", password)
}

// Write implements Store.
func (c *clickHouse) Write(ctx context.Context, b Batch) error {
	if !c.ready {
		for _, statement := range c.statements() {
			if _, err := c.post(ctx, c.url, []byte(statement), nil); err != nil {
				return err
			}
		}
		c.ready = true
	}
	for _, t := range c.schema {
		if rows := b.Of(t.Index); len(rows) > 0 {
			if err := c.insert(ctx, t, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// insert sends rows of one table. Rows that are sent again replace themselves.
func (c *clickHouse) insert(ctx context.Context, t *Table, rows []Row) (err error) {
	format, body, headers := "JSONEachRow", []byte(nil), map[string]string(nil)
	if c.options.Encode != nil {
		format = c.options.Format
		body, err = c.options.Encode(t, rows)
	} else {
		c.buffer = c.buffer[:0]
		for _, r := range rows {
			c.buffer = append(appendRow(c.buffer, t, r, false), '\n')
		}
		headers = map[string]string{"Content-Encoding": "gzip"}
		body, err = c.compress(c.buffer)
	}
	if err != nil {
		return Permanent(err)
	}
	query := url.Values{
		"query":                        {fmt.Sprintf("INSERT INTO %s (%s) FORMAT %s", c.name(t), "`"+strings.Join(t.Names(), "`, `")+"`", format)},
		"date_time_input_format":       {"best_effort"},
		"input_format_null_as_default": {"1"},
	}
	_, err = c.post(ctx, c.url+"?"+query.Encode(), body, headers)
	return err
}

// Flush implements Store: what was taken is stored.
func (c *clickHouse) Flush(context.Context) error { return nil }

// Close implements Store.
func (c *clickHouse) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

func (c *clickHouse) name(t *Table) string { return "`" + c.database + "`.`" + t.Name + "`" }

// statements make the database and the tables where they are not there, and the columns
// that an older version did not know.
func (c *clickHouse) statements() []string {
	list := []string{"CREATE DATABASE IF NOT EXISTS `" + c.database + "`"}
	for _, t := range c.schema {
		list = append(list, c.create(t), c.alter(t))
	}
	return list
}

// create makes a table. The hour of a row comes first in its order, which is how rows are
// asked for; a row and those that replace it have the same.
func (c *clickHouse) create(t *Table) string {
	var lines []string
	for i := range t.Columns {
		lines = append(lines, column(t, &t.Columns[i]))
	}
	lines = append(lines, "`written` DateTime DEFAULT now()")
	for _, name := range t.AskedBy() {
		lines = append(lines, fmt.Sprintf("INDEX `by_%s` `%s` TYPE bloom_filter GRANULARITY 4", name, name))
	}
	engine, at := "ReplacingMergeTree", t.Columns[t.Time].Name
	if t.Column("version") >= 0 {
		engine += "(version)"
	}
	ttl := ""
	if c.keep > 0 {
		ttl = fmt.Sprintf(" TTL written + INTERVAL %d DAY", c.keep)
	}
	keys := append([]string{"toStartOfHour(`" + at + "`)"}, t.Keys()...)
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (\n  %s\n) ENGINE = %s PARTITION BY toYYYYMM(`%s`) ORDER BY (%s)%s",
		c.name(t), strings.Join(lines, ",\n  "), engine, at, strings.Join(keys, ", "), ttl)
}

func (c *clickHouse) alter(t *Table) string {
	var lines []string
	for i := range t.Columns {
		lines = append(lines, "ADD COLUMN IF NOT EXISTS "+column(t, &t.Columns[i]))
	}
	return "ALTER TABLE " + c.name(t) + " " + strings.Join(lines, ", ")
}

// column is a column as ClickHouse is told of it, with its meaning as a comment.
func column(t *Table, c *Column) string {
	kind := clickHouseType(c)
	list := c.Type == Texts || c.Type == Numbers
	if !c.Required && !list && c.Name != t.Columns[t.Time].Name {
		kind = "Nullable(" + kind + ")"
	}
	if few[c.Name] {
		kind = "LowCardinality(" + kind + ")"
	}
	doc := c.Doc
	if c.Unit != "" {
		doc += ", in " + c.Unit
	}
	return fmt.Sprintf("`%s` %s COMMENT '%s'", c.Name, kind, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(doc))
}

func clickHouseType(c *Column) string {
	switch c.Type {
	case Number:
		return "Int64"
	case Real:
		return "Float64"
	case Bool:
		return "Bool"
	case Time:
		return "DateTime64(6, 'UTC')"
	case Texts:
		return "Array(String)"
	case Numbers:
		return "Array(Int64)"
	}
	return "String"
}

// few are columns of texts with few different values.
var few = map[string]bool{
	"writer": true, "verdict": true, "method": true, "transport": true, "outcome": true, "kind": true, "carrier": true, "end": true,
	"rule": true, "severity": true, "content_type": true,
}
