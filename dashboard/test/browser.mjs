// SPDX-License-Identifier: MIT
//
// The page in a headless browser, for tests: reads one command a line, as JSON, and answers each
// with a line, {} or {"error": ...}. Whatever the browser's console complains of is an error, too.
//
//   node browser.mjs CHROMIUM
//
//   {"open": URL, "width": 1280, "height": 900}   opens the page anew
//   {"peers": N, "rows": N}                       waits until the page and the server's state agree,
//                                                 with so many peers or rows that are not gone
//   {"phase": "ended"}                            waits for that, and then for every panel to agree
//   {"text": "...", "in": "#selector"}            waits until that is there
//   {"type": "...", "in": "#selector"}            fills it in and sends it
//   {"keyboard": true}                            walks through the page without a mouse
//   {"shot": FILE, "colours": "dark", "whole": true}   a picture of it, or of all below each other

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const kPatienceMs = 60_000;

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let page = null;
let url = null;
const complaints = [];

async function open(command) {
  await page?.context().close();
  const context = await browser.newContext({
    viewport: { width: command.width ?? 1280, height: command.height ?? 900 },
  });
  page = await context.newPage();
  page.setDefaultTimeout(kPatienceMs);
  page.on("console", (message) => {
    // A browser calls every answer of 401 an error; the page asks for the token then.
    const expected = message.text().includes("401");
    if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.protocol === "http:" && to.host !== new URL(url).host) complaints.push(`asks ${to.host}`);
  });
  url = command.open;
  await page.goto(url);
}

async function state() {
  const answer = await fetch(new URL("api/state", url).href + new URL(url).search);
  if (!answer.ok) throw new Error(`state: ${answer.status}`);
  return answer.json();
}

// What the page shows, in its own words.
const shown = () =>
  page.evaluate(() => {
    const texts = (selector, name) =>
      Object.fromEntries([...document.querySelectorAll(selector)].map((e) => [e.dataset[name], e.textContent]));
    const rows = [...document.querySelectorAll("#peers tbody tr")].map((row) => [
      row.dataset.key,
      Object.fromEntries([...row.children].map((cell) => [cell.classList[0], cell.textContent])),
    ]);
    const canvas = (id) => ({ ...document.querySelector(`#${id} canvas`)?.dataset });
    return {
      phase: document.getElementById("phase").textContent,
      tiles: texts("[data-tile]", "tile"),
      curves: texts("[data-curve]", "curve"),
      points: document.getElementById("loss").dataset.points,
      axon: texts("[data-axon]", "axon"),
      rows: Object.fromEntries(rows),
      graph: canvas("graph"),
      heat: canvas("heat"),
      events: document.querySelectorAll("#events li:not(.none)").length,
      waits: document.querySelectorAll("#waiting .wait:not(.nothing)").length,
    };
  });

const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);
const fixed = (value) => (value === null ? "–" : value.toFixed(3));
const count = (value) => {
  const units = ["", " k", " M", " G"];
  let unit = 0;
  if (value >= 10_000) for (; value >= 1000; value /= 1000) ++unit;
  if (unit > 0) return `${value.toFixed(value < 100 ? 1 : 0)}${units[unit]}`;
  return String(value < 100 ? Math.round(value * 10) / 10 : Math.round(value));
};

