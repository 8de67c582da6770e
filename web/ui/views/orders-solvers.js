/**
 * The solvers: who delivers and who does not, and what operators do with them.
 */
import { registerSolver, suspendSolver } from '../lib/api-orders.js';
import { duration, integer, percent } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { bookNow } from '../lib/orders.js';
import { may } from '../lib/session.js';
import { badge, status } from '../components/badge.js';
import { button } from '../components/button.js';
import { copyBox } from '../components/copy-box.js';
import { openDialog } from '../components/dialog.js';
import { field, form, selectField } from '../components/form.js';
import { message, panel } from '../components/panel.js';
import { table } from '../components/table.js';
import { toast } from '../components/toast.js';
import { depositDialog } from './orders-add.js';

const SPANS_S = [600, 3600, 86400, 30 * 86400];

/** Most deliveries first, fewest failures among equals. */
const byMerit = (a, b) => b.wins - a.wins || a.failures - b.failures || (a.id < b.id ? -1 : 1);

async function register(page) {
  const made = await openDialog({
    title: t('orders.register'),
    body: (close) => form({
      id: 'solver-form',
      submit: t('orders.register'),
      onsubmit: async ({ id, pubkey }) => close(await registerSolver(pubkey ? { id, pubkey } : { id })),
      fields: [
        field({ name: 'id', label: t('orders.solverId'), hint: t('orders.idHint'), input: { maxlength: 64, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none' } }),
        field({ name: 'pubkey', label: t('orders.pubkey'), hint: t('orders.pubkeyHint'), optional: true, input: { maxlength: 64, autocomplete: 'off', spellcheck: 'false' } }),
      ],
    }),
  });
  if (!made) return;
  await page.state.changed();
  if (!made.secret) {
    toast(t('orders.registered', { name: made.id }));
    return;
  }
  await openDialog({
    title: t('orders.registered', { name: made.id }),
    body: el('div', { class: 'stack' }, message('wait', t('orders.once'), t('orders.onceText')),
      copyBox({ label: t('orders.secret'), text: made.secret })),
  });
}

async function suspend(page, solver) {
  const { id, suspended } = solver;
  let until = 0;
  if (!suspended) {
    const seconds = await openDialog({
      title: t('orders.suspendName', { name: id }),
      body: (close) => form({
        id: 'suspend-form', submit: t('orders.suspend'), kind: 'danger', onsubmit: async (values) => close(Number(values.span)),
        fields: [selectField({ name: 'span', label: t('orders.suspendFor'), options: SPANS_S.map((s) => [String(s), duration(s)]) })],
      }),
    });
    if (!seconds) return;
    until = Math.ceil(bookNow()) + seconds;
  }
  await suspendSolver(solver, until);
  await page.state.changed();
}

function stateOf({ suspended, suspended_until_s: until, cool_until_s: cool }) {
  const now = bookNow();
  if (suspended) return status('bad', t('orders.suspended', { time: duration(until - now) }));
  if (cool > now) return status('wait', t('orders.cooling', { time: duration(cool - now) }));
  return status('good', t('orders.ready'));
}

const actions = (page, solver) => el('div', { class: 'row' },
  page.data.status.unsafe ? null : button({ label: t('orders.deposit'), onclick: () => depositDialog(page, `solvers/${solver.id}`, t('orders.depositFor', { name: solver.id })) }),
  button({ label: t(solver.suspended ? 'orders.release' : 'orders.suspend'), kind: solver.suspended ? '' : 'danger', onclick: () => suspend(page, solver) }));

export function league(page) {
  const { solvers, status: { unsafe } } = page.data;
  const operator = may('admin');
  const rows = [...solvers].sort(byMerit);
  const ratio = ({ wins, failures }) => (wins + failures ? percent(wins / (wins + failures)) : '—');
  return panel({
    id: 'solvers', title: t('orders.league'),
    actions: operator ? [button({ label: t('orders.register'), icon: 'plus', onclick: () => register(page) })] : [],
  }, rows.length ? table({
    caption: t('orders.league'), rows, key: ({ id }) => id,
    columns: [
      { id: 'solver', label: t('orders.solver'), head: true, cell: (solver) => el('span', {}, `${rows.indexOf(solver) + 1}. ${clean(solver.id)} `, solver.registered ? badge(t('orders.known'), 'info') : null) },
      { id: 'wins', label: t('orders.wins'), amount: true, cell: ({ wins }) => integer(wins) },
      { id: 'failures', label: t('orders.failures'), amount: true, cell: ({ failures }) => integer(failures) },
      { id: 'ratio', label: t('orders.kept'), amount: true, cell: ratio },
      ...(unsafe ? [] : [
        { id: 'available', label: t('orders.available'), amount: true, cell: ({ available }) => integer(available) },
        { id: 'locked', label: t('orders.locked'), amount: true, cell: ({ locked }) => integer(locked) },
      ]),
      { id: 'state', label: t('orders.state'), cell: stateOf },
      ...(operator ? [{ id: 'actions', label: t('orders.actions'), actions: true, cell: (solver) => actions(page, solver) }] : []),
    ],
  }) : el('p', { class: 'soft' }, t('orders.noSolvers')));
}
