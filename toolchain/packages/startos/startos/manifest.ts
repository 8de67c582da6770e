import { setupManifest } from '@start9labs/start-sdk';

export const manifest = setupManifest({
  id: 'gavel',
  title: 'gavel',
  license: 'MIT',
  packageRepo: 'https://gavel.invalid/startos',
  upstreamRepo: 'https://gavel.invalid/source',
  marketingUrl: 'https://gavel.invalid',
  donationUrl: null,
  description: {
    short: 'An auction house that nobody else runs for you',
    long: 'Dutch auctions of Counterparty assets beside your own pruned node, one signed PSBT revealed for each block, and the price of bitcoin from your own mempool.',
  },
  volumes: ['main'],
  images: { main: { source: { dockerTag: 'gavel/gavel:0.1.0' }, arch: ['x86_64', 'aarch64'] } },
  dependencies: {
    bitcoind: {
      description: 'Blocks, mempool and notifications come from it; pruned is enough.',
      optional: false,
      s9pk: null,
    },
  },
});
