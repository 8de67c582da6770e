import { actions, showClaim } from './actions';
import { restoreInit } from './backups';
import { setDependencies } from './dependencies';
import { setInterfaces } from './interfaces';
import { sdk } from './sdk';
import { versionGraph } from './versions';

/* Nobody owns a fresh box: whoever installs it is asked to. A critical task would forbid the start, and only what runs has a code. */
const askForOwner = sdk.setupOnInit(async (effects, kind) => {
  if (kind === 'install') {
    await sdk.action.createOwnTask(effects, showClaim, 'important', { reason: 'Become the owner and set the admin password' });
  }
});

export const init = sdk.setupInit(restoreInit, versionGraph, setInterfaces, setDependencies, actions, askForOwner);
export const uninit = sdk.setupUninit(versionGraph);
