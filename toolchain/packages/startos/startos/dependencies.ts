import { sdk } from './sdk';

export const setDependencies = sdk.setupDependencies(async () => ({
  bitcoind: { kind: 'running', versionRange: '>=27.0', healthChecks: ['bitcoind', 'sync-progress'] },
}));
