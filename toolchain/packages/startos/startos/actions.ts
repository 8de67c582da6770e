import { sdk } from './sdk';

/** The claim code of a fresh box; once somebody owns it, the file is gone. */
export const showClaim = sdk.Action.withoutInput(
  'show-claim',
  async () => ({
    name: 'Show the claim code',
    description: 'Whoever enters it on the page becomes the owner and sets the admin password',
    warning: null,
    allowedStatuses: 'only-running',
    group: null,
    visibility: 'enabled',
  }),
  async () => {
    const code = await sdk.volumes.main.readFile('claim-code.txt').then(String).catch(() => null);
    return {
      version: '1',
      title: 'Claim code',
      message: code === null ? 'This box has an owner.' : 'Enter it on the page.',
      result: code === null ? null : { type: 'single', value: code.trim(), masked: true, copyable: true, qr: false },
    };
  },
);

export const actions = sdk.Actions.of().addAction(showClaim);
