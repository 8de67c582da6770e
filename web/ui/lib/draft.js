/**
 * What a person typed and the box does not have yet: kept in this browser until it is sent, so that a reload loses
 * nothing. Never passwords.
 */

const key = (name) => `gavel.draft.${name}`;

/** @param {string} name @returns {Object<string, any>} empty when there is none */
export function readDraft(name) {
  try {
    return JSON.parse(sessionStorage.getItem(key(name))) ?? {};
  } catch {
    return {};
  }
}

/** @param {string} name @param {Object<string, any>} values without secrets */
export function keepDraft(name, values) {
  try {
    sessionStorage.setItem(key(name), JSON.stringify(values));
  } catch {
    /* storage is refused: what is typed lives as long as the page */
  }
}

/** @param {string} name */
export function dropDraft(name) {
  try {
    sessionStorage.removeItem(key(name));
  } catch {
    /* nothing was kept */
  }
}
