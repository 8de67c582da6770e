/** Lots in different states, for pages worth looking at. */

/**
 * Three lots on sale, each begun five blocks after the one before, and a fourth that comes later.
 * @param {import('./world.mjs').World} world
 * @returns {Promise<{id: number, plan: import('./signer.mjs').Plan}[]>}
 */
export async function fillMarket(world) {
  const names = ['RAREPEPE', 'PEPECASH', 'FROGKING', 'SATOSHICARD'];
  const coins = await world.assetCoins(names.length);
  const start = (await world.height()) + 2;
  const begun = [start, start + 5, start + 10, start + 30];
  const lots = [];
  for (const [i, asset] of names.entries()) {
    world.attachOne(coins[i], { asset });
    const plan = await world.plan({
      coin: coins[i],
      asset,
      start: begun[i],
      end: start + 40,
      startPrice: 250000 - 40000 * i,
      decrement: 1500,
    });
    lots.push({ id: await world.list(plan), plan });
  }
  await world.mineTo(begun[2]);
  return lots;
}
