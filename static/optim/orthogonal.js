// Muon's orthogonalisation: the Newton–Schulz iteration as torch runs it, rounded to bfloat16 after each kernel. Pure.

const bits = new DataView(new ArrayBuffer(4));

/** The nearest bfloat16, ties to even. */
export function toBfloat16(number) {
  bits.setFloat32(0, number);
  const word = bits.getUint32(0);
  if (!Number.isFinite(number)) return number;
  const up = 0x7fff + ((word >>> 16) & 1);
  bits.setUint32(0, ((word + up) & 0xffff0000) >>> 0);
  return bits.getFloat32(0);
}

/**
 * `a`, `b`, `c` are the coefficients of the quintic; the matrix lies on its side while it is higher than wide.
 *
 * @param {{shape: number[], data: number[]}} matrix
 * @param {number[]} numbers a, b, c, how many times, and the least norm
 */
export function orthogonal({ shape, data }, [a, b, c, times, least]) {
  const isHigh = shape[0] > shape[1];
  const [rows, columns] = isHigh ? [shape[1], shape[0]] : shape;
  const given = data.map(toBfloat16);
  const norm = Math.max(least, toBfloat16(Math.sqrt(given.reduce((sum, x) => sum + x * x, 0))));
  let X = (isHigh ? transposed(given, shape) : given).map((x) => toBfloat16(x / norm));
  for (let k = 0; k < times; k += 1) {
    const gram = multiply(X, transposed(X, [rows, columns]), [rows, columns, rows]).map(toBfloat16);
    const square = multiply(gram, gram, [rows, rows, rows]);
    const change = gram.map((x, i) => toBfloat16(b * x + c * square[i]));
    const next = multiply(change, X, [rows, rows, columns]);
    X = X.map((x, i) => toBfloat16(a * x + next[i]));
  }
  return { shape, data: isHigh ? transposed(X, [rows, columns]) : X };
}

function transposed(data, [rows, columns]) {
  return Array.from({ length: rows * columns }, (_, k) => data[(k % rows) * columns + Math.floor(k / rows)]);
}

function multiply(one, other, [rows, inner, columns]) {
  return Array.from({ length: rows * columns }, (_, k) => {
    const [r, c] = [Math.floor(k / columns), k % columns];
    let sum = 0;
    for (let i = 0; i < inner; i += 1) sum += one[r * inner + i] * other[i * columns + c];
    return sum;
  });
}
