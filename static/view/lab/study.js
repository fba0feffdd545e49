// One bench's run: asked for when its form can be read; a link that was made after a run runs again.

import { useEffect, useState } from "../../vendor/preact.js";

/**
 * @param {{kind: string, read: {body: any, faults: any[]}, isRun: boolean, isReady: boolean, studies: any, finding: any, set: any}} parts
 */
export function useStudy({ kind, read, isRun, isReady, studies, finding, set }) {
  const [isAsked, ask] = useState(false);
  /** False where the form has to be mended first. */
  const run = () => {
    ask(true);
    if (read.faults.length > 0) return false;
    if (!isRun) set(kind, { isRun: true });
    studies.run(kind, read.body);
    return true;
  };
  useEffect(() => {
    if (isReady && isRun && !finding && read.faults.length === 0) studies.run(kind, read.body);
  }, [isReady]);
  // What the server said of a field is about what stood there when it was sent.
  const isSent = JSON.stringify(read.body) === JSON.stringify(finding?.body);
  return { run, faults: isAsked ? read.faults : [], isSent };
}
