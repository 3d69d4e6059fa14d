// query.mjs MODULES DIR VIEWS QUERY...: the answers of DuckDB to queries over a directory
// of Parquet files, as JSON.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
const [modules, dir, views, ...queries] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(modules + '/')('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("SET TimeZone = 'UTC'");
await connection.run(`SET file_search_path = '${dir}'`);
await connection.run(readFileSync(views, 'utf8'));
const answers = [];
for (const query of queries) {
  answers.push((await connection.runAndReadAll(query)).getRowObjectsJson());
}
console.log(JSON.stringify(answers));
