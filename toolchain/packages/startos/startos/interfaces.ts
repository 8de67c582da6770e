import { sdk } from './sdk';

export const hostId = 'web';
export const port = 8480;

/* Page and API share one port; StartOS speaks TLS in front of it. */
export const setInterfaces = sdk.setupInterfaces(async ({ effects }) => {
  const host = sdk.MultiHost.of(effects, hostId);
  const origin = await host.bindPort(port, { protocol: 'http' });
  const common = { masked: false, username: null, query: {}, schemeOverride: null };
  const ui = sdk.createInterface(effects, { ...common, id: 'ui', name: 'Page', description: 'Market, price and administration', type: 'ui', path: '' });
  const api = sdk.createInterface(effects, { ...common, id: 'api', name: 'API', description: 'For wallets and programs', type: 'api', path: '/api/v1' });
  return [await origin.export([ui, api])];
});
