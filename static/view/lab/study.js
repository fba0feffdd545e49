// One bench's run: asked for when its form can be read; a link that was made after a run runs again.

import { faultsOf } from "../../lab/requests.js";
import { useEffect, useState } from "../../vendor/preact.js";
import { titleOf } from "./problem.js";

/**
 * @param {{kind: string, read: {body: any, faults: any[]}, isRun: boolean, isReady: boolean, studies: any, finding: any, set: any, language: string, configurations?: any[]}} parts
 * @returns {{run: () => boolean, faults: any[], isLegible: boolean}} all faults of the form's fields; and whether the
 *   form can be read
 */
export function useStudy({ kind, read, isRun, isReady, studies, finding, set, language, configurations = [] }) {
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
  const told = isSent ? faultsOf(kind, finding?.problem, configurations, titleOf(finding, language)) : [];
  const own = isAsked ? read.faults : [];
  return { run, faults: [...own, ...told], isLegible: own.length === 0 };
}
