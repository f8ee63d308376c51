// SPDX-License-Identifier: MIT
//
// Curves over the steps of training.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Point } from "./api";
import { announce, byId, colour, el, setText } from "./dom";
import type { View } from "./model";

export interface Curve {
  field: Exclude<keyof Point, "step" | "time_s">;
  label: string;
  hue: string;
  dash?: number[];
  latest: (view: View) => number | null | undefined;
}

export class Curves {
  private plot: uPlot | null = null;
  private data: (number | null | undefined)[][] = [[]];
  private view: View | null = null;
  private readonly box: HTMLElement;
  private readonly keys: HTMLElement[];
  private cursor: number | null = null;

  constructor(
    name: string,
    private readonly title: string,
    private readonly curves: Curve[],
    private readonly text: (value: number | null | undefined, tick?: boolean) => string,
    private readonly range: (least: number, most: number) => [number, number],
    private readonly nothing: string,
  ) {
    this.box = byId(name);
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "img");
    this.box.addEventListener("keydown", (event) => this.press(event));
    this.keys = curves.map((curve) => {
      const value = el("b");
      value.dataset.curve = curve.field;
      const swatch = el("i", curve.dash ? "dashed" : "");
      swatch.dataset.hue = curve.hue;
      byId(`${name}-keys`).append(el("span", "key", swatch, `${curve.label} `, value));
      return value;
    });
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.box);
  }

  update(view: View): void {
    this.view = view;
    const points = view.history;
    this.data = [
      points.map((point) => point.step),
      ...this.curves.map((curve) => {
        const values = points.map((point) => point[curve.field] ?? null);
        // What is known once for all steps is a line across.
        const once = curve.field === "accuracy_alone" ? curve.latest(view) : null;
        return typeof once === "number" ? values.map(() => once) : values;
      }),
    ];
    const some = this.data.slice(1).some((values) => values.some((value) => typeof value === "number"));
    this.box.classList.toggle("empty", !some);
    this.box.dataset.nothing = this.nothing;
    this.box.dataset.points = String(points.length);
    if (this.plot === null) this.make();
    else this.plot.setData(this.data as uPlot.AlignedData);
    this.read();
  }

  // With the colours of the theme.
  make(): void {
    this.plot?.destroy();
    const axis = {
      stroke: colour("muted"),
      grid: { stroke: colour("grid"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    this.plot = new uPlot(
      {
        ...this.size(),
        legend: { show: false },
        padding: [10, 12, 0, 0],
        cursor: { sync: { key: "steps", setSeries: false }, y: false, points: { size: 7 } },
        scales: { x: { time: false }, y: { range: (_plot, least, most) => this.range(least ?? 0, most ?? 1) } },
        axes: [
          { ...axis, size: 28, space: 60 },
          { ...axis, size: 52, values: (_plot, ticks) => ticks.map((tick) => this.text(tick, true)) },
        ],
        series: [
          {},
          ...this.curves.map((curve) => ({
            label: curve.label,
            stroke: colour(curve.hue),
            width: 2,
            dash: curve.dash,
            spanGaps: true,
            points: { show: (_plot: uPlot, i: number) => this.isSparse(i), size: 6, fill: colour("surface") },
          })),
        ],
        hooks: {
          setCursor: [
            (plot) => {
              this.cursor = plot.cursor.idx ?? null;
              this.read();
            },
          ],
        },
      },
      this.data as uPlot.AlignedData,
      this.box,
    );
    this.plot.root.setAttribute("aria-hidden", "true");
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(120, this.box.clientWidth), height: Math.max(120, this.box.clientHeight) };
  }

  private isSparse(i: number): boolean {
    return this.curves[i - 1].dash === undefined && this.data[i].filter((v) => typeof v === "number").length <= 40;
  }

  // The value at the cursor, or the latest.
  private read(): void {
    if (this.view === null) return;
    const texts = this.curves.map((curve, i) => {
      const at = this.cursor === null ? null : this.valueBefore(this.data[i + 1], this.cursor);
      return this.text(at ?? curve.latest(this.view!));
    });
    texts.forEach((text, i) => setText(this.keys[i], text));
    const step = this.data[0][this.data[0].length - 1];
    const summary = this.curves.map((curve, i) => `${curve.label} ${texts[i]}`).join(", ");
    const label = `${this.title} up to step ${step ?? 0}: ${summary}. Left and right arrow keys read the curve.`;
    if (this.box.getAttribute("aria-label") !== label) this.box.setAttribute("aria-label", label);
  }

  private valueBefore(values: (number | null | undefined)[], index: number): number | null {
    for (let i = Math.min(index, values.length - 1); i >= 0; --i) {
      const value = values[i];
      if (typeof value === "number") return value;
    }
    return null;
  }

  private press(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const steps = this.data[0];
    if (step === undefined || steps.length === 0 || this.plot === null) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(steps.length - 1, (this.cursor ?? steps.length) + step));
    this.plot.setCursor({ left: this.plot.valToPos(steps[index] as number, "x"), top: 10 });
    const values = this.curves.map((c, i) => `${c.label} ${this.text(this.valueBefore(this.data[i + 1], index))}`);
    announce(`step ${steps[index]}: ${values.join(", ")}`);
  }
}
