/**
 * Reed-Solomon error correction over GF(256) with the polynomial 0x11d, as QR codes use it.
 */

function multiply(x, y) {
  let z = 0;
  for (let i = 7; i >= 0; i--) {
    z = (z << 1) ^ ((z >>> 7) * 0x11d);
    z ^= ((y >>> i) & 1) * x;
  }
  return z;
}

/** Generator polynomial, without its leading one. @param {number} degree @returns {Uint8Array} */
export function divisor(degree) {
  const result = new Uint8Array(degree);
  result[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = multiply(root, 2)) {
    for (let j = 0; j < degree; j++) {
      result[j] = multiply(result[j], root);
      if (j + 1 < degree) result[j] ^= result[j + 1];
    }
  }
  return result;
}

/** Error correction codewords of a block. @param {Uint8Array} data @param {Uint8Array} by see divisor @returns {Uint8Array} */
export function remainder(data, by) {
  const result = new Uint8Array(by.length);
  for (const byte of data) {
    const factor = byte ^ result[0];
    result.copyWithin(0, 1);
    result[by.length - 1] = 0;
    by.forEach((coefficient, i) => { result[i] ^= multiply(coefficient, factor); });
  }
  return result;
}
