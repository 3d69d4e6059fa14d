"use strict";

// inflate unpacks what deflate (RFC 1951) packed, for browsers without
// DecompressionStream("deflate-raw"). It takes and returns a Uint8Array.
function inflate(input) {
  let position = 0, bits = 0, held = 0, output = new Uint8Array(input.length * 8 + 1024), length = 0;

  function take(n) {
    while (held < n) {
      bits |= input[position++] << held;
      held += 8;
    }
    const value = bits & ((1 << n) - 1);
    bits >>>= n;
    held -= n;
    return value;
  }

  function put(byte) {
    if (length === output.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(output);
      output = larger;
    }
    output[length++] = byte;
  }

  // A code is how many symbols there are of each length, and the symbols in order.
  function codeOf(lengths) {
    const counts = new Array(16).fill(0), offsets = new Array(16).fill(0), symbols = [];
    for (const l of lengths) counts[l]++;
    counts[0] = 0;
    for (let l = 1; l < 16; l++) offsets[l] = offsets[l - 1] + counts[l - 1];
    lengths.forEach((l, symbol) => { if (l) symbols[offsets[l]++] = symbol; });
    return { counts, symbols };
  }

  function symbol(code) {
    let value = 0, first = 0, index = 0;
    for (let l = 1; l < 16; l++) {
      value |= take(1);
      const count = code.counts[l];
      if (value - count < first) return code.symbols[index + value - first];
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw new Error("broken data");
  }

  const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const distanceBits = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

  function compressed(literals, distances) {
    for (;;) {
      const s = symbol(literals);
      if (s === 256) return;
      if (s < 256) {
        put(s);
        continue;
      }
      let copy = lengthBase[s - 257] + take(lengthBits[s - 257]);
      const d = symbol(distances), from = length - distanceBase[d] - take(distanceBits[d]);
      for (let i = from; copy > 0; copy--, i++) put(output[i]);
    }
  }

  function fixedCodes() {
    const lengths = [];
    for (let i = 0; i < 288; i++) lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    return [codeOf(lengths), codeOf(new Array(30).fill(5))];
  }

  function dynamicCodes() {
    const literals = take(5) + 257, distances = take(5) + 1, count = take(4) + 4, lengths = new Array(19).fill(0);
    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    for (let i = 0; i < count; i++) lengths[order[i]] = take(3);
    const code = codeOf(lengths), all = [];
    while (all.length < literals + distances) {
      const s = symbol(code);
      if (s < 16) {
        all.push(s);
        continue;
      }
      const value = s === 16 ? all[all.length - 1] : 0;
      for (let n = s === 16 ? 3 + take(2) : s === 17 ? 3 + take(3) : 11 + take(7); n > 0; n--) all.push(value);
    }
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))];
  }

  for (let last = 0; !last;) {
    last = take(1);
    const type = take(2);
    if (type === 0) {
      bits = held = 0;
      const n = input[position] | input[position + 1] << 8;
      position += 4;
      for (let i = 0; i < n; i++) put(input[position++]);
    } else if (type === 1) {
      compressed(...fixedCodes());
    } else {
      compressed(...dynamicCodes());
    }
  }
  return output.subarray(0, length);
}
