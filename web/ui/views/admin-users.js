/**
 * People of the box: roles, locks, second factors, new passwords.
 */
import { addUser, changeUser, listUsers, removeUser } from '../lib/api-admin.js';
import { ago, day } from '../lib/format.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { session } from '../lib/session.js';
import { adminPage } from '../components/admin-frame.js';
import { badge, status } from '../components/badge.js';
import { button } from '../components/button.js';
import { confirm, openDialog } from '../components/dialog.js';
import { choice, field, form, passwordField, selectField } from '../components/form.js';
import { table } from '../components/table.js';
import { toast } from '../components/toast.js';

const ROLES = ['owner', 'operator', 'host', 'bidder', 'viewer'];
const PASSWORD_MIN = 12;

export const title = () => t('admin.page.users');
export const load = async () => (await listUsers()).items;
export const open = (page) => page.every(30000, page.refresh);

const isMe = (user) => user.id === session.get()?.user.id;
const newPassword = (more) => passwordField({ name: 'password', hint: t('users.passwordHint'), input: { autocomplete: 'new-password' }, ...more });
const roleField = (chosen) => selectField({ name: 'role', label: t('users.role'), chosen, hint: t('users.roleHint'), options: ROLES.map((role) => [role, t(`users.roleIs.${role}`)]) });

async function done(page, text) {
  await page.reload();
  toast(text);
}

const addForm = (close) => form({
  id: 'user-form',
  submit: t('users.add'),
  check: ({ name, password }) => ({
    name: name.trim() ? '' : t('users.nameNeeded'),
    password: password.length >= PASSWORD_MIN ? '' : t('problem.password.short'),
  }),
  onsubmit: async ({ name, role, password }) => close(await addUser({ name: name.trim(), role, password })),
  fields: [
    field({ name: 'name', label: t('users.name'), hint: t('users.nameHint'), input: { maxlength: 32, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' } }),
    roleField('viewer'),
    newPassword({ label: t('users.password') }),
  ],
});

async function add(page) {
  const made = await openDialog({ title: t('users.new'), body: addForm });
  if (made) await done(page, t('users.added', { name: made.name }));
}

/** Only what differs is sent, and nothing when nothing does. */
function changesOf(user, { role, disabled, password }) {
  const changes = {};
  if (role !== user.role) changes.role = role;
  if (disabled !== undefined && disabled !== user.disabled) changes.disabled = disabled;
  if (password) changes.password = password;
  return changes;
}

const changeForm = (user, close) => form({
  id: 'user-form',
  submit: t('users.save'),
  check: ({ password }) => ({ password: !password || password.length >= PASSWORD_MIN ? '' : t('problem.password.short') }),
  onsubmit: async (values) => {
    const changes = changesOf(user, values);
    if (Object.keys(changes).length) await changeUser(user, changes);
    close('saved');
  },
  fields: [
    roleField(user.role),
    isMe(user) ? null : choice({ name: 'disabled', label: t('users.disable'), hint: t('users.disableHint'), checked: user.disabled }),
    newPassword({ label: t('users.newPassword'), optional: true }),
  ],
});

/** What cannot be taken back, each asked for again. */
const furtherSteps = (user, close) => el('div', { class: 'dialog-more row' },
  user.totp ? button({ label: t('users.dropTotp'), icon: 'lock', onclick: () => close('totp') }) : null,
  button({ label: t('users.remove'), icon: 'trash', kind: 'danger', onclick: () => close('remove') }));

async function change(page, user) {
  const { name } = user;
  const chosen = await openDialog({
    title: t('users.change', { name }),
    body: (close) => [changeForm(user, close), isMe(user) ? null : furtherSteps(user, close)],
  });
  if (chosen === 'saved') await done(page, t('users.changed', { name }));
  if (chosen === 'totp' && await confirm({ title: t('users.dropTotp'), text: t('users.dropTotpText', { name }), yes: t('users.dropTotp') })) {
    await changeUser(user, { totp: false });
    await done(page, t('users.totpDropped', { name }));
  }
  if (chosen === 'remove' && await confirm({ title: t('users.removeTitle', { name }), text: t('users.removeText'), yes: t('users.remove') })) {
    await removeUser(user.id);
    await done(page, t('users.removed', { name }));
  }
}

export function render(page) {
  const create = button({ label: t('users.new'), icon: 'plus', kind: 'primary', onclick: () => add(page) });
  return adminPage(page, { id: 'users', intro: t('users.intro'), actions: [create] },
    el('div', { class: 'panel', id: 'users' }, table({
      caption: t('admin.page.users'),
      rows: page.data,
      key: (user) => user.id,
      columns: [
        { id: 'name', label: t('users.name'), head: true, cell: (user) => el('span', {}, user.name, isMe(user) ? [' ', badge(t('users.you'), 'accent')] : null) },
        { id: 'role', label: t('users.role'), cell: (user) => t(`role.${user.role}`) },
        { id: 'state', label: t('users.state'), cell: (user) => (user.disabled ? status('bad', t('users.disabled')) : status('good', t('users.enabled'))) },
        { id: 'totp', label: t('users.totp'), cell: (user) => (user.totp ? t('users.totpOn') : t('users.totpOff')) },
        { id: 'seen', label: t('users.lastLogin'), cell: (user) => (user.last_login_at ? ago(user.last_login_at) : t('users.never')) },
        { id: 'since', label: t('users.since'), cell: (user) => day(user.created_at) },
        { id: 'change', label: t('users.edit'), actions: true, cell: (user) => el('div', { class: 'row' }, button({ label: t('users.edit'), icon: 'edit', attributes: { 'aria-label': t('users.change', { name: user.name }) }, onclick: () => change(page, user) })) },
      ],
    })));
}
