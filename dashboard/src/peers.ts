// SPDX-License-Identifier: MIT
//
// The table of peers, or of a swarm's neurons.

import { byId, el, setText } from "./dom";
import * as format from "./format";
import { gravity, type Row, type View } from "./model";

interface Column {
  id: string;
  label: string;
  title: string;
  text: (row: Row, view: View) => string;
  order: (row: Row) => number | string;
  swarm?: boolean; // only in the table of a swarm
  peers?: boolean; // only in that of one neuron's peers
}

const kUnknown = -Infinity;

const kColumns: Column[] = [
  { id: "name", label: "Neuron", title: "Name, or how its key begins", text: (r) => r.label, order: (r) => r.label },
  {
    id: "status",
    label: "Status",
    title: "ok, slow, failing, refused or gone; why, where that is known",
    text: (r) => r.status,
    order: (r) => gravity(r.status),
  },
  { id: "phase", label: "Does", title: "What it is doing", text: (r) => r.phase, order: (r) => r.phase, swarm: true },
  {
    id: "local",
    label: "Local",
    title: "Test accuracy of its own model",
    text: (r) => format.percent(r.accuracy.local),
    order: (r) => r.accuracy.local ?? kUnknown,
    swarm: true,
  },
  {
    id: "network",
    label: "Network",
    title: "Test accuracy with the network",
    text: (r) => format.percent(r.accuracy.network),
    order: (r) => r.accuracy.network ?? kUnknown,
    swarm: true,
  },
  {
    id: "weight",
    label: "Weight",
    title: "How much it counts for those who judge it, 0 to 1",
    text: (r) => format.fixed(r.weight, 3),
    order: (r) => r.weight ?? kUnknown,
  },
  {
    id: "latency",
    label: "Latency",
    title: "How long its answers take",
    text: (r) => format.milliseconds(r.latency_ms),
    order: (r) => r.latency_ms ?? kUnknown,
  },
  {
    id: "answered",
    label: "Answered",
    title: "Questions answered, of those asked",
    text: (r) => `${format.count(r.answered)} / ${format.count(r.asked)}`,
    order: (r) => r.answered,
  },
  { id: "failed", label: "Failed", title: "Questions that failed", text: (r) => format.count(r.failed), order: (r) => r.failed },
  {
    id: "gradients",
    label: "Gradients",
    title: "Given and taken",
    text: (r) => `${format.count(r.gradients_given)} ↑ ${format.count(r.gradients_taken)} ↓`,
    order: (r) => r.gradients_given + r.gradients_taken,
  },
  {
    id: "lessons",
    label: "Lessons",
    title: "Given and taken",
    text: (r) => `${format.count(r.lessons_given)} ↑ ${format.count(r.lessons_taken)} ↓`,
    order: (r) => r.lessons_given + r.lessons_taken,
  },
  {
    id: "traffic",
    label: "Traffic",
    title: "Sent and received",
    text: (r) => `${format.bytes(r.bytes_sent)} ↑ ${format.bytes(r.bytes_received)} ↓`,
    order: (r) => r.bytes_sent + r.bytes_received,
  },
  {
    id: "seen",
    label: "Seen",
    title: "When it was last heard of",
    text: (r, view) => (r.last_seen_s ? `${format.duration(view.now - r.last_seen_s)} ago` : "–"),
    order: (r) => r.last_seen_s ?? kUnknown,
    peers: true,
  },
  { id: "address", label: "Address", title: "Where its axon listens", text: (r) => r.address, order: (r) => r.address },
  {
    id: "failure",
    label: "Last failure",
    title: "What it said, or what became of the question",
    text: (r) => r.last_failure || "–",
    order: (r) => r.last_failure,
  },
];

// Of a long table only the rows in sight are kept up to date: a browser lays out all of it for each.
const kAllRows = 60;
const kRowPixels = 33;
const kMargin = 15; // rows above and below

export class Peers {
  private readonly box = byId("peers");
  private readonly body = el("tbody");
  private readonly header = el("tr");
  private readonly filter = byId<HTMLInputElement>("peers-filter");
  private lines = new Map<string, HTMLTableRowElement>();
  private view: View | null = null;
  private sorted = "";
  private down = false;
  private chosen = "";
  private columns: Column[] = [];

