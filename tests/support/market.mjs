/** Lots in different states, for pages worth looking at. */

/**
 * Four lots on sale from the next block but one, the last of them later.
 * @param {import('./world.mjs').World} world
 * @returns {Promise<{id: number, plan: import('./signer.mjs').Plan}[]>}
 */
export async function fillMarket(world) {
  const names = ['RAREPEPE', 'PEPECASH', 'FROGKING', 'SATOSHICARD'];
  const coins = await world.assetCoins(names.length);
  const start = (await world.height()) + 2;
  const lots = [];
  for (const [i, asset] of names.entries()) {
    world.attachOne(coins[i], { asset });
    const plan = await world.plan({
      coin: coins[i],
      asset,
      start: start + (i === 3 ? 20 : 0),
      end: start + 30,
      startPrice: 250000 - 40000 * i,
      decrement: 1500,
    });
    lots.push({ id: await world.list(plan), plan });
  }
  await world.mineTo(start);
  return lots;
}
