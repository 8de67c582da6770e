/**
 * The shell around every page. It finds the view of an address, loads it with its words and styles, draws
 * it again when its data change, and says what concerns every page: the link to the box, the node, who is signed in.
 */
import { AREAS_ALWAYS, routes } from './routes.js';
import { failed, loading } from './components/states.js';
import { drawShell, setCurrentPage, startShell } from './components/shell.js';
import { askAhead } from './lib/ahead.js';
import { changesTold, openStream } from './lib/box.js';
import { el } from './lib/html.js';
import { on } from './lib/http.js';
import { language, loadStrings, t } from './lib/i18n.js';
import { morph } from './lib/morph.js';
import { match, navigate, startRouter } from './lib/router.js';
import { adopt, may, restore, session } from './lib/session.js';

/**
 * @typedef {Object} Page what a view gets
 * @property {Object<string, string>} params of the path
 * @property {URLSearchParams} query
 * @property {Object<string, any>} state the view's own, for as long as the page is open
 * @property {any} data what load() gave
 * @property {AbortSignal} left aborted when the page is left; give it to calls and listeners
 * @property {() => void} draw render again, soon: many calls make one drawing
 * @property {() => Promise<void>} reload load() again, then draw; only the newest answer counts
 * @property {() => Promise<void>} refresh reload() unasked: of a box that does not answer the shell tells
 * @property {Promise<void>} settled when nothing is being read any more
 * @property {number} changes what the stream had told when its reading began
 * @property {(ms: number, work: () => void) => void} every until the page is left, and only while it is visible
 *
 * @typedef {Object} View a module in views/
 * @property {(page: Page) => string} title
 * @property {(page: Page) => Promise<any>} [load] a Problem shows as error or offline state
 * @property {(page: Page) => any} render Nodes; called for every drawing, see lib/morph.js
 * @property {(page: Page) => void} [open] once, after the first drawing: subscriptions, timers
 */

const DRAW_MS = 30;
const RETRY_MS = 5000;
const main = document.getElementById('main');
/** The page that is open. @type {{leave: AbortController, draw: () => void}|null} */
let present = null;

/** A page the person may not see leads to where that changes. @returns {string|null} another address */
function elsewhere(row, url) {
  if (may(row.needs)) return null;
  return session.get() ? '/' : `/login?next=${encodeURIComponent(url.pathname + url.search)}`;
}

/** @param {View} view @param {{params: any, url: URL}} at @param {AbortController} leave */
function makePage(view, { params, url }, leave) {
  let due = 0;
  let turns = 0;
  const page = {
    params,
    query: url.searchParams,
    state: {},
    data: undefined,
    left: leave.signal,
    settled: Promise.resolve(),
    changes: changesTold(),
    draw() {
      due ||= setTimeout(() => {
        due = 0;
        if (leave.signal.aborted || page.data === undefined) return;
        morph(main, el('main', { id: 'main', tabindex: -1 }, view.render(page)));
        document.title = t('shell.title', { page: view.title(page) });
      }, DRAW_MS);
    },
    reload() {
      const turn = ++turns;
      const read = (async () => {
        const data = await view.load?.(page);
        if (turn !== turns) return;
        page.data = data ?? null;
        page.draw();
      })().catch((problem) => { if (turn === turns) throw problem; });
      page.settled = read.catch(() => undefined);
      return read;
    },
    refresh: () => page.reload().catch(() => undefined),
    every(ms, work) {
      const timer = setInterval(() => { if (!document.hidden) work(); }, ms);
      leave.signal.addEventListener('abort', () => clearInterval(timer));
    },
  };
  return page;
}

/** The first drawing happens at once, so that the focus finds its heading. */
function drawFirst(view, page, why) {
  main.replaceChildren(...el('div', {}, view.render(page)).childNodes);
  document.title = t('shell.title', { page: view.title(page) });
  if (why === 'start') return;
  scrollTo(0, 0);
  (document.getElementById('page-title') ?? main).focus({ preventScroll: true });
}

/** @param {URL} url @param {'start'|'link'|'back'} why */
async function show(url, why) {
  const found = match(routes, url.pathname);
  const instead = found ? elsewhere(found.row, url) : '/';
  if (instead) {
    navigate(instead, { replace: true });
    return;
  }
  present?.leave.abort();
  const leave = new AbortController();
  present = { leave, draw: () => {} };
  setCurrentPage(url.pathname);
  if (why !== 'start') main.replaceChildren(loading());
  try {
    const looks = askAhead(found.row);
    looks.catch(() => undefined); /* told below, or by what fails before */
    const view = await found.row.view();
    const page = makePage(view, { params: found.params, url }, leave);
    const data = await view.load?.(page);
    await looks;
    page.data = data ?? null;
    if (leave.signal.aborted) return;
    drawFirst(view, page, why);
    present.draw = page.draw;
    view.open?.(page);
    loadStrings('problems').catch(() => undefined); /* until then the box's own words are shown */
    if (found.row.path !== '/setup') openStream(); /* a box without an owner has no stream */
  } catch (problem) {
    if (leave.signal.aborted || problem.name === 'AbortError') return;
    main.replaceChildren(failed(problem, () => show(url, 'link'), 'h1'));
    if (problem.status === undefined) throw problem;
    if (problem.code === 'offline') setTimeout(() => { if (!leave.signal.aborted) show(url, 'start'); }, RETRY_MS);
  }
}

/** Everything in view, in the language and for the person of now. */
function redraw() {
  drawShell();
  present?.draw();
}

function toLogin() {
  const there = location.pathname + location.search;
  adopt(null);
  if (location.pathname !== '/login') navigate(`/login?next=${encodeURIComponent(there)}`);
}

async function start() {
  on.signedOut = toLogin;
  on.renew = restore;
  on.unclaimed = () => { if (location.pathname !== '/setup') navigate('/setup', { replace: true }); };
  await Promise.all([loadStrings(...AREAS_ALWAYS), restore()]);
  session.listen(redraw);
  language.listen(redraw);
  startShell();
  redraw();
  startRouter(show, (path) => match(routes, path) !== null);
}

start();
