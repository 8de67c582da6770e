/** Looking at pages as people do: sizes, themes, pictures kept in the build folder or for the README, and what axe-core finds. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BUILD_DIR } from './process.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = join(BUILD_DIR, 'screenshots');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const GRAVE = ['serious', 'critical'];

export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 780 } };

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {'auto'|'light'|'dark'|'contrast'} theme */
export const setTheme = (page, theme) =>
  page.evaluate((name) => {
    document.documentElement.dataset.theme = name;
    localStorage.setItem('gavel.theme', name);
  }, theme);

/** What axe-core calls serious or worse. @param {Page} page @param {string} where */
export async function assertAccessible(page, where) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(
    async (tags) => (await globalThis.axe.run(document, { runOnly: tags })).violations,
    RULES,
  );
  const grave = violations
    .filter(({ impact }) => GRAVE.includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
  assert.deepEqual(grave, [], where);
}

/** @param {Page} page @param {string} where */
export async function assertFits(page, where) {
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(over <= 0, `${where}: ${over} px wider than the screen`);
}

/**
 * The page as it stands, in both sizes and in themes light and dark (high contrast on the phone): nothing wider than the
 * screen, nothing serious for axe-core, a picture of each.
 * @param {Page} page @param {string} name of the pictures
 */
export async function inspect(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  const looks = /** @type {const} */ ([
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
    ['phone', 'contrast'],
  ]);
  for (const [size, theme] of looks) {
    const where = `${name}-${size}-${theme}`;
    await page.setViewportSize(SIZES[size]);
    await setTheme(page, theme);
    await page.waitForTimeout(200); // colours fade
    await assertFits(page, where);
    await assertAccessible(page, where);
    await page.screenshot({ path: join(PICTURES, `${where}.png`), fullPage: true });
  }
  await page.setViewportSize(SIZES.desktop);
  await setTheme(page, 'auto');
}

/**
 * The picture that the README shows of this page; taken only when GAVEL_PICTURES names the folder of such pictures.
 * @param {Page} page @param {string} name of the picture
 * @param {{size?: keyof typeof SIZES, height?: number}} [how] `height` is what is shown of a long page
 */
export async function portray(page, name, { size = 'desktop', height } = {}) {
  if (!process.env.GAVEL_PICTURES) return;
  const path = join(process.env.GAVEL_PICTURES, `${name}.png`);
  await page.setViewportSize(height ? { ...SIZES[size], height } : SIZES[size]);
  await setTheme(page, 'light');
  await page.waitForTimeout(200); // colours fade
  await page.screenshot({ path, fullPage: !height });
  await page.setViewportSize(SIZES.desktop);
  await setTheme(page, 'auto');
}

/** On the sign-in page. @param {Page} page @param {{name: string, password: string}} person */
export async function signIn(page, { name, password }) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/login');
}
