// SPDX-License-Identifier: MIT
//
// The network as a graph: neurons, what they are worth to each other, and who teaches whom.

import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";
import { announce, byId, colour, el, fillWithCanvas, setText, showTip } from "./dom";
import * as format from "./format";
import type { Edge, Row, View } from "./model";

export type Layer = "weight" | "gradients" | "lessons";

const kLayers: { layer: Layer; label: string; says: string }[] = [
  { layer: "weight", label: "Weight", says: "A line is as wide as the weight that a neuron gives another." },
  { layer: "gradients", label: "Gradients", says: "A line is as wide as the gradients that one neuron gave another." },
  { layer: "lessons", label: "Lessons", says: "A line is as wide as the lessons that one neuron gave another." },
];

const kManyNodes = 40; // more have no labels
const kOwnLines = 24; // of many neurons, to and from the one that tells: more hide the others
const kFlightMs = 1100; // of a dot that stands for a gradient or lesson
const kMaxDots = 240;

interface Spot extends SimulationNodeDatum {
  key: string;
  row: Row;
  radius: number;
}
interface Line extends SimulationLinkDatum<Spot> {
  edge: Edge;
}
interface Dot {
  from: string;
  to: string;
  kind: "gradients" | "lessons";
  start: number;
}

export class Graph {
  private readonly canvas: HTMLCanvasElement;
  private readonly box = byId("graph");
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private spots: Spot[] = [];
  private lines: Line[] = [];
  private byKey = new Map<string, Spot>();
  private dots: Dot[] = [];
  private counts = new Map<string, Edge>();
  private simulation: Simulation<Spot, Line>;
  private layer: Layer = "weight";
  private chosen = "";
  private shape = "";
  private frame = 0;
  private scale = 1;
  private centre = { x: 0, y: 0 };

