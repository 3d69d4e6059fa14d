// clickhouse.cjs MODULES DIR: answers HTTP as ClickHouse does, as far as simplecap and Grafana
// ask, with its engine from npm (chdb). Prints its port. An INSERT has its rows in the body,
// which goes through a file in DIR: the engine has no other way in.
const { createRequire } = require('module');
const fs = require('fs'), http = require('http'), path = require('path'), zlib = require('zlib');
const [modules, dir] = process.argv.slice(2);
const { Session } = createRequire(modules + '/')('chdb');
const session = new Session();
let files = 0;

// insert is a statement that inserts what a file holds.
function insert(query, body) {
  const [, into, format] = query.match(/^(INSERT INTO .*?) FORMAT (\w+)$/s);
  const name = path.join(dir, `${++files}.rows`);
  fs.writeFileSync(name, body);
  const columns = into.slice(into.indexOf('(') + 1, -1);
  return `${into} SELECT ${columns} FROM file('${name}', ${format})`;
}

function answer(request, body) {
  const asked = new URL(request.url, 'http://localhost').searchParams;
  const settings = [];
  for (const [name, value] of asked) if (!['query', 'database'].includes(name)) settings.push(`${name} = '${value}'`);
  if (request.headers['content-encoding'] === 'gzip') body = zlib.gunzipSync(body);
  let query = asked.get('query');
  query = query?.startsWith('INSERT') ? insert(query, body) : query || body.toString();
  if (asked.has('database')) session.query(`USE ${asked.get('database')}`);
  if (settings.length) query += ' SETTINGS ' + settings.join(', ');
  return String(session.query(query, request.headers['x-clickhouse-format'] || 'TabSeparated') || '');
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    try {
      response.end(answer(request, Buffer.concat(chunks)));
    } catch (error) {
      response.statusCode = 400;
      response.end(String(error.message || error));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => { session.cleanup(); process.exit(); });
