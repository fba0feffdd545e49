// What the page itself can do about the lab: open and leave it, and keep what stands on its benches. The lab comes
// when it is first opened; until then its benches are as a link or a lesson wrote them.

/** @param {{store: any, actions: any}} parts */
export function createLab({ store, actions }) {
  const made = { studies: null };
  const set = (fields) => store.set(({ lab }) => ({ lab: { ...Object(lab), ...fields } }));
  return {
    /** Open the lab as it was left, or as a lesson prepared it: what is studied, and what stands on the benches. */
    openLab: ({ source = null, ...benches } = {}) => {
      if (source) actions.open({ mode: "expression", steps: 0, sum: false, seed: 0, ...source, variables: followed(source.variables) });
      set({ ...benches, isOpen: true });
      store.set({ playing: false, dialog: null, ...(source ? { findings: {} } : {}) });
    },
    leaveLab: () => set({ isOpen: false }),
    /** Keep what stands on the benches. */
    setLab: set,
    /** The studies go on while someone looks into the studio. */
    studiesBy: (create) => (made.studies ??= create({ store })),
    tell: (problem) => store.set({ problem }),
  };
}

/** A lesson names the starts of its variables. */
function followed(variables) {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, { value, requires_grad: true }]));
}