  constructor(private readonly onChoose: (key: string) => void) {
    this.canvas = fillWithCanvas(this.box, () => this.draw());
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "network graph");
    this.simulation = forceSimulation<Spot, Line>()
      .force("x", forceX<Spot>(0).strength(0.05))
      .force("y", forceY<Spot>(0).strength(0.08))
      .on("tick", () => this.schedule())
      .stop();
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => showTip([]));
    this.canvas.addEventListener("click", (event) => this.choose(this.near(event)?.key ?? ""));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("blur", () => showTip([]));
    this.makeLayers();
  }

  update(view: View): void {
    this.fly(view.edges);
    const shape = `${view.swarm}|${view.rows.map((row) => row.key).join(",")}`;
    const many = view.rows.length > kManyNodes;
    const spots = view.rows
      .filter((row) => row.key)
      .map((row) => {
        const spot = this.byKey.get(row.key) ?? { key: row.key, row, radius: 0 };
        const worth = Math.sqrt(view.worth.get(row.key) ?? 0);
        spot.row = row;
        spot.radius = many ? 3 + 14 * Math.min(0.5, worth) : 13 + 14 * worth;
        if (many && row.own) spot.radius = Math.max(spot.radius, 7);
        return spot;
      });
    this.spots = spots;
    this.byKey = new Map(spots.map((spot) => [spot.key, spot]));
    this.lines = this.linesOf(view.edges);
    if (shape !== this.shape) this.arrange();
    this.shape = shape;
    this.describe(view);
    this.schedule();
  }

  // Draws the neuron `key` and its lines before the others'; "" for none.
  choose(key: string, tell = true): void {
    this.chosen = this.chosen === key ? "" : key;
    if (tell) this.onChoose(this.chosen);
    this.schedule();
  }

  schedule(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }
  }

  private makeLayers(): void {
    const group = byId("graph-layer");
    kLayers.forEach(({ layer, label, says }) => {
      const input = el("input");
      Object.assign(input, { type: "radio", name: "layer", value: layer, checked: layer === this.layer });
      input.addEventListener("change", () => {
        this.layer = layer;
        this.lines = this.linesOf([...this.counts.values()]);
        announce(says);
        this.schedule();
      });
      const choice = el("label", "", input, el("span", "", label));
      choice.title = says;
      group.append(choice);
    });
    byId("graph-legend").append(
      ...["ok", "slow", "failing", "refused", "gone"].map((status) => el("span", `status ${status}`, status)),
      el("span", "dot gradients", "gradient on its way"),
      el("span", "dot lessons", "lesson on its way"),
    );
  }

  private valueOf(edge: Edge): number {
    return edge[this.layer];
  }

  private linesOf(edges: Edge[]): Line[] {
    let kept = edges.filter((e) => this.valueOf(e) > 0 && this.byKey.has(e.from) && this.byKey.has(e.to));
    if (this.spots.length > kManyNodes) {
      const [own, others] = [this.isOwn, (edge: Edge) => !this.isOwn(edge)].map((of) => kept.filter(of));
      own.sort((a, b) => this.valueOf(b) - this.valueOf(a));
      kept = [...others, ...own.slice(0, kOwnLines)];
    }
    return kept.map((edge) => ({ edge, source: this.byKey.get(edge.from)!, target: this.byKey.get(edge.to)! }));
  }

  private readonly isOwn = ({ from, to }: Edge): boolean =>
    (this.byKey.get(from)?.row.own || this.byKey.get(to)?.row.own) ?? false;

  // Dots for what was given since the last state.
  private fly(edges: Edge[]): void {
    const now = performance.now();
    this.dots = this.dots.filter((dot) => now - dot.start < kFlightMs);
    for (const edge of edges) {
      const id = `${edge.from}>${edge.to}`;
      const before = this.counts.get(id);
      if (!before || this.still.matches || document.hidden || this.spots.length > kManyNodes) continue;
      for (const kind of ["gradients", "lessons"] as const) {
        const dots = Math.min(4, edge[kind] - before[kind]);
        for (let i = 0; i < dots && this.dots.length < kMaxDots; ++i) {
          this.dots.push({ from: edge.from, to: edge.to, kind, start: now + (i + Math.random()) * 220 });
        }
      }
    }
    this.counts = new Map(edges.map((edge) => [`${edge.from}>${edge.to}`, { ...edge }]));
  }

  private arrange(): void {
    const n = Math.max(1, this.spots.length);
    const gap = n > kManyNodes ? 16 : 120;
    const begins = this.spots.every((spot) => spot.x === undefined);
    this.spots.forEach((spot, i) => {
      if (spot.x !== undefined) return;
      // The golden angle spreads newcomers evenly.
      const radius = gap * Math.sqrt(i + 0.5) * 0.6;
      spot.x = radius * Math.cos(2.4 * i);
      spot.y = radius * Math.sin(2.4 * i);
    });
    this.simulation
      .nodes(this.spots)
      .force("charge", forceManyBody<Spot>().strength(n > kManyNodes ? -26 : -700).distanceMax(900))
      .force("collide", forceCollide<Spot>((spot) => spot.radius + (n > kManyNodes ? 2 : 22)))
      .force(
        "link",
        forceLink<Spot, Line>(this.lines.map((line) => ({ ...line })))
          .distance(n > kManyNodes ? 40 : 170)
          .strength((line) => (n > kManyNodes ? 0.12 : (0.04 + 0.3 * line.edge.weight) / Math.sqrt(n))),
      )
      .alpha(begins ? 1 : 0.5)
      .alphaDecay(0.04);
    if (this.still.matches || n > 200) {
      this.simulation.stop().tick(90);
    } else {
      if (begins) this.simulation.tick(30);
      this.simulation.restart();
    }
  }

  private fit(width: number, height: number): void {
    const pad = this.spots.length > kManyNodes ? 20 : 54;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x = 0, y = 0 } of this.spots) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    this.scale = Math.min(
      (width - 2 * pad) / Math.max(60, right - left),
      (height - 2 * pad) / Math.max(60, bottom - top),
      this.spots.length > kManyNodes ? 2 : 1.7,
    );
    this.centre = { x: width / 2 - (this.scale * (left + right)) / 2, y: height / 2 - (this.scale * (top + bottom)) / 2 };
  }

  private place(spot: Spot): { x: number; y: number } {
    return { x: this.centre.x + this.scale * (spot.x ?? 0), y: this.centre.y + this.scale * (spot.y ?? 0) };
  }

  // The point `t` of the way from one neuron to another, on a bow, so that both ways are seen.
  private bow(from: Spot, to: Spot): (t: number) => { x: number; y: number } {
    const a = this.place(from);
    const b = this.place(to);
    const bend = 0.12;
    const c = { x: (a.x + b.x) / 2 - bend * (b.y - a.y), y: (a.y + b.y) / 2 + bend * (b.x - a.x) };
    return (t) => ({
      x: (1 - t) * (1 - t) * a.x + 2 * t * (1 - t) * c.x + t * t * b.x,
      y: (1 - t) * (1 - t) * a.y + 2 * t * (1 - t) * c.y + t * t * b.y,
    });
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [this.canvas.width / ratio, this.canvas.height / ratio];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (this.spots.length === 0) return;
    this.fit(width, height);
    this.drawLines(context);
    this.drawDots(context);
    this.drawSpots(context);
    if (this.dots.length > 0) this.schedule();
  }

  private drawLines(context: CanvasRenderingContext2D): void {
    const many = this.spots.length > kManyNodes;
    const most = Math.max(1e-9, ...this.lines.map((line) => this.valueOf(line.edge)));
    const hue = colour(this.layer === "weight" ? "line" : this.layer);
    context.lineCap = "round";
    for (const line of this.lines) {
      const [from, to] = [line.source as Spot, line.target as Spot];
      const part = this.valueOf(line.edge) / most;
      const picked = this.chosen === from.key || this.chosen === to.key;
      const path = this.bow(from, to);
      const start = path(0);
      const end = path(1);
      const bend = path(0.5);
      const lineWidth = many ? 0.5 + (this.isOwn(line.edge) ? 2.5 : 1) * part : 1 + 7 * part;
      const own = many && this.isOwn(line.edge);
      context.globalAlpha = this.chosen && !picked ? 0.06 : many && !picked && !own ? 0.3 : 0.3 + 0.45 * part;
      context.strokeStyle = hue;
      context.fillStyle = hue;
      context.lineWidth = lineWidth;
      context.beginPath();
      context.moveTo(start.x, start.y);
      context.quadraticCurveTo(2 * bend.x - (start.x + end.x) / 2, 2 * bend.y - (start.y + end.y) / 2, end.x, end.y);
      context.stroke();
      if (!many || picked) this.drawArrow(context, path, from, to, lineWidth);
    }
    context.globalAlpha = 1;
  }

  private drawArrow(
    context: CanvasRenderingContext2D,
    path: (t: number) => { x: number; y: number },
    from: Spot,
    to: Spot,
    lineWidth: number,
  ): void {
    const [a, b] = [this.place(from), this.place(to)];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length < to.radius + 14) return;
    const t = 1 - (to.radius + 5) / length;
    const tip = path(t);
    const back = path(t - 8 / length);
    const angle = Math.atan2(tip.y - back.y, tip.x - back.x);
    const size = 5 + lineWidth;
    context.globalAlpha = Math.min(1, context.globalAlpha + 0.25);
    context.beginPath();
    context.moveTo(tip.x, tip.y);
    context.lineTo(tip.x - size * Math.cos(angle - 0.45), tip.y - size * Math.sin(angle - 0.45));
    context.lineTo(tip.x - size * Math.cos(angle + 0.45), tip.y - size * Math.sin(angle + 0.45));
    context.fill();
  }

  private drawDots(context: CanvasRenderingContext2D): void {
    const now = performance.now();
    this.dots = this.dots.filter((dot) => now - dot.start < kFlightMs);
    for (const dot of this.dots) {
      const from = this.byKey.get(dot.from);
      const to = this.byKey.get(dot.to);
      const t = (now - dot.start) / kFlightMs;
      if (!from || !to || t < 0) continue;
      const at = this.bow(from, to)(t);
      context.fillStyle = colour(dot.kind);
      context.globalAlpha = Math.sin(Math.PI * t);
      context.beginPath();
      context.arc(at.x, at.y, 3.6, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  private drawSpots(context: CanvasRenderingContext2D): void {
    const many = this.spots.length > kManyNodes;
    const ink = colour("ink");
    const surface = colour("surface");
    context.textAlign = "center";
    for (const spot of this.spots) {
      const { x, y } = this.place(spot);
      const { status, own } = spot.row;
      const dim = this.chosen && this.chosen !== spot.key && !this.touches(spot.key);
      context.globalAlpha = dim ? 0.35 : 1;
      context.beginPath();
      context.arc(x, y, spot.radius, 0, 2 * Math.PI);
      context.fillStyle = status === "gone" ? surface : colour(`status-${status}`) || ink;
      context.fill();
      context.lineWidth = many ? 1.2 : 2.5;
      context.strokeStyle = status === "gone" ? colour("status-gone") : surface;
      context.setLineDash(status === "gone" ? [4, 3] : []);
      context.stroke();
      context.setLineDash([]);
      if (own || this.chosen === spot.key) {
        context.beginPath();
        context.arc(x, y, spot.radius + (many ? 2.5 : 5), 0, 2 * Math.PI);
        context.lineWidth = this.chosen === spot.key ? 3 : 1.5;
        context.strokeStyle = this.chosen === spot.key ? colour("focus") : colour(`status-${status}`) || ink;
        context.stroke();
      }
      if (many) continue;
      // A sign, for those who do not see the colours.
      const sign = { slow: "…", failing: "!", refused: "–", gone: "×" }[status] ?? "";
      context.font = `700 ${Math.round(spot.radius)}px system-ui, sans-serif`;
      context.textBaseline = "middle";
      context.fillStyle = status === "gone" ? colour("status-gone") : surface;
      context.fillText(sign, x, y + 1);
      context.font = `${own ? 600 : 500} 12px system-ui, sans-serif`;
      context.textBaseline = "top";
      context.lineWidth = 4;
      context.strokeStyle = surface;
      context.lineJoin = "round";
      context.strokeText(spot.row.label, x, y + spot.radius + 8);
      context.fillStyle = ink;
      context.fillText(spot.row.label, x, y + spot.radius + 8);
    }
    context.globalAlpha = 1;
  }

  private touches(key: string): boolean {
    return this.lines.some(
      ({ edge }) => (edge.from === this.chosen && edge.to === key) || (edge.to === this.chosen && edge.from === key),
    );
  }

  private near(event: { clientX: number; clientY: number }): Spot | undefined {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best: Spot | undefined;
    let least = Infinity;
    for (const spot of this.spots) {
      const at = this.place(spot);
      const distance = Math.hypot(at.x - x, at.y - y) - spot.radius;
      if (distance < Math.min(least, 8)) [best, least] = [spot, distance];
    }
    return best;
  }

  private point(event: PointerEvent): void {
    const spot = this.near(event);
    this.canvas.style.cursor = spot ? "pointer" : "";
    showTip(spot ? this.linesAbout(spot) : [], event.clientX, event.clientY);
  }

  private linesAbout({ row, key }: Spot): string[] {
    const given = (kind: "gradients" | "lessons") =>
      [...this.counts.values()].filter((edge) => edge.from === key).reduce((a, edge) => a + edge[kind], 0);
    const lines = [`${row.label}${row.label === format.shortKey(key) ? "" : ` (${format.shortKey(key)})`}: ${row.status}`];
    if (row.phase) lines.push(row.phase);
    if (row.weight !== null) lines.push(`weight ${format.fixed(row.weight, 3)}`);
    if (row.latency_ms !== null) lines.push(`answers in ${format.milliseconds(row.latency_ms)}`);
    if (given("gradients") + given("lessons") > 0) {
      lines.push(`gave ${format.count(given("gradients"))} gradients, ${format.count(given("lessons"))} lessons`);
    }
    if (row.last_failure) lines.push(`failed: ${row.last_failure}`);
    return lines;
  }

  // The arrows go from neuron to neuron.
  private press(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      this.choose("");
      showTip([]);
    } else if (step !== undefined && this.spots.length > 0) {
      event.preventDefault();
      const at = this.spots.findIndex((spot) => spot.key === this.chosen);
      const spot = this.spots[(at + step + this.spots.length + (at < 0 && step < 0 ? 1 : 0)) % this.spots.length];
      if (spot.key !== this.chosen) this.choose(spot.key);
      const box = this.canvas.getBoundingClientRect();
      const { x, y } = this.place(spot);
      const lines = this.linesAbout(spot);
      showTip(lines, box.left + x, box.top + y);
      announce(lines.join(", "));
    }
  }

  private describe(view: View): void {
    const gone = this.spots.filter((spot) => spot.row.status !== "ok").length;
    const text =
      `${this.spots.length} neurons, ${this.lines.length} lines between them` +
      `${gone > 0 ? `, ${gone} not ok` : ""}. Arrow keys go from neuron to neuron; the table of peers has all numbers.`;
    if (this.canvas.getAttribute("aria-label") !== text) this.canvas.setAttribute("aria-label", text);
    this.canvas.dataset.nodes = String(this.spots.length);
    this.canvas.dataset.edges = String(this.lines.length);
    setText(byId("graph-title"), view.swarm ? "The swarm" : "Network");
  }
}
