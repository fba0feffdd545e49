// The losses over a landscape, asked for as they are needed: one question at a time, the last one always.

import { ProblemError, fetchLandscape } from "../api.js";
import { useEffect, useRef, useState } from "../vendor/preact.js";

const MOST_KEPT = 24;
const kept = new Map();

/**
 * The answer to a question, or the one before it while it is not there.
 *
 * @param {any} body as `POST /api/landscape` takes it; null asks nothing
 * @param {string} language
 * @returns {{body: any, losses: number[], slice: any, problem: any, isLate: boolean} | null} late: its successor is on its way
 */
export function useSlice(body, language) {
  const key = body && JSON.stringify(body);
  const [answer, setAnswer] = useState(() => kept.get(key) ?? null);
  const asking = useRef({ key: null, wanted: null });
  useEffect(() => {
    asking.current.wanted = body;
    if (kept.has(key)) setAnswer(kept.get(key));
    else if (body && asking.current.key === null) ask(asking.current, language, setAnswer);
  }, [key]);
  useEffect(() => () => (asking.current.wanted = null), []);
  return key === null || answer === null ? null : { ...answer, isLate: JSON.stringify(answer.body) !== key };
}

/** Ask until what was asked for last is answered. */
async function ask(asking, language, tell) {
  while (asking.wanted) {
    const body = asking.wanted;
    asking.key = JSON.stringify(body);
    const answer = kept.get(asking.key) ?? (await answerTo(body, language));
    if (asking.wanted) tell(answer);
    if (asking.wanted === body) break;
  }
  asking.key = null;
}

async function answerTo(body, language) {
  try {
    const { losses, slice = null } = await fetchLandscape(body, { language });
    return keep({ body, losses: losses.map(Number), slice, problem: null });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { body, losses: [], slice: null, problem: error.problem };
  }
}

function keep(answer) {
  kept.set(JSON.stringify(answer.body), answer);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return answer;
}
