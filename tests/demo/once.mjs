/** One whole sale without a person, a line per step; any step that fails throws. */
import assert from 'node:assert/strict';
import { fundBuyer, listOffer, makeSellerCoins, purchase } from './people.mjs';

const RUNGS = 6;

/** @param {import('../support/world.mjs').World} world @param {(text: string) => void} say */
export async function playOnce(world, say) {
  const { json: node } = await world.api.get('/api/v1/node');
  say(
    `gaveld follows the node: ${node.network}, height ${node.height}, ${node.pruned ? 'pruned' : 'not pruned'}`,
  );
  const buyer = await fundBuyer(world, 'Bob', 1);
  const start = (await world.height()) + 3;
  const offer = {
    asset: 'RAREPEPE',
    quantity: 1n,
    divisible: false,
    start,
    end: start + RUNGS - 1,
    startPrice: 100000,
    endPrice: 75000,
    after: 3,
  };
  const [coin] = await makeSellerCoins(world, 0, 1);
  say(`Alice holds 1 ${offer.asset} on ${coin.txid.slice(0, 12)}..:${coin.vout}`);
  const { id, rungs } = await listOffer(world, offer, coin);
  say(
    `Alice signed ${rungs} PSBTs and listed it as ${id}: block ${offer.start} to ${offer.end}, ${offer.startPrice} to ${offer.endPrice} sat`,
  );
  assert.equal((await world.currentPsbt(id)).json.psbt, null, 'nothing is shown before the start');
  let price = Infinity;
  for (let height = start; height < start + 3; height++) {
    await world.mineTo(height);
    const { psbt } = (await world.currentPsbt(id)).json;
    assert.equal(psbt.block_number, height);
    assert.ok(psbt.price_sats < price, 'the price falls');
    price = psbt.price_sats;
    say(`block ${height}: ${price} sat, its PSBT is shown`);
  }
  const bought = await purchase(world, id, buyer);
  assert.equal(bought.price, price);
  say(`Bob signed and sent ${bought.txid.slice(0, 12)}.. for ${bought.price} sat`);
  await world.listingBecomes(id, { status: 'sold', spent_txid: bought.txid, confirmed: false });
  say('status: sold (provisional), no PSBT is shown any more');
  await world.mine(1);
  const sold = await world.listingBecomes(id, { status: 'sold', confirmed: true });
  assert.equal(sold.recipient, buyer.wallet.address);
  say(`block ${sold.spent_block}: the sale is confirmed`);
  await world.counterparty.ledger.follow();
  const holding = world.counterparty.ledger.holdings.get(`${bought.txid}:0`);
  assert.equal(holding?.balances[0].asset, offer.asset);
  say(`${offer.asset} is now on Bob's output ${bought.txid.slice(0, 12)}..:0`);
}
