/**
 * Dialogs of order auctions: new orders, by hand or from a table, and money that has arrived.
 */
import { addOrders, bookDeposit } from '../lib/api-orders.js';
import { el } from '../lib/html.js';
import { idempotencyKey } from '../lib/http.js';
import { t } from '../lib/i18n.js';
import { openDialog } from '../components/dialog.js';
import { field, form } from '../components/form.js';
import { toast } from '../components/toast.js';

/** @param {any} page */
export async function addDialog(page) {
  const key = idempotencyKey();
  const file = el('input', { type: 'file', accept: '.csv,text/csv' });
  const linesOf = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);
  const made = await openDialog({
    title: t('orders.add'),
    body: (close) => form({
      id: 'add-form',
      submit: t('orders.add'),
      check: ({ lines }) => ({ lines: linesOf(lines).length || file.files.length ? '' : t('orders.addNeeded') }),
      onsubmit: async ({ lines }) => close(await addOrders(file.files.length
        ? new Blob([file.files[0]], { type: 'text/csv' }) : linesOf(lines).map((description) => ({ description })), key)),
      fields: [
        field({ name: 'lines', label: t('orders.lines'), hint: t('orders.linesHint'), control: el('textarea', { rows: 4 }) }),
        field({ name: 'csv', label: t('orders.csv'), hint: t('orders.csvHint'), optional: true, control: file }),
      ],
    }),
  });
  if (!made) return;
  toast(t('orders.added', { n: made.count }));
  await page.state.changed();
}

/** @param {any} page @param {string} owner see bookDeposit @param {string} title @param {number} [amount] */
export async function depositDialog(page, owner, title, amount) {
  const done = await openDialog({
    title,
    body: (close) => form({
      id: 'deposit-form',
      submit: t('orders.deposit'),
      check: (values) => ({ amount: Number.isSafeInteger(Number(values.amount)) && Number(values.amount) !== 0 ? '' : t('orders.amountNeeded'), proof: values.proof.trim() ? '' : t('orders.proofNeeded') }),
      onsubmit: async (values) => {
        await bookDeposit(owner, { amount: Number(values.amount), proof: values.proof.trim() });
        close(true);
      },
      fields: [
        field({ name: 'amount', label: t('orders.amount'), hint: amount ? null : t('orders.amountHint'), input: { inputmode: 'numeric', value: amount } }),
        field({ name: 'proof', label: t('orders.proof'), hint: t('orders.proofHint'), input: { maxlength: 95, autocomplete: 'off' } }),
      ],
    }),
  });
  if (!done) return;
  toast(t('orders.booked'));
  await page.state.changed();
}
