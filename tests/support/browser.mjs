/** Chromium of the distribution, driven without a window, with a profile of its own. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { makeTempDir, removeTempDir } from './process.mjs';

const PROGRAMS = [
  process.env.GAVEL_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

export class Browser {
  /** @param {import('playwright-core').BrowserContextOptions} [options] */
  static async open(options = {}) {
    const executablePath = PROGRAMS.find((path) => path && existsSync(path));
    if (!executablePath)
      throw new Error('no Chromium found: install the package chromium, or set GAVEL_CHROMIUM');
    const browser = new Browser();
    browser.profile = makeTempDir('chromium');
    browser.context = await chromium.launchPersistentContext(browser.profile, {
      executablePath,
      args: ARGS,
      headless: true,
      ignoreHTTPSErrors: true,
      ...options,
    });
    return browser;
  }

  /** A page that reports what goes wrong inside it. @returns {Promise<{page: import('playwright-core').Page, problems: string[]}>} */
  async newPage() {
    const page = await this.context.newPage();
    /** @type {string[]} */
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    return { page, problems };
  }

  async close() {
    await this.context.close();
    removeTempDir(this.profile);
  }
}
