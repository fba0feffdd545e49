// What a visitor can do in a lesson and about a remark, over what can be done anyway.

/**
 * The actions of teaching; they go before those of the same name that they are made from.
 *
 * @param {{store: any, actions: any}} parts
 */
export function createTeaching({ store, actions }) {
  /** Open a program of the gallery, with its lesson beside the graph. */
  function loadExample(example) {
    const done = actions.loadExample(example);
    store.set({ lesson: example.steps?.length > 0 ? example.id : null });
    return done;
  }

  /** Put a fix into the source, where the editor can undo it, and run it. */
  function applyFix({ text, place }) {
    const { mode } = store.get().source;
    actions.setSource(mode === "program" ? { program: text } : { expression: text });
    actions.goToSource(place);
    return actions.run();
  }

  return {
    loadExample,
    applyFix,
    endLesson: () => store.set({ lesson: null }),
    moveToProgram: () => {
      store.set({ lesson: null });
      return actions.moveToProgram();
    },
  };
}
