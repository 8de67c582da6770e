/**
 * What an amount is worth in dollars, with age and state: "≈ 123.45 USD · 4 sec". Nothing while no price is known. The
 * view names the strings 'hint' in routes.js and calls followPriceHint of lib/price-hint.js when it opens.
 */
import { duration, usdExact } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { priceHintNow } from '../lib/price-hint.js';

const SATS_A_BITCOIN = 1e8;

/** @param {number} sats @returns {HTMLElement|null} */
export function priceHint(sats) {
  const hint = priceHintNow();
  if (!hint) return null;
  const sure = hint.state === 'ok';
  const text = t('hint.value', { value: usdExact((sats / SATS_A_BITCOIN) * hint.usd), age: duration(hint.ageS) });
  return el('span', { class: `usd-hint ${sure ? '' : 'unsure'}`, title: t('hint.title') },
    text, sure ? null : ` · ${t(`hint.${hint.state}`)}`);
}
