"use strict";

// The language of the filter: words that a row must hold, and name:value, where several
// values are separated by commas. A minus before it turns it round; quotes keep blanks.
//
//   is:failed  verdict:refused,no-answer  status:486  peer:10.0.0.2  host:10.0.0.2
//   hop:10.0.0.1>10.0.0.2  rule:late-response  over:tcp  kind:im  end:refused  from:anna
//   to:bob  call:abc  what:"refused by 10.0.0.2 with 486"  took>500  again>0
//   after:2026-01-01T00:00:00  before:2026-01-01T00:00:10

const wordPattern = /(-?)(?:([a-z]+)([:<>]))?("[^"]*"|[^\s"]+)/gi;

// compile makes a function that says whether row i passes. It throws what is wrong.
function compile(query) {
  const tests = [];
  for (const [, minus, name, relation, quoted] of query.matchAll(wordPattern)) {
    const value = quoted.startsWith('"') ? quoted.slice(1, -1) : quoted;
    const test = name ? namedTest(name.toLowerCase(), relation, value) : containsTest(value);
    tests.push(minus ? i => !test(i) : test);
  }
  return i => tests.every(test => test(i));
}

function containsTest(value) {
  const wanted = value.toLowerCase();
  return i => search[i].includes(wanted);
}

function namedTest(name, relation, value) {
  const values = value.toLowerCase().split(",");
  switch (name) {
    case "is": return i => values.includes(classNames[rows.class[i]]);
    case "verdict": case "over": case "kind": case "end": case "status": {
      const column = rows[name];
      return i => values.includes(String(column[i] ?? "").toLowerCase());
    }
    case "from": case "to": case "call": {
      const column = rows[name], wanted = value.toLowerCase();
      return i => column[i].toLowerCase().includes(wanted);
    }
    case "what": return i => rows.words[i].replaceAll('"', "") === value;
    case "peer": { const wanted = hostOf(value); return i => hostOf(rows.peer[i]) === wanted; }
    case "rule": return i => (rows.rules[i] || []).some(rule => values.includes(rule));
    case "host": return pathTest(hosts => hosts.some(host => sameHost(host, value)));
    case "hop": {
      const [from, to] = value.split(">");
      return pathTest(hosts => {
        const at = hosts.findIndex(host => sameHost(host, from));
        return at >= 0 && hosts.slice(at + 1).some(host => sameHost(host, to));
      });
    }
    case "after": { const at = parseTime(value); return i => rows.time[i] !== null && rows.time[i] >= at; }
    case "before": { const at = parseTime(value); return i => rows.time[i] !== null && rows.time[i] < at; }
    case "took": { const µs = 1000 * number(value); return compared(relation, i => rows.took[i], µs); }
    case "again": return compared(relation, i => rows.again[i], number(value));
  }
  // Not a name of ours: a SIP URI, an address with a port, a time of day.
  return containsTest(name + relation + value);
}

function compared(relation, get, value) {
  switch (relation) {
    case ">": return i => get(i) > value;
    case "<": return i => get(i) >= 0 && get(i) < value;
  }
  return i => get(i) === value;
}

function number(text) {
  const n = Number(text);
  if (text === "" || Number.isNaN(n)) throw new Error(`${text}: want a number`);
  return n;
}

function parseTime(text) {
  const ms = Date.parse(/[zZ]$/.test(text) ? text : text + "Z");
  if (Number.isNaN(ms)) throw new Error(`${text}: want a time such as 2026-01-01T00:00:00`);
  return ms * 1000;
}

// pathTest asks about the hosts of a path; many rows have the same one.
function pathTest(test) {
  const known = new Map();
  return i => {
    const path = rows.path[i];
    let result = known.get(path);
    if (result === undefined) known.set(path, result = test(path.split(/ → | \| /)));
    return result;
  };
}

function hostOf(address) {
  return address.replace(/:5060$/, "").replace(/^\[(.*)\]$/, "$1");
}

// sameHost says whether an address of a path is a host, which may be given without a port.
function sameHost(address, wanted) {
  const a = hostOf(address), b = hostOf(wanted);
  return a === b || a.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1") === b;
}

// filter returns the numbers of the rows that pass.
function filter(query) {
  const test = compile(query), found = [];
  for (let i = 0; i < rows.length; i++) if (test(i)) found.push(i);
  return found;
}
