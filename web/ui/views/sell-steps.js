/**
 * What the steps of selling share.
 */

/** Where the plan is kept, see lib/draft.js. */
export const DRAFT = 'sell.plan';

/** @param {number} step */
export function goTo(page, step) {
  page.state.step = step;
  page.draw();
  scrollTo(0, 0);
}
