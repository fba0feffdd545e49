// What was written here last, kept in this browser: a page opened anew without a link begins with it.

const KEY = "autograd-explorer-draft";

/**
 * A draft in a storage; without one, or with one that refuses, there is none.
 *
 * @param {Storage | null} storage
 */
export function createDraft(storage) {
  /** The packed state, as `packState` made it; "" if there is none. */
  function load() {
    try {
      return storage?.getItem(KEY) ?? "";
    } catch {
      return "";
    }
  }

  function save(packed) {
    try {
      storage?.setItem(KEY, packed);
    } catch {
      // A full or forbidden storage: the address still holds everything.
    }
  }

  return { load, save };
}
