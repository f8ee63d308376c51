// SPDX-License-Identifier: MIT
//
// What the panels show, made of one neuron's state, or of all of a swarm's.

import {
  isSwarm,
  type Axon,
  type Member,
  type NeuronEvent,
  type Peer,
  type Point,
  type State,
  type Update,
  type Waiting,
} from "./api";
import { shortKey } from "./format";

export interface Row extends Peer {
  label: string;
  own: boolean; // its own state is part of the view
  phase: string;
  accuracy: State["training"]["accuracy"];
  samplesPerS: number | null;
  step: number | null;
}

// What `from` has to do with `to`. Gradients and lessons go from who teaches to who learns.
export interface Edge {
  from: string;
  to: string;
  weight: number;
  gradients: number;
  lessons: number;
}

export interface View {
  swarm: boolean; // several neurons' states in one
  title: string;
  phase: string;
  failure: string;
  now: number; // Unix time, by the server's clock
  uptime: number;
  release: string;
  address: string;
  training: State["training"];
  waiting: (Waiting & { who: string })[];
  rows: Row[];
  edges: Edge[];
  worth: Map<string, number>; // of each neuron for the others, 0 to 1
  weights: State["weights"];
  history: Point[];
  axon: Axon;
  events: (NeuronEvent & { who: string })[];
  labels: Map<string, string>;
}

type Maybe = number | null | undefined;

function numbers(values: Maybe[]): number[] {
  return values.filter((value): value is number => typeof value === "number");
}
function sum(values: Maybe[]): number {
  return numbers(values).reduce((a, b) => a + b, 0);
}
export function mean(values: Maybe[]): number | null {
  const known = numbers(values);
  return known.length > 0 ? sum(known) / known.length : null;
}

const kNothing: Axon = {
  requests_per_s: 0,
  served: 0,
  refused: 0,
  failed: 0,
  rows: 0,
  queued: 0,
  bytes_received: 0,
  bytes_sent: 0,
};

// From harmless to grave; of several opinions about a peer the gravest counts. It is gone when nobody sees
// it: who has lost the others says that of all.
const kStatuses = ["ok", "slow", "failing", "refused", "gone"];
export function gravity(status: string): number {
  return kStatuses.indexOf(status);
}

function gravest(statuses: string[]): string {
  const seen = statuses.filter((status) => status !== "gone");
  return (seen.length > 0 ? seen : statuses).reduce((a, b) => (gravity(b) > gravity(a) ? b : a), "ok");
}

const kCounts = [
  "asked",
  "answered",
  "failed",
  "bytes_sent",
  "bytes_received",
  "gradients_given",
  "gradients_taken",
  "lessons_given",
  "lessons_taken",
] as const;

function total(peers: Peer[]): Pick<Peer, (typeof kCounts)[number]> {
  return Object.fromEntries(kCounts.map((name) => [name, sum(peers.map((p) => p[name]))])) as Pick<
    Peer,
    (typeof kCounts)[number]
  >;
}

function rowOfPeer(peer: Peer, labels: Map<string, string>): Row {
  return {
    ...peer,
    label: labels.get(peer.key) ?? shortKey(peer.key),
    own: false,
    phase: "",
    accuracy: { alone: null, local: null, network: null },
    samplesPerS: null,
    step: null,
  };
}

// What others say of the neuron `key`, as one peer.
function seenBy(states: State[], key: string): Peer {
  const views = states.flatMap((state) => state.peers.filter((peer) => peer.key === key));
  const last = views[views.length - 1];
  return {
    key,
    address: last?.address ?? "",
    task: last?.task ?? "",
    status: gravest(views.map((view) => view.status)),
    last_failure: views.map((view) => view.last_failure).find((text) => text) ?? "",
    latency_ms: mean(views.map((view) => view.latency_ms)),
    weight: mean(views.map((view) => view.weight)),
    score: mean(views.map((view) => view.score)),
    last_seen_s: Math.max(0, ...numbers(views.map((view) => view.last_seen_s))),
    ...total(views),
  };
}

function rowOfMember(member: Member, states: State[]): Row {
  const own = member.state;
  const key = own?.neuron.key ?? "";
  const seen = seenBy(states, key);
  const failed = member.status === "failed";
  return {
    ...seen,
    // Its own account of what it asked and taught.
    ...(own ? total(own.peers) : {}),
    address: own?.neuron.address ?? seen.address,
    task: own?.neuron.task ?? seen.task,
    status: failed ? "gone" : seen.status,
    last_failure: failed ? member.failure : seen.last_failure,
    label: own?.neuron.name || (key ? shortKey(key) : `neuron-${member.number}`),
    own: true,
    phase: failed ? "failed" : (own?.training.phase ?? member.status),
    accuracy: own?.training.accuracy ?? { alone: null, local: null, network: null },
    samplesPerS: own?.training.samples_per_s ?? null,
    step: own?.training.step ?? null,
  };
}

