// A recorded value on the page: a number, a coloured table, or statistics with a histogram.

import { elementsOf, formatNumber, formatValue } from "../format.js";
import { tablesOf } from "../heat.js";
import { html } from "../vendor/preact.js";

/** A table of up to this many elements also prints its numbers. */
const MOST_PRINTED = 64;
const MOST_PRINTED_COLUMNS = 6;
/** More columns than this may be wider than the inspector: the table can then be moved by keys, too. */
const MOST_IN_SIGHT = { printed: 3, coloured: 16 };
const BAR = { width: 8, height: 56 };

/** @param {{value: any, t: any}} props */
export function Tensor({ value, t }) {
  if (value === null || value === undefined) return html`<span class="absent">—</span>`;
  if (typeof value !== "object") return html`<${Scalar} value=${value} />`;
  if (value.data && !value.dtype.startsWith("complex")) return html`<${Heat} value=${value} t=${t} />`;
  if (value.statistics) return html`<${Statistics} value=${value} t=${t} />`;
  return html`<code>${formatValue(value)}</code>`;
}

/** A number, and behind it all of its digits where the short form leaves some out. */
function Scalar({ value }) {
  const short = formatNumber(value);
  const isExact = typeof value !== "number" || Number(short) === value;
  return html`<span class="scalar"><b>${short}</b>${!isExact && html` <small class="exact">${String(value)}</small>`}</span>`;
}

function Heat({ value, t }) {
  const count = elementsOf(value).length;
  const columns = value.shape.at(-1) ?? 1;
  const isPrinted = count <= MOST_PRINTED && columns <= MOST_PRINTED_COLUMNS;
  const isWide = columns > (isPrinted ? MOST_IN_SIGHT.printed : MOST_IN_SIGHT.coloured);
  const words = t("inspector.tensor", { shape: `[${value.shape.join(", ")}]`, dtype: value.dtype, range: formatValue(value) });
  return html`
    <div class="tensor sideways" ...${isWide ? { tabindex: "0", role: "group", "aria-label": words } : {}}>
      <p class="tensor-shape">${words}</p>
      ${tablesOf(value).map(
        ({ place, rows }) => html`
          ${place.length > 0 && html`<p class="tensor-place">[${place.join(", ")}, :, :]</p>`}
          <table class=${`heat${isPrinted ? " printed" : ""}`}>
            <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<${Cell} ...${cell} isPrinted=${isPrinted} />`)}</tr>`)}</tbody>
          </table>
        `,
      )}
    </div>
  `;
}

function Cell({ number, heat, isPrinted }) {
  const step = typeof heat === "number" ? (heat < 0 ? `minus-${-heat}` : `plus-${heat}`) : heat;
  return html`<td class=${`heat-${step}`} title=${String(number)}>${isPrinted ? formatNumber(number) : ""}</td>`;
}

function Statistics({ value, t }) {
  const { statistics, shape, dtype } = value;
  const rows = ["min", "max", "mean", "std", "norm"].map((name) => [name, formatNumber(statistics[name])]);
  rows.push(["zeros", `${formatNumber(100 * statistics.zeros)} %`], ["nan", String(statistics.nan)], ["inf", String(statistics.inf)]);
  return html`
    <div class="tensor">
      <p class="tensor-shape">${t("inspector.tensor", { shape: `[${shape.join(", ")}]`, dtype, range: formatValue(value) })}</p>
      <dl class="statistics">${rows.map(([name, text]) => html`<div><dt>${t(`inspector.statistic-${name}`)}</dt><dd>${text}</dd></div>`)}</dl>
      ${statistics.histogram && html`<${Histogram} histogram=${statistics.histogram} t=${t} />`}
      ${isWithoutHistogram(statistics) && html`<p class="hint">${t("inspector.no-histogram")}</p>`}
    </div>
  `;
}

/** A pass that tells very many tensors by statistics leaves their histograms out, or it would not fit into one event. */
function isWithoutHistogram({ histogram, min, max }) {
  return !histogram && min !== null && min !== max;
}

function Histogram({ histogram, t }) {
  const { low, high, counts } = histogram;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const width = counts.length * BAR.width;
  const edge = (k) => formatNumber(low + ((high - low) * k) / counts.length);
  return html`
    <figure class="histogram">
      <svg viewBox=${`0 0 ${width} ${BAR.height}`} preserveAspectRatio="none" role="img" aria-label=${t("inspector.histogram")}>
        ${counts.map((count, k) => {
          const height = count === 0 ? 0 : Math.max(1, (count / most) * BAR.height);
          return html`<rect x=${k * BAR.width + 0.5} y=${BAR.height - height} width=${BAR.width - 1} height=${height}><title>${t("inspector.bin", { low: edge(k), high: edge(k + 1), count })}</title></rect>`;
        })}
      </svg>
      <figcaption><span>${formatNumber(low)}</span><span>${formatNumber(high)}</span></figcaption>
    </figure>
  `;
}
