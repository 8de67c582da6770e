/**
 * Who is signed in. The cookie is out of reach of scripts; a mark in the storage says whether asking is worth it.
 */
import { closeSession, openSession, readSession } from './api.js';
import { useCsrf } from './http.js';
import { signal } from './signal.js';

const MARK = 'gavel.signed-in';

/** @type {ReturnType<typeof signal<Session|null>>} */
export const session = signal(null);

function marked() {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return true;
  }
}

function mark(signedIn) {
  try {
    if (signedIn) localStorage.setItem(MARK, '1');
    else localStorage.removeItem(MARK);
  } catch {
    /* without storage the box is asked each time */
  }
}

/** @param {Session|null} opened */
export function adopt(opened) {
  useCsrf(opened ? opened.csrf : null);
  mark(opened !== null);
  session.set(opened);
}

/** At start, and when the CSRF token turned out to be old. @returns {Promise<boolean>} signed in */
export async function restore() {
  if (!marked()) return false;
  try {
    adopt(await readSession());
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) adopt(null);
  }
  return session.get() !== null;
}

/** @param {{name: string, password: string, totp?: string}} credentials */
export async function signIn(credentials) {
  adopt(await openSession(credentials));
}

export async function signOut() {
  try {
    await closeSession();
  } finally {
    adopt(null);
  }
}

/**
 * Whether to show what needs it; the box decides.
 * @param {string} [needs] nothing: everybody; 'user': who is signed in; 'owner'; else a scope as "admin"
 */
export function may(needs) {
  const now = session.get();
  if (!needs) return true;
  if (!now) return false;
  return needs === 'user' || now.user.role === 'owner' || now.scopes.includes(needs);
}
