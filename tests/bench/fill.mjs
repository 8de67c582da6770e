/** A full market: many listings of long ladders, signed here and posted through the public API. */
import { makeWallet } from '../support/keys.mjs';
import { makePlan } from '../support/signer.mjs';
import { ASSET_SATS } from '../support/world.mjs';
import { fastBody } from './fast-ladder.mjs';

const OUTPUTS_PER_TX = 1000;

/**
 * Listings that become active with the next block and stay so.
 * @param {import('../support/world.mjs').World} world
 * @param {number} count @param {number} rungs of each
 * @param {number} [uploads] at a time, as many as the board checks
 * @returns {Promise<{ids: number[], plans: import('../support/signer.mjs').Plan[]}>}
 */
export async function fillMarket(world, count, rungs, uploads = 2) {
  const wallet = makeWallet('p2wpkh', 'bench seller');
  const coins = [];
  while (coins.length < count) {
    const part = Math.min(OUTPUTS_PER_TX, count - coins.length);
    coins.push(
      ...(await world.faucet.pay(Array.from({ length: part }, () => ({ wallet, value: ASSET_SATS })))),
    );
  }
  for (const coin of coins) world.attachOne(coin);
  await world.synced();
  const start = (await world.height()) + 1;
  const plans = coins.map((coin) =>
    makePlan({ coin, start, end: start + rungs - 1, startPrice: 300000, after: 144 }),
  );
  const ids = [];
  const waiting = [...plans];
  const upload = async () => {
    for (let plan = waiting.pop(); plan; plan = waiting.pop()) {
      const answer = await world.post(fastBody(plan));
      if (answer.status !== 201) throw new Error(`listing refused: ${answer.status} ${answer.text}`);
      ids.push(answer.json.listing_id);
    }
  };
  await Promise.all(Array.from({ length: uploads }, upload));
  await world.mine(1);
  return { ids, plans };
}