const kFew = 40; // in a larger network only the largest weights of a row become lines
const kLargest = 2;

// The indices of the largest weights of a row: all, or a few where there are many.
function lines(row: number[]): number[] {
  const all = [...row.keys()];
  if (row.length <= kFew) return all;
  const best: number[] = [];
  for (const j of all) {
    if (best.length === kLargest && row[j] <= row[best[kLargest - 1]]) continue;
    const at = best.findIndex((k) => row[j] > row[k]);
    best.splice(at < 0 ? best.length : at, 0, j);
    if (best.length > kLargest) best.pop();
  }
  return best;
}

// What each neuron counts for the others on average, by the matrix or else by the one who asks.
function worthOf(states: State[], weights: State["weights"]): Map<string, number> {
  const sums = new Float64Array(weights.keys.length);
  let known = 0;
  for (const row of weights.rows) {
    if (row === null) continue;
    ++known;
    for (let j = 0; j < row.length; ++j) sums[j] += row[j];
  }
  const worth = new Map<string, number>();
  for (const state of states) for (const peer of state.peers) worth.set(peer.key, peer.weight ?? 0);
  if (known > 1) weights.keys.forEach((key, j) => worth.set(key, sums[j] / (known - 1)));
  return worth;
}

function edgesOf(states: State[], weights: State["weights"]): Edge[] {
  const edges = new Map<string, Edge>();
  const edge = (from: string, to: string): Edge => {
    const id = `${from}>${to}`;
    let found = edges.get(id);
    if (!found) edges.set(id, (found = { from, to, weight: 0, gradients: 0, lessons: 0 }));
    return found;
  };
  weights.rows.forEach((row, i) => {
    for (const j of row === null ? [] : lines(row)) {
      if (i !== j && row![j] > 0) edge(weights.keys[i], weights.keys[j]).weight = row![j];
    }
  });
  for (const state of states) {
    const self = state.neuron.key;
    for (const peer of state.peers) {
      const out = edge(self, peer.key);
      out.weight = peer.weight ?? out.weight;
      // Both ends count what passes between them; where both are known, the later count is right.
      out.gradients = Math.max(out.gradients, peer.gradients_given);
      out.lessons = Math.max(out.lessons, peer.lessons_given);
      if (peer.gradients_taken > 0 || peer.lessons_taken > 0) {
        const back = edge(peer.key, self);
        back.gradients = Math.max(back.gradients, peer.gradients_taken);
        back.lessons = Math.max(back.lessons, peer.lessons_taken);
      }
    }
  }
  return [...edges.values()];
}

// Each neuron's own row of the matrix, by the one who knows it best: itself.
function weightsOf(states: State[]): State["weights"] {
  if (states.length === 1) return states[0].weights;
  const keys = [...new Set([...states.map((s) => s.neuron.key), ...states.flatMap((s) => s.weights.keys)])];
  const index = new Map(keys.map((key, i) => [key, i]));
  const rows = keys.map((key) => {
    const known = [...states]
      .sort((a, b) => Number(b.neuron.key === key) - Number(a.neuron.key === key))
      .map((s) => ({ keys: s.weights.keys, row: s.weights.rows[s.weights.keys.indexOf(key)] }))
      .find(({ row }) => row);
    if (!known?.row) return null;
    const row = new Array<number>(keys.length).fill(0);
    known.row.forEach((weight, j) => (row[index.get(known.keys[j])!] = weight));
    return row;
  });
  return { keys, rows };
}

const kCurves = [
  "loss_train",
  "loss_local",
  "loss_network",
  "accuracy_alone",
  "accuracy_local",
  "accuracy_network",
  "samples_per_s",
] as const;

// The mean curve of all neurons, at the steps that at least half of them have.
function meanHistory(states: State[]): Point[] {
  if (states.length === 1) return states[0].history;
  const bySteps = new Map<number, Point[]>();
  for (const point of states.flatMap((state) => state.history)) {
    const there = bySteps.get(point.step);
    if (there) there.push(point);
    else bySteps.set(point.step, [point]);
  }
  const points: Point[] = [];
  for (const [step, there] of bySteps) {
    if (2 * there.length < states.length) continue;
    const point: Point = { step, time_s: Math.max(...there.map((p) => p.time_s)) };
    for (const name of kCurves) point[name] = mean(there.map((p) => p[name]));
    points.push(point);
  }
  return points.sort((a, b) => a.step - b.step);
}

const kPhases = ["ended", "saving", "testing", "training", "waiting", "starting"];

