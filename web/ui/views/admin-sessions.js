/**
 * Everybody who is signed in, and a button that ends it.
 */
import { endSession, listSessions } from '../lib/api.js';
import { el } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { navigate } from '../lib/router.js';
import { signOut } from '../lib/session.js';
import { adminPage } from '../components/admin-frame.js';
import { confirm } from '../components/dialog.js';
import { sessionTable } from '../components/session-table.js';
import { toast } from '../components/toast.js';

export const title = () => t('admin.page.sessions');
export const load = async () => (await listSessions()).items;
export const open = (page) => page.every(15000, page.refresh);

async function end(page, row) {
  if (row.current) {
    await signOut();
    navigate('/login');
    return;
  }
  if (!await confirm({ title: t('sessions.endTitle', { name: row.user }), text: t('sessions.endText'), yes: t('account.end') })) return;
  await endSession(row.id);
  await page.reload();
  toast(t('account.sessionEnded'));
}

export const render = (page) =>
  adminPage(page, { id: 'sessions', intro: t('account.sessionsIntro') },
    el('div', { class: 'panel', id: 'sessions' },
      sessionTable({ caption: t('admin.page.sessions'), rows: page.data, people: t('sessions.person'), onend: (row) => end(page, row) })));
