/**
 * How much sells here, for how much and how soon: as a whole, over time, by asset. Open to everybody, as the market is.
 */
import { readStats } from '../lib/api-market.js';
import { follow } from '../lib/box.js';
import { boxNow, btc, day, integer, percent, timeAt } from '../lib/format.js';
import { clean, el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { setQuery } from '../lib/router.js';
import { bars } from '../components/bars.js';
import { selectField } from '../components/form.js';
import { roughly } from '../components/lot.js';
import { pageHead, panel } from '../components/panel.js';
import { stat } from '../components/stat.js';
import { empty } from '../components/states.js';
import { table } from '../components/table.js';

const DAY_S = 86400;
/** What is looked at, and in what portions. */
const SPANS = { month: { back: 30 * DAY_S, window: DAY_S }, year: { back: 365 * DAY_S, window: 30 * DAY_S }, all: { back: 0, window: 30 * DAY_S } };
const BARS_MAX = 60;
const SOON_MS = 1000;

export const title = () => t('stats.title');

const chosen = (page, name, values) => {
  const asked = page.state[name] ?? page.query.get(name) ?? '';
  return values.includes(asked) ? asked : values[0];
};
const spanOf = (page) => chosen(page, 'span', Object.keys(SPANS));
const measureOf = (page) => chosen(page, 'measure', ['sales', 'volume']);

export function load(page) {
  const { back, window } = SPANS[spanOf(page)];
  return readStats({ from: back ? Math.floor(boxNow() / 1000) - back : null, window }, page.left);
}

/** A block moves many lots at once: one question for all of them. */
export function open(page) {
  let due = 0;
  const soon = () => {
    due ||= setTimeout(() => {
      due = 0;
      if (!page.left.aborted) page.refresh();
    }, SOON_MS);
  };
  follow({ frame: ({ type }) => { if (type === 'listing') soon(); }, reload: soon }, page);
}

const orNone = (value, write) => (value === null ? '—' : write(value));

function tiles(all) {
  const { sold, closed, expired } = all.by_status;
  return el('div', { class: 'grid tiles' },
    stat({ id: 'tile-sales', label: t('stats.sales'), value: integer(all.sales), note: t('stats.listed', { n: Object.values(all.by_status).reduce((sum, n) => sum + n, 0) }) }),
    stat({ id: 'tile-volume', label: t('stats.volume'), value: btc(all.volume_sats).replace(' BTC', ''), unit: 'BTC', note: t('stats.median', { sats: orNone(all.median_sats, integer) }) }),
    stat({ id: 'tile-success', label: t('stats.success'), value: orNone(all.success_permille, (n) => percent(n / 1000)), note: t('stats.of', { sold: integer(sold), ended: integer(sold + closed + expired) }) }),
    stat({ id: 'tile-blocks', label: t('stats.soon'), value: orNone(all.median_blocks, integer), unit: all.median_blocks === null ? '' : t('stats.blocks', { n: all.median_blocks }), note: all.median_blocks === null ? '' : roughly(all.median_blocks) }));
}

/** Every window of the span in turn, also those in which nothing was sold. */
function everyWindow({ windows, window_s: step }, back) {
  const known = new Map(windows.map((each) => [each.from, each]));
  const begin = (s) => Math.floor(s / step) * step;
  const now = boxNow() / 1000;
  const last = Math.max(begin(now), windows.at(-1).from); /* a block's time may lie ahead */
  const first = Math.max(back ? Math.min(begin(now - back), windows[0].from) : windows[0].from, last - (BARS_MAX - 1) * step);
  return Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => known.get(first + i * step) ?? { from: first + i * step, sales: 0, volume_sats: 0 });
}

function overTime(page) {
  const measure = measureOf(page);
  const write = (each) => (measure === 'sales' ? t('stats.nSales', { n: each.sales }) : btc(each.volume_sats));
  const unit = page.data.window_s > DAY_S ? 'month' : 'day';
  return bars({
    id: 'over-time', label: t(`stats.overTime.${measure}`), nameLabel: t('stats.from'), valueLabel: t(`stats.${measure}`),
    rows: everyWindow(page.data, SPANS[spanOf(page)].back).map((each) => ({ key: each.from, name: unit === 'day' ? timeAt(each.from, 'day') : day(new Date(each.from * 1000).toISOString()), value: measure === 'sales' ? each.sales : each.volume_sats, text: write(each) })),
  });
}

const assetTable = (assets) => table({
  caption: t('stats.assets'),
  rows: assets,
  key: ({ asset }) => asset,
  columns: [
    { id: 'asset', label: t('stats.asset'), head: true, cell: ({ asset }) => el('a', { href: `/?${new URLSearchParams({ asset, show: 'all' })}` }, clean(asset)) },
    { id: 'sales', label: t('stats.sales'), amount: true, cell: (each) => integer(each.sales) },
    { id: 'success', label: t('stats.success'), amount: true, cell: (each) => orNone(each.success_permille, (n) => percent(n / 1000)) },
    { id: 'median', label: t('stats.medianPrice'), amount: true, cell: (each) => orNone(each.median_sats, (n) => `${integer(n)} sat`) },
    { id: 'soon', label: t('stats.soon'), amount: true, cell: (each) => orNone(each.median_blocks, (n) => `${integer(n)} ${t('stats.blocks', { n })}`) },
    { id: 'volume', label: t('stats.volume'), amount: true, cell: (each) => btc(each.volume_sats) },
  ],
});

function choice(page, name, values) {
  return selectField({
    name, label: t(`stats.${name}`), chosen: chosen(page, name, values), options: values.map((value) => [value, t(`stats.${name}.${value}`)]),
    onchange: ({ target }) => {
      page.state[name] = target.value;
      setQuery({ [name]: target.value });
      return page.reload();
    },
  });
}

export function render(page) {
  const { data } = page;
  const listed = Object.values(data.by_status).some((n) => n > 0);
  const assets = data.assets.filter(({ asset }) => asset !== null);
  return [
    pageHead(t('stats.title'), { intro: t('stats.intro') }),
    el('div', { class: 'stack' },
      el('div', { class: 'filter-row', id: 'stats-filter', 'data-island': true }, choice(page, 'span', Object.keys(SPANS)), choice(page, 'measure', ['sales', 'volume'])),
      listed ? [
        tiles(data),
        panel({ id: 'time', title: t(`stats.overTime.${measureOf(page)}`) },
          data.windows.length ? overTime(page) : empty({ title: t('stats.noSales'), text: t('stats.noSalesText'), sign: 'chart' })),
        assets.length ? panel({ id: 'assets', title: t('stats.assets'), intro: t('stats.assetsIntro') }, assetTable(assets)) : null,
      ] : empty({ title: t('stats.none'), text: t('stats.noneText'), sign: 'chart' }),
      data.not_counted ? el('p', { class: 'soft small' }, t('stats.notCounted', { n: data.not_counted })) : null),
  ];
}
