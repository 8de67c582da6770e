/** Results as rows: what was measured, its goal, and whether it was met. */

/**
 * @typedef {object} Row
 * @property {string} bench     part of the product, letter of its list of goals
 * @property {string} what
 * @property {number} value
 * @property {string} unit
 * @property {{at: 'most'|'least', value: number}} [goal]
 */

/** @param {Row} row */
export const isMet = ({ value, goal }) =>
  !goal || (goal.at === 'most' ? value <= goal.value : value >= goal.value);

/** @param {number} value */
function short(value) {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** @param {Row[]} rows @returns {string} */
export function table(rows) {
  const lines = rows.map((row) => {
    const goal = row.goal
      ? `${row.goal.at === 'most' ? '<=' : '>='} ${short(row.goal.value)} ${row.unit}`
      : '';
    return [
      row.bench,
      row.what,
      `${short(row.value)} ${row.unit}`,
      goal,
      row.goal ? (isMet(row) ? 'met' : 'MISSED') : '',
    ];
  });
  const all = [['', 'measured', 'result', 'goal', ''], ...lines];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @param {number[]} values @param {number} fraction 0..1 */
export function quantile(values, fraction) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)];
}
