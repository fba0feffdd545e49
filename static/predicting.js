// Predict, then reveal: actions that hide numbers, take guesses, and show what was guessed. Nothing leaves the page.

/**
 * @param {{store: any}} parts
 */
export function createPredicting({ store }) {
  /** Guesses are about one source: with another one they would show what nobody has guessed. */
  store.subscribe(({ source, predict }, before) => {
    if (source !== before.source && predict === before.predict && Object.keys(predict?.guesses ?? {}).length > 0) store.set({ predict: { ...predict, guesses: {} } });
  });

  /**
   * Hide gradients or values, or hide nothing.
   *
   * @param {"gradient" | "value" | null} hides
   * @param {Record<string, any>} [guesses] those of a link
   */
  async function setPredict(hides, guesses = {}) {
    if (hides === null) return store.set({ predict: null, sight: null });
    const { veiled } = await import("./veil.js");
    store.set({ predict: { hides, guesses }, sight: veiled, pin: null, check: null, overlays: {} });
  }

  return {
    setPredict,
    /** Keep a guess, which shows the number; one without a text gives it up. */
    guess: (key, { text, target }) => store.set(({ predict }) => ({ predict: { ...predict, guesses: { ...predict.guesses, [key]: { text, target } } } })),
    /** Hide again what was shown so far. */
    hideAgain: () => store.set(({ predict }) => ({ predict: { ...predict, guesses: {} } })),
    /** By keyboard: begin to predict; where one does already, go to the field. */
    predictByKey: async () => {
      if (!store.get().predict) await setPredict("gradient");
      requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".predict .guess-field"))?.focus());
    },
  };
}
