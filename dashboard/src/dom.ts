// SPDX-License-Identifier: MIT

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as T;
}

// What strangers say (addresses, failures) becomes text and never markup.
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

// The value of a colour of style.css, for canvases.
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// A canvas that fills `box` at the screen's own resolution and is drawn again when its size changes.
export function fillWithCanvas(box: HTMLElement, draw: () => void): HTMLCanvasElement {
  const canvas = el("canvas");
  box.append(canvas);
  new ResizeObserver(() => {
    const scale = devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(box.clientWidth * scale));
    canvas.height = Math.max(1, Math.round(box.clientHeight * scale));
    draw();
  }).observe(box);
  return canvas;
}

const tip = byId("tip");

// Shows `lines` near (x, y) of the window; hides it without lines.
export function showTip(lines: string[], x = 0, y = 0): void {
  tip.hidden = lines.length === 0;
  if (tip.hidden) return;
  tip.replaceChildren(...lines.map((line) => el("div", "", line)));
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 4))}px`;
  tip.style.top = `${Math.max(4, y + 14 + height > innerHeight ? y - height - 10 : y + 14)}px`;
}

// Says it to those who listen rather than look.
export function announce(text: string): void {
  setText(byId("announce"), text);
}
