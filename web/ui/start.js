/**
 * What the document runs first: small, and it knows the page by its address. The files of that page and the words come
 * while those of the shell, which the document names, are still being read.
 */
import { AREAS_ALWAYS, routes } from './routes.js';
import { askAhead } from './lib/ahead.js';
import { loadStrings } from './lib/i18n.js';
import { match } from './lib/router.js';

const found = match(routes, location.pathname);
loadStrings(...AREAS_ALWAYS).catch(() => undefined); /* app.js asks again, and tells what went wrong */
if (found) askAhead(found.row).catch(() => undefined);
import('./app.js');
