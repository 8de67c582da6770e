/**
 * Settings by key, and changes to them that leave alone what is forced from outside.
 */
import { changeSettings } from './api.js';
import { etagOf } from './http.js';

/** @param {{items: Setting[]}} settings @param {string} key */
export const settingOf = (settings, key) => settings.items.find((item) => item.key === key);

/**
 * @param {{items: Setting[]}} settings as they were read
 * @param {Object<string, any>} wanted key to value
 * @returns {Promise<any>} the settings of now
 */
export async function saveSettings(settings, wanted) {
  const changes = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => {
    const setting = settingOf(settings, key);
    return setting && !setting.forced && (setting.secret ? value !== '' : setting.value !== value);
  }));
  return Object.keys(changes).length ? changeSettings(changes, etagOf(settings)) : settings;
}