  constructor(private readonly onChoose: (key: string) => void) {
    const caption = el("caption", "unseen", "Peers; the buttons in the header sort them");
    this.box.append(el("table", "", caption, el("thead", "", this.header), this.body));
    this.filter.addEventListener("input", () => this.draw());
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
  }

  update(view: View): void {
    if (this.view === null || this.view.swarm !== view.swarm) {
      this.columns = kColumns.filter((column) => (view.swarm ? !column.peers : !column.swarm));
      this.lines.clear();
      this.body.replaceChildren();
      this.makeHeader();
    }
    this.view = view;
    setText(byId("peers-title"), view.swarm ? `Neurons (${view.rows.length})` : `Peers (${this.rows().length})`);
    this.draw();
  }

  choose(key: string): void {
    this.chosen = key;
    this.draw();
    this.lines.get(key)?.scrollIntoView({ block: "nearest" });
  }

  // A neuron is not its own peer.
  private rows(): Row[] {
    return this.view === null ? [] : this.view.rows.filter((row) => this.view!.swarm || !row.own);
  }

  private makeHeader(): void {
    this.header.replaceChildren(
      ...this.columns.map((column) => {
        const button = el("button", "", column.label);
        button.type = "button";
        button.title = column.title;
        button.addEventListener("click", () => {
          this.down = this.sorted === column.id ? !this.down : !["name", "address", "failure"].includes(column.id);
          this.sorted = column.id;
          this.draw();
        });
        const cell = el("th", column.id, button);
        cell.scope = "col";
        return cell;
      }),
    );
  }

  private draw(): void {
    if (this.view === null) return;
    const view = this.view;
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = this.rows().filter((row) => {
      const text = `${row.label} ${row.key} ${row.address} ${row.status} ${row.phase}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const column = this.columns.find((c) => c.id === this.sorted);
    if (column) {
      const sign = this.down ? -1 : 1;
      rows.sort((a, b) => {
        const [x, y] = [column.order(a), column.order(b)];
        return x === y ? 0 : sign * (x < y ? -1 : 1);
      });
    }
    this.columns.forEach((c, i) => {
      const order = c.id !== this.sorted ? "none" : this.down ? "descending" : "ascending";
      this.header.children[i].setAttribute("aria-sort", order);
    });
    const there = new Set<string>();
    const first = this.box.scrollTop / kRowPixels - kMargin;
    const last = (this.box.scrollTop + this.box.clientHeight) / kRowPixels + kMargin;
    rows.forEach((row, i) => {
      const id = row.key || row.label;
      there.add(id);
      const known = this.lines.get(id);
      const line = known ?? this.makeLine(id);
      if (!known || rows.length <= kAllRows || (i >= first && i <= last)) this.fill(line, row, view);
      if (this.body.children[i] !== line) this.body.insertBefore(line, this.body.children[i] ?? null);
    });
    for (const [id, line] of this.lines) {
      if (there.has(id)) continue;
      line.remove();
      this.lines.delete(id);
    }
    this.box.classList.toggle("empty", rows.length === 0);
    this.box.dataset.nothing = words.length > 0 ? "None of them" : "No peers yet";
  }

  private makeLine(id: string): HTMLTableRowElement {
    const line = el("tr");
    line.dataset.key = id;
    for (const column of this.columns) {
      const cell = column.id === "name" ? el("th", column.id) : el("td", column.id);
      if (column.id === "name") (cell as HTMLTableCellElement).scope = "row";
      line.append(cell);
    }
    line.addEventListener("click", () => this.onChoose(id));
    this.lines.set(id, line);
    return line;
  }

  private fill(line: HTMLTableRowElement, row: Row, view: View): void {
    line.classList.toggle("chosen", this.chosen === row.key);
    this.columns.forEach((column, i) => {
      const cell = line.children[i] as HTMLElement;
      setText(cell, column.text(row, view));
      if (column.id === "status") {
        cell.className = `status ${row.status}`;
        cell.title = row.last_failure;
      }
      if (column.id === "name") cell.title = row.key;
      if (column.id === "failed") cell.classList.toggle("bad", row.failed > 0);
    });
  }
}
