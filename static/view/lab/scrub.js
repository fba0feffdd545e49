// Through the steps of a race: a slider, and a button that lets the racers run.

import { html, useEffect, useRef, useState } from "../../vendor/preact.js";
import { Icon } from "../icons.js";

/** How long a race takes to play, in milliseconds. */
const LENGTH = 6000;

/** @param {{step: number, count: number, go: (step: number) => void, t: any}} props */
export function Scrub({ step, count, go, t }) {
  const [isPlaying, setPlaying] = useState(false);
  const place = useRef(step);
  place.current = step;
  useEffect(() => {
    if (!isPlaying) return undefined;
    const from = place.current >= count ? 0 : place.current;
    // Whoever wants no motion gets ten stills instead of a film.
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const started = performance.now();
    let frame = requestAnimationFrame(function next(now) {
      const share = (now - started) / LENGTH;
      const shown = isStill ? Math.floor(share * 10) / 10 : share;
      const to = Math.min(count, from + Math.floor(shown * count));
      if (to !== place.current) go(to);
      if (to >= count) setPlaying(false);
      else frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, count]);
  return html`
    <div class="lab-scrub">
      <button type="button" class="button small lab-play" aria-label=${t(isPlaying ? "lab.pause" : "lab.play")} title=${t(isPlaying ? "lab.pause" : "lab.play")} onClick=${() => setPlaying(!isPlaying)}><${Icon} name=${isPlaying ? "pause" : "play"} /></button>
      <input type="range" min="0" max=${count} step="1" value=${step} aria-label=${t("lab.scrub")} aria-valuetext=${t("lab.step", { step, count })} onInput=${(event) => {
        setPlaying(false);
        go(Number(event.target.value));
      }} />
      <output>${t("lab.step", { step, count })}</output>
    </div>
  `;
}
