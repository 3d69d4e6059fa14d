// Package postgres keeps rows in a PostgreSQL database, for sites that have one already
// and some thousand messages a second at most.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"simplecap/sink"
)

// store is a connection to a database, which is made when there are rows.
type store struct {
	config *pgx.ConnConfig
	schema *sink.Schema
	place  string // the schema of the database that the tables are in
	conn   *pgx.Conn
	ready  bool // the tables are there
}

// Open opens postgres://USER@HOST/DATABASE. It takes schema=NAME (default simplecap), and
// what libpq takes, as sslmode=verify-full; the password may be in the environment
// (PGPASSWORD) or in ~/.pgpass. Nothing is sent before the first rows.
func Open(a *sink.Address, schema *sink.Schema) (sink.Store, error) {
	s := &store{schema: schema, place: a.Take("schema")}
	if s.place == "" {
		s.place = "simplecap"
	}
	u := *a.URL
	u.RawQuery = a.Query.Encode()
	a.Query = url.Values{}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("it is no address of a database that PostgreSQL knows") // the error may quote the password
	}
	if u.Hostname() != "" {
		config.LookupFunc = a.Lookup
	}
	s.config = config
	return s, nil
}

// Write implements sink.Store: all rows in one transaction of the database.
func (s *store) Write(ctx context.Context, b sink.Batch) error {
	err := s.connect(ctx)
	if err == nil {
		err = pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return s.insert(ctx, tx, b) })
	}
	if err != nil && s.conn != nil && s.conn.IsClosed() {
		s.conn, s.ready = nil, false
	}
	return judged(err)
}

// connect connects where there is no connection, and makes the tables.
func (s *store) connect(ctx context.Context) (err error) {
	if s.conn == nil {
		if s.conn, err = pgx.ConnectConfig(ctx, s.config); err != nil {
			s.conn = nil
			return err
		}
	}
	if s.ready {
		return nil
	}
	for _, statement := range s.statements() {
		if _, err := s.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	s.ready = true
	return nil
}

func (s *store) insert(ctx context.Context, tx pgx.Tx, b sink.Batch) error {
	for _, t := range s.schema {
		rows := b.Of(t.Index)
		if len(rows) == 0 {
			continue
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{staging(t)}, t.Names(), &source{rows: rows}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.merge(t)); err != nil {
			return err
		}
	}
	return nil
}

// source gives rows to COPY.
type source struct {
	rows []sink.Row
	next int
}

// Next implements pgx.CopyFromSource.
func (s *source) Next() bool {
	s.next++
	return s.next <= len(s.rows)
}

// Values implements pgx.CopyFromSource.
func (s *source) Values() ([]any, error) { return s.rows[s.next-1], nil }

// Err implements pgx.CopyFromSource.
func (s *source) Err() error { return nil }

// Flush implements sink.Store: what was taken is stored.
func (s *store) Flush(context.Context) error { return nil }

// Close implements sink.Store.
func (s *store) Close() error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close(context.Background())
}

// judged says which errors another try does not mend: those of the statements and of the
// user, by their class (PostgreSQL, appendix A).
func judged(err error) error {
	var of *pgconn.PgError
	if !errors.As(err, &of) {
		var connect *pgconn.ConnectError
		if errors.As(err, &connect) {
			return fmt.Errorf("no connection: %w", connect.Unwrap())
		}
		return err
	}
	said := fmt.Errorf("%s (%s)", sink.Clean(of.Message, 300), of.Code)
	switch of.Code[:min(2, len(of.Code))] {
	case "08", "40", "53", "55", "57", "58": // connection, deadlock, resources, locks, shutdown, system
		return said
	}
	return sink.Permanent(said)
}

func quoted(names ...string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(list, ", ")
}
