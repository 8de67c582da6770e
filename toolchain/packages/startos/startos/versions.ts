import { IMPOSSIBLE, VersionGraph, VersionInfo } from '@start9labs/start-sdk';

/* The daemon migrates its own data, forward only. */
const current = VersionInfo.of({
  version: '0.1.0:0',
  releaseNotes: 'First release.',
  migrations: { up: async () => undefined, down: IMPOSSIBLE },
});

export const versionGraph = VersionGraph.of({ current, other: [] });
