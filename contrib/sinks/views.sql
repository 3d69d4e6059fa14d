-- Views over the directory of --sink parquet:DIR, for DuckDB: of what was told again,
-- the latest row counts.
--
--   cd DIR && duckdb -init .../views.sql
SET TimeZone = 'UTC';
CREATE VIEW deliveries AS SELECT * FROM read_parquet('deliveries/*.parquet', union_by_name = true)
  QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY version DESC) = 1;
CREATE VIEW transactions AS SELECT * FROM read_parquet('transactions/*.parquet', union_by_name = true)
  QUALIFY row_number() OVER (PARTITION BY transaction_id ORDER BY version DESC) = 1;
CREATE VIEW texts AS SELECT * FROM read_parquet('texts/*.parquet', union_by_name = true)
  QUALIFY row_number() OVER (PARTITION BY text_id ORDER BY version DESC) = 1;
CREATE VIEW findings AS SELECT * FROM read_parquet('findings/*.parquet', union_by_name = true)
  QUALIFY row_number() OVER (PARTITION BY run, rule, peer, status ORDER BY version DESC) = 1;
CREATE VIEW minutes AS SELECT * FROM read_parquet('minutes/*.parquet', union_by_name = true)
  QUALIFY row_number() OVER (PARTITION BY run, part, minute, peer, transport, outcome, status, le_ms) = 1;
