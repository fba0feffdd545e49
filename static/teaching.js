// What a visitor can do in a lesson and about a remark, over what can be done anyway.

import { placeOfStep } from "./lessons.js";
import { timelineOf } from "./timeline.js";

/**
 * The actions of teaching; they go before those of the same name that they are made from.
 *
 * @param {{store: any, actions: any}} parts
 */
export function createTeaching({ store, actions }) {
  const opening = { done: Promise.resolve() };

  /** Open a program of the gallery, with its lesson beside the graph; from the lab that leads back to the studio. */
  function loadExample(example) {
    opening.done = actions.loadExample(example);
    store.set(({ lab }) => ({ lesson: example.steps?.length > 0 ? example.id : null, lab: lab && { ...lab, isOpen: false } }));
    return opening.done;
  }

  /** Lead to the node and moment of a step; one asked for while the lesson still runs is shown when it has run. */
  async function showStep(step) {
    const { lesson } = store.get();
    await opening.done;
    const { trace, lesson: still } = store.get();
    if (!trace || still !== lesson) return;
    const { position, selection } = placeOfStep(timelineOf(trace), step);
    actions.pause();
    if (position !== null) actions.setPosition(position);
    if (selection === null) actions.select(null);
    else await actions.reveal(selection);
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
    showStep,
    applyFix,
    endLesson: () => store.set({ lesson: null }),
    moveToProgram: () => {
      store.set({ lesson: null });
      return actions.moveToProgram();
    },
  };
}
