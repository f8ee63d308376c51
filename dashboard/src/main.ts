// SPDX-License-Identifier: MIT
import "./style.css";
import { Connection, type LinkState, type Update } from "./api";
import { Curves } from "./curves";
import { byId, el, setText } from "./dom";
import * as format from "./format";
import { Graph } from "./graph";
import { Heat } from "./heat";
import { choicesOf, viewOf, type View } from "./model";
import { AxonPanel, showEvents, showWaiting, Tiles } from "./panels";
import { Peers } from "./peers";
import { onTheme } from "./theme";

const kLinks: Record<LinkState, string> = {
  connecting: "connecting",
  live: "live",
  stale: "no news",
  lost: "not reached; trying again",
  refused: "needs a token",
};

const tiles = new Tiles();
const graph: Graph = new Graph((key) => peers.choose(key));
const peers = new Peers((key) => graph.choose(key));
const heat = new Heat();
const axon = new AxonPanel();
const accuracy = new Curves(
  "accuracy",
  "Test accuracy",
  [
    { field: "accuracy_alone", label: "alone", hue: "alone", dash: [6, 5], latest: (v) => v.training.accuracy.alone },
    { field: "accuracy_local", label: "local", hue: "local", latest: (v) => v.training.accuracy.local },
    { field: "accuracy_network", label: "network", hue: "network", latest: (v) => v.training.accuracy.network },
  ],
  (value, tick) => format.percent(value, tick && Number.isInteger(Math.round(1000 * (value ?? 0)) / 10) ? 0 : 1),
  (least, most) => {
    const pad = Math.max(0.005, 0.15 * (most - least));
    return [Math.max(0, least - pad), Math.min(1, most + pad)];
  },
  "Each epoch ends with a test",
);
const loss = new Curves(
  "loss",
  "Loss",
  [
    { field: "loss_local", label: "local", hue: "local", latest: (v) => v.training.loss.local },
    { field: "loss_network", label: "network", hue: "network", latest: (v) => v.training.loss.network },
  ],
  (value, tick) => (tick ? String(Number((value ?? 0).toFixed(3))) : format.fixed(value, 3)),
  (least, most) => [Math.max(0, least - 0.05 * (most - least)), most + 0.05 * (most - least || 1)],
  "No step has been trained",
);

const select = byId<HTMLSelectElement>("who-select");
let last: Update | null = null;
let chosen = location.hash.slice(1) || "all";

function showChoices(update: Update): void {
  const choices = choicesOf(update);
  byId("who").hidden = choices.length < 2;
  const texts = choices.map((choice) => choice.label).join("|");
  if (select.dataset.texts === texts) return;
  select.dataset.texts = texts;
  select.replaceChildren(
    ...choices.map(({ value, label }) => {
      const option = el("option", "", label);
      option.value = value;
      return option;
    }),
  );
  if (!choices.some(({ value }) => value === chosen)) chosen = "all";
  select.value = chosen;
}

function showHeader(view: View): void {
  setText(byId("title"), view.title);
  document.title = `${view.title} · Bittensor`;
  const phase = byId("phase");
  setText(phase, view.phase);
  phase.dataset.phase = view.phase;
  setText(
    byId("footer"),
    [`Bittensor ${view.release}`, view.address && `axon at ${view.address}`, `by its clock ${format.clock(view.now)}`]
      .filter(Boolean)
      .join(" · "),
  );
}

function show(update: Update): void {
  last = update;
  showChoices(update);
  const view = viewOf(update, chosen);
  byId("token-form").hidden = true;
  byId("starting").hidden = view !== null;
  if (view === null) return setText(byId("starting"), "The neurons are starting");
  byId("main").hidden = false;
  showHeader(view);
  showWaiting(view);
  tiles.update(view);
  graph.update(view);
  accuracy.update(view);
  loss.update(view);
  heat.update(view);
  peers.update(view);
  axon.update(view);
  showEvents(view);
}

function showLink(state: LinkState): void {
  const link = byId("link");
  link.dataset.state = state;
  setText(link, kLinks[state]);
  if (state === "refused") {
    byId("main").hidden = true;
    byId("starting").hidden = true;
    byId("token-form").hidden = false;
    byId("token").focus();
  }
}

select.addEventListener("change", () => {
  chosen = select.value;
  history.replaceState(null, "", chosen === "all" ? location.pathname : `#${chosen}`);
  axon.clear();
  graph.choose("");
  if (last) show(last);
});

onTheme(() => {
  accuracy.make();
  loss.make();
  heat.draw();
  graph.schedule();
});

const connection = new Connection(show, showLink);
let asked = false;
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  asked = true;
  connection.useToken(byId<HTMLInputElement>("token").value.trim());
});
new MutationObserver(() => {
  const refused = byId("link").dataset.state === "refused";
  setText(byId("token-error"), refused && asked ? "That is not the token." : "");
}).observe(byId("link"), { attributes: true });