function trainingOf(states: State[]): State["training"] {
  if (states.length === 1) return states[0].training;
  const all = states.map((state) => state.training);
  const average = (pick: (t: State["training"]) => Maybe) => mean(all.map(pick));
  return {
    // What most of them do; while any trains, the swarm does.
    phase: kPhases.reduce((a, b) => (all.some((t) => t.phase === b) ? b : a), "ended"),
    waiting: [],
    epoch: Math.min(...all.map((t) => t.epoch)),
    epochs: Math.max(...all.map((t) => t.epochs)),
    step: Math.min(...all.map((t) => t.step)),
    steps: Math.max(...all.map((t) => t.steps)),
    samples_per_s: sum(all.map((t) => t.samples_per_s)),
    time_left_s: numbers(all.map((t) => t.time_left_s)).reduce<number | null>(
      (a, b) => Math.max(a ?? 0, b),
      null,
    ),
    loss: {
      local: average((t) => t.loss.local),
      network: average((t) => t.loss.network),
      train: average((t) => t.loss.train),
    },
    accuracy: {
      alone: average((t) => t.accuracy.alone),
      local: average((t) => t.accuracy.local),
      network: average((t) => t.accuracy.network),
    },
  };
}

export interface Choice {
  value: string; // "all" or a member's number
  label: string;
}

export function choicesOf(update: Update): Choice[] {
  if (!isSwarm(update)) return [];
  return [
    { value: "all", label: `all ${update.swarm.length} neurons` },
    ...update.swarm.map((member) => ({
      value: String(member.number),
      label: member.state
        ? `${member.state.neuron.name || `neuron-${member.number}`} (${shortKey(member.state.neuron.key)})`
        : `neuron-${member.number} (${member.status})`,
    })),
  ];
}

// What `chosen`, one of the choices, shows; null while nothing is known of it.
export function viewOf(update: Update, chosen: string): View | null {
  const members: Member[] = isSwarm(update)
    ? update.swarm
    : [{ number: 0, status: "running", failure: "", state: update }];
  const all = !isSwarm(update) || chosen === "all" || !members.some((m) => String(m.number) === chosen);
  const shown = all ? members : members.filter((m) => String(m.number) === chosen);
  const states = shown.map((m) => m.state).filter((s): s is State => s !== null);
  if (states.length === 0) return null;

  const labels = new Map<string, string>();
  for (const { number, state } of members) {
    if (state) labels.set(state.neuron.key, state.neuron.name || (isSwarm(update) ? `neuron-${number}` : ""));
  }
  for (const [key, label] of labels) if (!label) labels.set(key, shortKey(key));

  const swarm = shown.length > 1;
  const first = states[0];
  const weights = weightsOf(states);
  const self = rowOfMember(shown[0], states);
  const rows = swarm
    ? shown.map((member) => rowOfMember(member, states))
    : [
        { ...self, status: shown[0].status === "failed" ? "gone" : "ok", latency_ms: null, weight: null },
        ...first.peers.map((peer) => rowOfPeer(peer, labels)),
      ];
  if (swarm) {
    const there = new Set(rows.map((row) => row.key));
    const others = new Set(states.flatMap((s) => s.peers.map((p) => p.key)).filter((k) => !there.has(k)));
    for (const key of others) rows.push(rowOfPeer(seenBy(states, key), labels));
  }
  const who = (state: State) => (swarm ? (labels.get(state.neuron.key) ?? "") : "");
  const failures = shown.filter((m) => m.status === "failed");
  return {
    swarm,
    title: swarm
      ? `${first.neuron.program || "swarm"}: ${shown.length} neurons`
      : `${labels.get(first.neuron.key)}${first.neuron.program ? ` · ${first.neuron.program}` : ""}`,
    phase: failures.length === shown.length ? "failed" : trainingOf(states).phase,
    failure: failures.map((m) => `neuron-${m.number}: ${m.failure}`).join("; "),
    now: Math.max(...states.map((s) => s.neuron.started + s.neuron.uptime_s)),
    uptime: Math.max(...states.map((s) => s.neuron.uptime_s)),
    release: first.neuron.release,
    address: swarm ? "" : first.neuron.address,
    training: trainingOf(states),
    waiting: states.flatMap((s) => s.training.waiting.map((w) => ({ ...w, who: who(s) }))),
    rows,
    edges: edgesOf(states, weights),
    worth: worthOf(states, weights),
    weights,
    history: meanHistory(states),
    axon: states.reduce<Axon>(
      (a, s) =>
        Object.fromEntries(
          Object.keys(kNothing).map((name) => [name, a[name as keyof Axon] + (s.axon[name as keyof Axon] ?? 0)]),
        ) as unknown as Axon,
      kNothing,
    ),
    events: states
      .flatMap((s) => s.events.map((e) => ({ ...e, who: who(s) })))
      .sort((a, b) => b.time_s - a.time_s)
      .slice(0, 200),
    labels,
  };
}
