// SPDX-License-Identifier: MIT
//
// The weight matrix: each row is what one neuron thinks of the others.

import { announce, byId, colour, fillWithCanvas, setText, showTip } from "./dom";
import * as format from "./format";
import type { View } from "./model";

const kSlant = 34; // how far the last column's label reaches beyond it
const kLabelled = 24; // larger matrices have no names at their sides
const kNumbered = 8; // smaller ones have the numbers in their cells

function channels(hex: string): [number, number, number] {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

export class Heat {
  private readonly canvas: HTMLCanvasElement;
  private weights: View["weights"] = { keys: [], rows: [] };
  private labels: string[] = [];
  private most = 1;
  private cell: { row: number; column: number } | null = null;
  private side = { left: 0, top: 0, size: 1 };

  constructor() {
    this.canvas = fillWithCanvas(byId("heat"), () => this.draw());
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "matrix of weights");
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.choose(null));
    this.canvas.addEventListener("blur", () => this.choose(null));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  update(view: View): void {
    this.weights = view.weights;
    this.labels = view.weights.keys.map((key) => view.labels.get(key) ?? format.shortKey(key));
    this.most = 0;
    for (const row of this.weights.rows) for (const weight of row ?? []) this.most = Math.max(this.most, weight);
    const known = this.weights.rows.filter((row) => row !== null).length;
    setText(byId("heat-scale"), known > 0 ? `0 to ${format.fixed(this.most, 2)}` : "");
    this.canvas.setAttribute(
      "aria-label",
      `${known} of ${this.labels.length} neurons tell what the others are worth to them. Arrow keys go from cell to cell.`,
    );
    this.canvas.dataset.size = String(this.labels.length);
    this.canvas.dataset.known = String(known);
    this.draw();
    this.read();
  }

  draw(): void {
    const context = this.canvas.getContext("2d");
    const n = this.labels.length;
    if (!context) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [this.canvas.width / ratio, this.canvas.height / ratio];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (n === 0 || this.weights.rows.every((row) => row === null)) return this.drawNothing(context, width, height);
    const margin = n <= kLabelled ? 74 : 4;
    const right = n <= kLabelled ? kSlant : 4;
    const size = Math.max(1, Math.min(width - margin - right, height - margin - 4));
    this.side = { left: (width - size - margin - right) / 2 + margin, top: (height - size - margin) / 2 + margin, size };
    this.drawCells(context, n);
    if (n <= kLabelled) this.drawLabels(context, n);
    if (this.cell) {
      const step = size / n;
      context.strokeStyle = colour("focus");
      context.lineWidth = 2;
      context.strokeRect(
        this.side.left + this.cell.column * step,
        this.side.top + this.cell.row * step,
        Math.max(3, step),
        Math.max(3, step),
      );
    }
  }

  private drawNothing(context: CanvasRenderingContext2D, width: number, height: number): void {
    context.fillStyle = colour("muted");
    context.font = "14px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText("Nobody has told weights yet", width / 2, height / 2);
  }

  private drawCells(context: CanvasRenderingContext2D, n: number): void {
    const low = channels(colour("heat-low"));
    const high = channels(colour("heat-high"));
    const none = channels(colour("heat-none"));
    const image = new ImageData(n, n);
    this.weights.rows.forEach((row, i) => {
      for (let j = 0; j < n; ++j) {
        const part = row ? Math.sqrt((row[j] ?? 0) / (this.most || 1)) : 0;
        for (let c = 0; c < 3; ++c) {
          image.data[4 * (i * n + j) + c] = row ? low[c] + part * (high[c] - low[c]) : none[c];
        }
        image.data[4 * (i * n + j) + 3] = 255;
      }
    });
    const small = new OffscreenCanvas(n, n);
    small.getContext("2d")!.putImageData(image, 0, 0);
    const { left, top, size } = this.side;
    context.imageSmoothingEnabled = false;
    context.drawImage(small, left, top, size, size);
    const step = size / n;
    if (n > 60) return;
    context.strokeStyle = colour("surface");
    context.lineWidth = n <= kLabelled ? 2 : 0.5;
    for (let i = 0; i <= n; ++i) {
      context.beginPath();
      context.moveTo(left + i * step, top);
      context.lineTo(left + i * step, top + size);
      context.moveTo(left, top + i * step);
      context.lineTo(left + size, top + i * step);
      context.stroke();
    }
    if (n > kNumbered || step < 34) return;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = "600 12px system-ui, sans-serif";
    this.weights.rows.forEach((row, i) => {
      for (let j = 0; j < n; ++j) {
        if (row && i === j && !(row[j] > 0)) continue;
        const strong = row && Math.sqrt((row[j] ?? 0) / (this.most || 1)) > 0.55;
        context.fillStyle = strong ? colour("heat-ink-high") : colour("heat-ink-low");
        const text = row ? format.fixed(row[j] ?? 0, 2) : "?";
        context.fillText(text, left + (j + 0.5) * step, top + (i + 0.5) * step);
      }
    });
  }

  private drawLabels(context: CanvasRenderingContext2D, n: number): void {
    const { left, top, size } = this.side;
    const step = size / n;
    context.fillStyle = colour("muted");
    context.font = `${Math.min(12, Math.max(9, step * 0.7))}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    this.labels.forEach((label, i) => {
      const text = label.length > 10 ? `${label.slice(0, 9)}…` : label;
      context.textAlign = "right";
      context.fillText(text, left - 6, top + (i + 0.5) * step);
      context.save();
      context.translate(left + (i + 0.5) * step, top - 6);
      context.rotate(-Math.PI / 2 + (step > 62 ? Math.PI / 2 : 0.5));
      context.textAlign = step > 62 ? "center" : "left";
      context.fillText(text, 0, step > 62 ? -4 : 0);
      context.restore();
    });
  }

  private textOf({ row, column }: { row: number; column: number }): string {
    const weight = this.weights.rows[row]?.[column];
    const [from, to] = [this.labels[row], this.labels[column]];
    if (weight === undefined) return `${from} has told nothing of ${to}`;
    return `${from} gives ${to === from ? "itself" : to} the weight ${format.fixed(weight, 3)}`;
  }

  private read(): void {
    const hint = "Rows: who judges. Columns: who is judged. Grey: has told nothing.";
    setText(byId("heat-readout"), this.cell ? this.textOf(this.cell) : hint);
  }

  private choose(cell: { row: number; column: number } | null): void {
    this.cell = cell;
    if (cell === null) showTip([]);
    this.draw();
    this.read();
  }

  private point(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const n = this.labels.length;
    const at = (from: number, start: number) => Math.floor(((from - start) / this.side.size) * n);
    const column = at(event.clientX - box.left, this.side.left);
    const row = at(event.clientY - box.top, this.side.top);
    if (row < 0 || column < 0 || row >= n || column >= n) return this.choose(null);
    this.choose({ row, column });
    showTip([this.textOf({ row, column })], event.clientX, event.clientY);
  }

  private press(event: KeyboardEvent): void {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const n = this.labels.length;
    if (event.key === "Escape") this.choose(null);
    if (!step || n === 0) return;
    event.preventDefault();
    const from = this.cell ?? { row: -step[0], column: -step[1] };
    const inside = (at: number) => Math.max(0, Math.min(n - 1, at));
    this.choose({ row: inside(from.row + step[0]), column: inside(from.column + step[1]) });
    announce(this.textOf(this.cell!));
  }
}