// Each thing that page and state say differently.
function differences(seen, told) {
  const found = [];
  const same = (what, here, there) => {
    if (String(here) !== String(there)) found.push(`${what}: the page says ${here}, the state ${there}`);
  };
  const { training, axon, peers, weights, history, events } = told;
  same("phase", seen.phase, training.phase);
  for (const name of ["alone", "local", "network"]) {
    same(`accuracy ${name}`, seen.tiles[name], percent(training.accuracy[name]));
    same(`curve of accuracy ${name}`, seen.curves[`accuracy_${name}`], percent(training.accuracy[name]));
  }
  for (const name of ["local", "network"]) same(`loss ${name}`, seen.curves[`loss_${name}`], fixed(training.loss[name]));
  same("progress", seen.tiles.progress, `${((100 * training.step) / training.steps).toFixed(0)} %`);
  same("points", seen.points, history.length);
  for (const name of ["served", "refused", "failed", "queued", "rows"]) same(`axon ${name}`, seen.axon[name], count(axon[name]));
  same("peers", Object.keys(seen.rows).sort(), peers.map((peer) => peer.key).sort());
  for (const peer of peers) {
    const row = seen.rows[peer.key] ?? {};
    same("status", row.status, peer.status);
    same("weight", row.weight, fixed(peer.weight));
    same("answered", row.answered, `${count(peer.answered)} / ${count(peer.asked)}`);
    same("failed", row.failed, count(peer.failed));
    same("gradients", row.gradients, `${count(peer.gradients_given)} ↑ ${count(peer.gradients_taken)} ↓`);
    same("lessons", row.lessons, `${count(peer.lessons_given)} ↑ ${count(peer.lessons_taken)} ↓`);
    same("address", row.address, peer.address);
  }
  same("nodes", seen.graph.nodes, peers.length + 1);
  same("matrix", seen.heat.size, weights.keys.length);
  same("rows of the matrix", seen.heat.known, weights.rows.filter((row) => row !== null).length);
  same("events", seen.events, events.length);
  same("waits", seen.waits, training.waiting.length);
  return found;
}

// Looks again and again until `complaint` has none.
async function until(complaint) {
  const end = Date.now() + kPatienceMs;
  let last = "";
  while (Date.now() < end) {
    last = await complaint();
    if (!last) return;
    await page.waitForTimeout(150);
  }
  throw new Error(last);
}

const present = (list) => list.filter((entry) => entry.status !== "gone").length;

async function peers(command) {
  await until(async () => {
    const told = await state();
    const seen = await shown();
    const there = present(Object.values(seen.rows));
    if (command.rows !== undefined) return there === command.rows ? "" : `${there} rows are there`;
    const known = present(told.peers);
    if (known !== command.peers || there !== known) return `${known} peers are there, the page shows ${there}`;
    return "";
  });
}

async function phase(command) {
  await until(async () => {
    const told = await state();
    if (told.training.phase !== command.phase) return `the phase is ${told.training.phase}`;
    return differences(await shown(), told).join("; ");
  });
}

async function text(command) {
  await until(async () => {
    const content = await page.locator(command.in).textContent();
    return content.includes(command.text) ? "" : `${command.in} says "${content}"`;
  });
}

async function type(command) {
  await page.locator(command.in).fill(command.type);
  await page.keyboard.press("Enter");
}

// Every control has a name, the focus is seen, and the arrows read the canvases.
async function keyboard() {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, canvas, [role=region], [role=img]")]
      .filter((e) => !e.closest("[hidden], [aria-hidden=true]"))
      .filter((e) => {
        const name = e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.textContent.trim();
        return !name && !e.closest("label")?.textContent.trim();
      })
      .map((e) => e.outerHTML.slice(0, 80)),
  );
  if (nameless.length > 0) throw new Error(`without a name: ${nameless.join("; ")}`);
  await page.locator("#graph canvas").focus();
  await page.keyboard.press("ArrowRight");
  await until(async () => ((await page.locator("#announce").textContent()) ? "" : "the graph says nothing"));
  await page.locator("#heat canvas").focus();
  await page.keyboard.press("ArrowRight");
  await text({ in: "#announce", text: "weight" });
  const header = page.locator("#peers th.failed button");
  await header.focus();
  await page.keyboard.press("Enter");
  const order = await page.locator("#peers th.failed").first().getAttribute("aria-sort");
  if (order !== "descending") throw new Error(`sorted ${order}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) throw new Error(`${wide} pixels wider than the window`);
}

async function shot(command) {
  await page.emulateMedia({ colorScheme: command.colours ?? "light" });
  await page.waitForTimeout(300); // The panels are drawn in the next frames.
  await page.screenshot({ path: command.shot, fullPage: command.whole ?? false });
}

const kCommands = { open, peers, rows: peers, phase, text, type, keyboard, shot };

for await (const line of createInterface({ input: process.stdin })) {
  let answer = {};
  try {
    const command = JSON.parse(line);
    const name = Object.keys(command)[0];
    await kCommands[name](command);
    if (complaints.length > 0) answer = { error: `console: ${complaints.splice(0).join("; ")}` };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
