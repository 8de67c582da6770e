import { hostId, port } from './interfaces';
import { sdk } from './sdk';

/* The user of the image, who owns no volume here. */
const uid = 1000;

export const main = sdk.setupMain(async ({ effects }) => {
  const mounts = sdk.Mounts.of()
    .mountVolume({ volumeId: 'main', subpath: null, mountpoint: '/data', readonly: false })
    /* Its cookie, which is root's there, and nothing that could be changed. */
    .mountDependency({
      dependencyId: 'bitcoind',
      volumeId: 'main',
      subpath: null,
      mountpoint: '/bitcoin',
      readonly: true,
      idmap: [{ fromId: 0, toId: uid }],
    });
  const subcontainer = sdk.SubContainer.of(effects, { imageId: 'main' }, mounts, 'gaveld');
  /* gaveld serves any address, but only names that it was told; with a new one it starts again. */
  const names = await sdk.host
    .getOwn(effects, hostId, (host) => {
      const page = host?.bindings[port]?.interfaces['ui']?.addressInfo;
      const named = page?.filter({ kind: ['mdns', 'domain', 'plugin'] }).hostnames ?? [];
      return [...new Set(named.map(({ hostname }) => hostname))].sort().join(',');
    })
    .const();
  return sdk.Daemons.of(effects)
    .addOneshot('own-data', {
      subcontainer,
      exec: { command: ['chown', '-R', `${uid}:${uid}`, '/data'], user: 'root' },
      requires: [],
    })
    .addDaemon('gaveld', {
      subcontainer,
      exec: {
        command: ['/usr/sbin/gaveld'],
        env: {
          GAVEL_WEB__HOSTS: names,
          /* Where the proxy of StartOS speaks from: without it all users would share one lockout. */
          GAVEL_WEB__TRUSTED_PROXIES: await sdk.getOsIp(effects),
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
      requires: ['own-data'],
    });
});
