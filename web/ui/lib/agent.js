/**
 * What a browser calls itself, in the few words a person knows it by.
 */

/* The first that fits: most browsers name others as well, for old servers. */
const BROWSERS = [['Edge', /Edg\w*\/(\d+)/], ['Opera', /OPR\/(\d+)/], ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/], ['Safari', /Version\/(\d+).*Safari/]];
const SYSTEMS = [['iPhone', /iPhone/], ['iPad', /iPad/], ['Android', /Android/], ['Windows', /Windows/], ['macOS', /Mac OS X/], ['Linux', /Linux|X11/]];

/** @param {string} agent a User-Agent header @returns {{browser: string, system: string}|null} null: nothing known */
export function agentOf(agent) {
  const browser = BROWSERS.map(([name, rule]) => [name, rule.exec(agent)]).find(([, found]) => found);
  const system = SYSTEMS.find(([, rule]) => rule.test(agent));
  return browser && system ? { browser: `${browser[0]} ${browser[1][1]}`, system: system[0] } : null;
}
