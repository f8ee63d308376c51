// SPDX-License-Identifier: MIT
//
// A server that tells made-up states of a network of any size, in the form of the real one's
// (docs/dashboard.md): what the page must cope with and a test cannot start.
//
//   node fake.mjs PAGE.html PORT [--neurons N | --swarm N] [--after SECONDS]

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

// A number in [0, 1) for each list of numbers, the same in every run.
function random(...seeds) {
  let state = 0x9e3779b9;
  for (const seed of seeds) {
    state = Math.imul(state ^ (seed + 1), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return (state >>> 0) / 2 ** 32;
}

function keyOf(i) {
  let key = "";
  for (let digit = 0; digit < 64; ++digit) key += Math.floor(16 * random(i, digit)).toString(16);
  return key;
}

const kStart = 1_800_000_000;
const kSteps = 600;

function accuracies(i, step) {
  const grown = 1 - Math.exp(-step / 90);
  return {
    alone: 0.905 + 0.01 * random(i, 1),
    local: step < 30 ? null : 0.6 + (0.345 + 0.01 * random(i, 2)) * grown,
    network: step < 30 ? null : 0.62 + (0.337 + 0.01 * random(i, 3)) * grown,
  };
}

function losses(i, step) {
  const noise = 0.05 * random(i, step, 4);
  const shape = Math.exp(-step / 80);
  return { local: 2 * shape + 0.16 + noise, network: 2.1 * shape + 0.11 + noise, train: 5 * shape + 0.5 + 3 * noise };
}

// The state of neuron `self` among `n` after `seconds`.
function stateOf(self, n, seconds) {
  const step = Math.min(kSteps, Math.round(seconds * 4));
  const now = kStart + seconds;
  const others = [...Array(n).keys()].filter((i) => i !== self);
  const raw = others.map((i) => random(self, i, 7) ** 2 + 0.05);
  const all = raw.reduce((a, b) => a + b, 0);
  const status = (i) => (n > 3 && i % 17 === 3 ? "failing" : n > 3 && i % 23 === 5 ? "gone" : i % 11 === 4 ? "slow" : "ok");
  const history = [];
  for (let s = 10; s <= step; s += 10) {
    const loss = losses(self, s);
    const accuracy = s % 60 === 0 ? accuracies(self, s) : { alone: null, local: null, network: null };
    history.push({
      step: s,
      time_s: kStart + s / 4,
      loss_train: loss.train,
      loss_local: loss.local,
      loss_network: loss.network,
      accuracy_alone: accuracy.alone,
      accuracy_local: accuracy.local,
      accuracy_network: accuracy.network,
      samples_per_s: 2000 + 200 * random(self, s),
    });
  }
  const ended = step === kSteps;
  return {
    version: 1,
    neuron: {
      key: keyOf(self),
      name: `neuron-${self}`,
      program: "mnist",
      task: "digits",
      address: `127.0.0.1:${8091 + self}`,
      started: kStart,
      uptime_s: seconds,
      release: "0.1.0",
    },
    training: {
      phase: ended ? "ended" : seconds % 20 < 3 ? "waiting" : "training",
      waiting:
        !ended && seconds % 20 < 3
          ? [{ what: "answers of 2 peers", peer: keyOf(others[0] ?? 0), since_s: now - (seconds % 20), until_s: now + 4 }]
          : [],
      epoch: 1 + Math.floor(step / 60.01),
      epochs: 10,
      step,
      steps: kSteps,
      samples_per_s: ended ? 0 : 2000 + 200 * random(self, step),
      time_left_s: (kSteps - step) / 4,
      loss: losses(self, step),
      accuracy: accuracies(self, step),
    },
    history,
    peers: others.slice(0, 500).map((i, j) => {
      const asked = Math.round(seconds * (1 + 3 * random(i)));
      const failed = status(i) === "ok" ? 0 : Math.round(asked * 0.2);
      return {
        key: keyOf(i),
        address: `10.0.${i >> 8}.${i & 255}:8091`,
        task: "digits",
        status: status(i),
        last_failure: status(i) === "ok" ? "" : "deadline exceeded after 5 s",
        latency_ms: 2 + 40 * random(i, 9),
        weight: raw[j] / all,
        score: raw[j] / all,
        last_seen_s: now - 3 * random(i, step),
        asked,
        answered: asked - failed,
        failed,
        bytes_sent: asked * 200_000,
        bytes_received: asked * 262_144,
        gradients_given: asked - failed,
        gradients_taken: Math.round(0.9 * asked),
        lessons_given: Math.round(0.5 * asked),
        lessons_taken: Math.round(0.4 * asked),
      };
    }),
    weights: {
      keys: [...Array(n).keys()].map(keyOf),
      rows: [...Array(n).keys()].map((i) => {
        if (n > 3 && i % 13 === 6) return null;
        const row = [...Array(n).keys()].map((j) => (i === j ? 0 : random(i, j, 7) ** 2 + 0.05));
        const sum = row.reduce((a, b) => a + b, 0) || 1;
        return row.map((weight) => Math.round((1000 * weight) / sum) / 1000);
      }),
    },
    axon: {
      requests_per_s: ended ? 0 : 30 + 20 * Math.sin(seconds / 5) + 10 * random(step),
      served: Math.round(seconds * 40),
      refused: 3,
      failed: 1,
      rows: Math.round(seconds * 2560),
      queued: Math.floor(4 * random(step, 5)),
      bytes_received: seconds * 8e6,
      bytes_sent: seconds * 9e6,
    },
    events: [
      { time_s: kStart + 0.2, kind: "message", peer: "", text: "axon listens on port 8091" },
      ...others.slice(0, 30).map((i) => ({ time_s: kStart + 1 + i / 50, kind: "came", peer: keyOf(i), text: "came" })),
      ...(n > 3 ? [{ time_s: kStart + 20, kind: "failed", peer: keyOf(3), text: "deadline exceeded after 5 s; left alone for 8 s" }] : []),
      ...history.filter((p) => p.accuracy_local).map((p) => ({
        time_s: p.time_s,
        kind: "best",
        peer: "",
        text: `local test accuracy ${(100 * p.accuracy_local).toFixed(2)} %, the best so far`,
      })),
    ].filter((event) => event.time_s <= now),
  };
}

function main() {
  const [page, port, ...rest] = process.argv.slice(2);
  const number = (name) => (rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : 0);
  const swarm = number("--swarm");
  const neurons = number("--neurons") || swarm || 4;
  const begin = Date.now() - 1000 * number("--after");
  const state = () => {
    const seconds = (Date.now() - begin) / 1000;
    if (!swarm) return stateOf(0, neurons, seconds);
    return {
      version: 1,
      swarm: [...Array(swarm).keys()].map((i) => ({ number: i, status: "running", failure: "", state: stateOf(i, swarm, seconds) })),
    };
  };
  const server = createServer((request, response) => {
    const path = request.url.split("?")[0];
    if (path === "/") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      return response.end(readFileSync(page));
    }
    if (path === "/api/state") return response.end(JSON.stringify(state()));
    if (path !== "/api/events") return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const tell = () => response.write(`data: ${JSON.stringify(state())}\n\n`);
    tell();
    const timer = setInterval(tell, 1000);
    request.on("close", () => clearInterval(timer));
  });
  server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
}

main();
