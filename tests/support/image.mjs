/** The SD card image of toolchain/image, and what is published with it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.mjs';

export const IMAGE_FOLDER = join(ROOT, 'build/image');

/** @param {string} [end] how the name ends @returns {string} its path */
export function imageFile(end = '.img') {
  const name = readdirSync(IMAGE_FOLDER).find((file) => file.endsWith(end));
  if (!name) throw new Error(`build/image has no *${end}; toolchain/image makes it`);
  return join(IMAGE_FOLDER, name);
}
