// SPDX-License-Identifier: MIT
//
// The panels that are words and numbers.

import { byId, el, setText } from "./dom";
import * as format from "./format";
import type { View } from "./model";

interface Tile {
  id: string;
  label: string;
  hue?: string;
  value: (view: View) => string;
  more: (view: View) => string;
}

function points(from: number | null, to: number | null, than: string): string {
  if (from === null || to === null) return "";
  const gain = 100 * (to - from);
  return `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(1)} points ${than}`;
}

function total(view: View, field: "gradients_given" | "gradients_taken" | "lessons_given" | "lessons_taken"): number {
  const rows = view.swarm ? view.rows : view.rows.filter((row) => !row.own);
  return rows.reduce((sum, row) => sum + row[field], 0);
}

function peersIn(view: View, ...statuses: string[]): number {
  return view.rows.filter((row) => (view.swarm || !row.own) && statuses.includes(row.status)).length;
}

const kTiles: Tile[] = [
  {
    id: "network",
    label: "With the network",
    hue: "network",
    value: (v) => format.percent(v.training.accuracy.network),
    more: (v) => points(v.training.accuracy.local, v.training.accuracy.network, "over local") || "tested at the end",
  },
  {
    id: "local",
    label: "Local model",
    hue: "local",
    value: (v) => format.percent(v.training.accuracy.local),
    more: (v) =>
      points(v.training.accuracy.alone, v.training.accuracy.local, "over alone") || "tested after each epoch",
  },
  {
    id: "alone",
    label: "Trained alone",
    hue: "alone",
    value: (v) => format.percent(v.training.accuracy.alone),
    more: (v) => (v.training.accuracy.alone === null ? "with --control" : "the same without peers"),
  },
  {
    id: "progress",
    label: "Progress",
    value: (v) => (v.training.steps > 0 ? format.percent(v.training.step / v.training.steps, 0) : "–"),
    more: (v) =>
      `step ${v.training.step} of ${v.training.steps}` +
      (v.training.epochs > 1 ? `, epoch ${v.training.epoch} of ${v.training.epochs}` : "") +
      (v.training.time_left_s !== null && v.phase !== "ended" ? `, ${format.duration(v.training.time_left_s)} left` : ""),
  },
  {
    id: "speed",
    label: "Samples a second",
    value: (v) => format.count(v.training.samples_per_s),
    more: (v) => `running for ${format.duration(v.uptime)}`,
  },
  {
    id: "peers",
    label: "Answering",
    value: (v) => String(peersIn(v, "ok", "slow")),
    more: (v) => {
      const bad = ["slow", "failing", "refused", "gone"]
        .map((status) => [peersIn(v, status), status] as const)
        .filter(([n]) => n > 0)
        .map(([n, status]) => `${n} ${status}`);
      return bad.join(", ") || (peersIn(v, "ok") > 0 ? "all of them" : "nobody is there");
    },
  },
  {
    id: "taught",
    label: "Given to peers",
    hue: "gradients",
    value: (v) => format.count(total(v, "gradients_given") + total(v, "lessons_given")),
    more: (v) => `${format.count(total(v, "gradients_given"))} gradients, ${format.count(total(v, "lessons_given"))} lessons`,
  },
  {
    id: "learnt",
    label: "Taken from peers",
    hue: "lessons",
    value: (v) => format.count(total(v, "gradients_taken") + total(v, "lessons_taken")),
    more: (v) => `${format.count(total(v, "gradients_taken"))} gradients, ${format.count(total(v, "lessons_taken"))} lessons`,
  },
];

export class Tiles {
  private readonly made = kTiles.map((tile) => {
    const value = el("div", "value");
    value.dataset.tile = tile.id;
    const more = el("div", "more");
    const box = el("div", "tile", el("div", "label", tile.label), value, more);
    if (tile.hue) box.dataset.hue = tile.hue;
    if (tile.id === "progress") {
      const bar = el("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", "Progress of training");
      box.append(bar);
    }
    return { tile, value, more, box };
  });

  constructor() {
    byId("tiles").append(...this.made.map(({ box }) => box));
  }

  update(view: View): void {
    for (const { tile, value, more, box } of this.made) {
      setText(value, tile.value(view));
      setText(more, tile.more(view));
      const bar = box.querySelector("progress");
      if (bar) bar.value = view.training.steps > 0 ? view.training.step / view.training.steps : 0;
    }
  }
}

