/** JSON with numbers written exactly as given, which JavaScript's own numbers cannot be. */

class RawNumber {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** A value that is written into the JSON text as it stands. @param {string} text @returns {any} */
export const raw = (text) => new RawNumber(text);

/** @param {unknown} value */
export function stringify(value) {
  const texts = [];
  const json = JSON.stringify(value, (_key, member) => {
    if (!(member instanceof RawNumber)) return typeof member === 'bigint' ? Number(member) : member;
    texts.push(member.text);
    return `\u0001raw${texts.length - 1}\u0001`;
  });
  return json.replace(/"\\u0001raw(\d+)\\u0001"/g, (_match, index) => texts[Number(index)]);
}
