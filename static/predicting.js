// Predict, then reveal: actions that hide numbers, take guesses, and show what was guessed. Nothing leaves the page.

/** What shows the numbers that are to be guessed, by the action that begins it. */
const WISHES = { compare: "pinMoment", check: "checkNodes" };

/**
 * While one guesses, what would show the numbers waits until one has said so; tells whether it does.
 *
 * @param {{store: any}} parts
 * @param {keyof typeof WISHES} wish
 */
export function waitsForWord({ store }, wish) {
  const { predict } = store.get();
  if (predict) store.set({ predict: { ...predict, wish } });
  return predict !== null;
}

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
    /** End guessing for what was wished for, or go on guessing. */
    grantWish: (actions) => {
      const { wish } = store.get().predict;
      store.set({ predict: null, sight: null });
      return actions[WISHES[wish]]();
    },
    dropWish: () => store.set(({ predict: { wish, ...predict } }) => ({ predict })),
    /** By keyboard: begin to predict; where one does already, go to the field. */
    predictByKey: async () => {
      if (!store.get().predict) await setPredict("gradient");
      requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".predict .guess-field"))?.focus());
    },
  };
}
