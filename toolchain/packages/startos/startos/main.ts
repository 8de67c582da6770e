import { port } from './interfaces';
import { sdk } from './sdk';

export const main = sdk.setupMain(async ({ effects }) => {
  const mounts = sdk.Mounts.of()
    .mountVolume({ volumeId: 'main', subpath: null, mountpoint: '/data', readonly: false })
    /* Its cookie, and nothing that could be changed. */
    .mountDependency({ dependencyId: 'bitcoind', volumeId: 'main', subpath: null, mountpoint: '/bitcoin', readonly: true });
  return sdk.Daemons.of(effects).addDaemon('gaveld', {
    subcontainer: await sdk.SubContainer.of(effects, { imageId: 'main' }, mounts, 'gaveld'),
    exec: {
      command: ['/usr/sbin/gaveld'],
      env: {
        GAVEL_NODE__URL: 'http://bitcoind.startos:8332',
        GAVEL_NODE__COOKIE_FILE: '/bitcoin/.cookie',
      },
    },
    ready: {
      display: 'Page',
      fn: () =>
        sdk.healthCheck.checkPortListening(effects, port, {
          successMessage: 'The page answers',
          errorMessage: 'The page does not answer yet',
        }),
    },
    requires: [],
  });
});
