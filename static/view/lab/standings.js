// The standings of a race: the table in words and numbers, sorted by any of its columns.

import { formatNumber } from "../../format.js";
import { COLUMNS, sortedRows } from "../../lab/race.js";
import { html, useState } from "../../vendor/preact.js";
import { valueAt } from "./lines.js";
import { OpenRun } from "./open.js";
import { Swatch } from "./swatch.js";

/** @param {{rows: any[], lines: any[], step: number, t: any, body: any, actions: any, plan: any, isRunning: boolean}} props */
export function Standings({ rows, lines, step, t, body, actions, plan, isRunning }) {
  const [order, setOrder] = useState({ column: "best", isDown: false });
  const now = new Map(lines.map((line) => [line.k, valueAt(line, step)]));
  const sorted = sortedRows(rows, order);
  const choose = (column) => setOrder({ column, isDown: order.column === column && !order.isDown });
  return html`
    <div class="lab-table sideways" tabindex="0" role="region" aria-label=${t("lab.standings")}>
      <table class="standings">
        <caption>${t("lab.standings")}</caption>
        <thead><tr>
          ${COLUMNS.map((column) => html`<th key=${column} scope="col" aria-sort=${order.column === column ? (order.isDown ? "descending" : "ascending") : "none"}>
            <button type="button" class="link" onClick=${() => choose(column)}>${t(`lab.column-${column}`)}${order.column === column ? (order.isDown ? " ↓" : " ↑") : ""}</button></th>`)}
          <th scope="col">${t("lab.column-now", { step })}</th><th scope="col"><span class="unseen">${t("lab.open")}</span></th>
        </tr></thead>
        <tbody>${sorted.map((row) => html`<${Row} key=${row.k} ...${{ row, t, body, actions, plan, isRunning }} now=${now.get(row.k)} />`)}</tbody>
      </table>
    </div>
  `;
}

function Row({ row, now, t, body, actions, plan, isRunning }) {
  const { k, label, rate, final, best, reached, diverged, failure, isIn } = row;
  const name = html`<th scope="row"><${Swatch} k=${k} /> ${label}</th><td>${rate === null ? "–" : formatNumber(rate)}</td>`;
  if (failure) return html`<tr>${name}<td colspan="6" class="fault"><b>${failure.title}</b> ${failure.detail}</td></tr>`;
  if (!isIn) return html`<tr>${name}<td colspan="6" class="later">${isRunning ? t("lab.running") : "–"}</td></tr>`;
  return html`<tr class=${diverged === null ? "" : "diverged"}>
    ${name}<td>${formatNumber(final)}</td><td><b>${formatNumber(best)}</b></td>
    <td>${plan.target === null || plan.target === undefined ? "–" : (reached ?? t("lab.never"))}</td>
    <td>${diverged === null ? "–" : t("lab.at-step", { step: diverged })}</td>
    <td>${now === undefined ? "–" : formatNumber(Number.isFinite(now) ? now : String(now))}</td>
    <td><${OpenRun} ...${{ body, actions, t }} run=${{ ...plan.racers[k], rate }} label=${[label, `lr = ${formatNumber(rate)}`]} /></td>
  </tr>`;
}
