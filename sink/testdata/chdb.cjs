// chdb.cjs MODULES: runs the statements that come as a JSON list on standard input in one
// session of ClickHouse's engine, and prints what those answer.
const { createRequire } = require('module');
const { Session } = createRequire(process.argv[2] + '/')('chdb');
const session = new Session();
try {
  for (const statement of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
    const answer = session.query(statement, 'TabSeparated');
    if (answer) process.stdout.write(String(answer) + '\n');
  }
} finally {
  session.cleanup();
}