// What each wait is for, how long it has lasted and when it ends.
export function showWaiting(view: View): void {
  const box = byId("waiting");
  const lines = view.waiting.slice(0, 8).map((wait) => {
    const peer = wait.peer ? (view.labels.get(wait.peer) ?? format.shortKey(wait.peer)) : "";
    const left = wait.until_s > 0 ? wait.until_s - view.now : null;
    const line = el(
      "div",
      "wait",
      el("b", "", `${wait.who ? `${wait.who}: ` : ""}waiting for ${wait.what}`),
      el("span", "", peer ? `from ${peer}` : ""),
      el("span", "", `for ${format.duration(view.now - wait.since_s)}`),
      el("span", "", left === null ? "for as long as it takes" : `${format.duration(left)} more at most`),
    );
    if (wait.until_s > wait.since_s) {
      const bar = el("progress");
      bar.max = wait.until_s - wait.since_s;
      bar.value = Math.max(0, view.now - wait.since_s);
      bar.setAttribute("aria-label", `Time waited for ${wait.what}`);
      line.append(bar);
    }
    return line;
  });
  if (view.failure) lines.unshift(el("div", "wait failed", el("b", "", view.failure)));
  if (lines.length === 0) {
    lines.push(el("div", "wait nothing", view.phase === "ended" ? "Training has ended; it goes on serving" : "Waits for nothing"));
  }
  if (view.waiting.length > 8) lines.push(el("div", "wait", `and ${view.waiting.length - 8} more`));
  box.replaceChildren(...lines);
}

const kAxon: { field: keyof View["axon"]; label: string; text: (value: number) => string }[] = [
  { field: "served", label: "Answered", text: format.count },
  { field: "refused", label: "Refused", text: format.count },
  { field: "failed", label: "Failed", text: format.count },
  { field: "queued", label: "In the queue", text: format.count },
  { field: "rows", label: "Rows computed", text: format.count },
  { field: "bytes_received", label: "Received", text: format.bytes },
  { field: "bytes_sent", label: "Sent", text: format.bytes },
];

const kSeconds = 120; // of the axon's little curve

export class AxonPanel {
  private readonly rate = el("b", "big");
  private readonly values = kAxon.map(({ field, label }) => {
    const value = el("dd");
    value.dataset.axon = field;
    return { value, pair: el("div", "", el("dt", "", label), value) };
  });
  private readonly path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  private readonly area = document.createElementNS("http://www.w3.org/2000/svg", "path");
  private rates: number[] = [];
  private last = 0;

  constructor() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 120 36");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "spark");
    svg.setAttribute("aria-hidden", "true");
    this.area.setAttribute("class", "area");
    svg.append(this.area, this.path);
    this.rate.dataset.axon = "requests_per_s";
    byId("axon").append(
      el("p", "rate", this.rate, " requests a second"),
      svg,
      el("dl", "facts", ...this.values.map(({ pair }) => pair)),
    );
  }

  // Another neuron's curve begins.
  clear(): void {
    this.rates = [];
  }

  update(view: View): void {
    setText(this.rate, format.count(view.axon.requests_per_s));
    kAxon.forEach(({ field, text }, i) => setText(this.values[i].value, text(view.axon[field])));
    if (view.now <= this.last) this.rates.pop();
    this.last = view.now;
    this.rates = [...this.rates, view.axon.requests_per_s].slice(-kSeconds);
    const most = Math.max(1, ...this.rates);
    const start = kSeconds - this.rates.length;
    const line = this.rates.map((rate, i) => `${start + i},${(34 - (32 * rate) / most).toFixed(1)}`).join("L");
    this.path.setAttribute("d", `M${line}`);
    this.area.setAttribute("d", `M${start},36L${line}L${kSeconds - 1},36Z`);
  }
}

export function showEvents(view: View): void {
  const list = byId("events");
  const newest = view.events[0];
  const mark = `${view.events.length}|${newest?.time_s}|${newest?.text}|${view.title}`;
  if (list.dataset.mark === mark) return; // Nothing is new: what is being read stays.
  list.dataset.mark = mark;
  list.replaceChildren(
    ...view.events.map((event) => {
      const peer = event.peer ? (view.labels.get(event.peer) ?? format.shortKey(event.peer)) : "";
      const time = el("time", "", format.clock(event.time_s));
      time.dateTime = new Date(event.time_s * 1000).toISOString();
      const line = el("li", event.kind, time, el("span", "kind", event.kind));
      if (event.who) line.append(el("span", "who", event.who));
      const about = peer && !event.text.includes(peer) ? `${peer} ` : "";
      line.append(el("span", "text", `${about}${event.text}`));
      return line;
    }),
  );
  if (view.events.length === 0) list.replaceChildren(el("li", "none", "Nothing has happened yet"));
}
