/**
 * Which wallets can sign for a sale, as far as it is known. A seller signs SINGLE|ANYONECANPAY (0x83), which few wallets
 * offer; a buyer signs everything (0x01), beside an input that is signed already.
 *
 * Sources: RPC help of Bitcoin Core; bitcoin-core/gui 712; sparrow 706 and 1903; electrum 8687 and 8743; LedgerHQ/app-bitcoin-new
 * 124; SeedSigner 545; unisat-wallet/dev-support 33; leather-io/extension 3859. As of November 2026.
 */
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { badge } from './badge.js';
import { table } from './table.js';

const WALLETS = [
  { id: 'coreRpc', seller: 'yes', buyer: 'yes' },
  { id: 'coreGui', seller: 'no', buyer: 'yes' },
  { id: 'sparrow', seller: 'try', buyer: 'yes' },
  { id: 'electrum', seller: 'try', buyer: 'yes' },
  { id: 'coldcard', seller: 'try', buyer: 'try' },
  { id: 'ledger', seller: 'no', buyer: 'try' },
  { id: 'trezor', seller: 'no', buyer: 'try' },
  { id: 'seedsigner', seller: 'no', buyer: 'try' },
  { id: 'browser', seller: 'no', buyer: 'no' },
];
const LEVEL = { yes: 'good', try: 'wait', no: 'bad' };

/** @param {'seller'|'buyer'} role */
export const walletTable = (role) =>
  el('div', { class: 'wallets' }, table({
    caption: t(`wallets.caption.${role}`),
    showCaption: true,
    rows: WALLETS,
    key: (wallet) => wallet.id,
    columns: [
      { id: 'wallet', label: t('wallets.wallet'), head: true, cell: (wallet) => t(`wallets.name.${wallet.id}`) },
      { id: 'can', label: t('wallets.can'), cell: (wallet) => badge(t(`wallets.${wallet[role]}`), LEVEL[wallet[role]]) },
      { id: 'note', label: t('wallets.note'), cell: (wallet) => t(`wallets.${role}.${wallet.id}`) },
    ],
  }));
