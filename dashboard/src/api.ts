// SPDX-License-Identifier: MIT
//
// What the server tells (docs/dashboard.md), and the connection to it.

export interface Waiting {
  what: string;
  peer: string;
  since_s: number;
  until_s: number;
}

export interface Point {
  step: number;
  time_s: number;
  loss_train?: number | null;
  loss_local?: number | null;
  loss_network?: number | null;
  accuracy_alone?: number | null;
  accuracy_local?: number | null;
  accuracy_network?: number | null;
  samples_per_s?: number | null;
}

export interface Peer {
  key: string;
  address: string;
  task: string;
  status: string; // ok, slow, failing, gone, refused
  last_failure: string;
  latency_ms: number | null;
  weight: number | null;
  score: number | null;
  last_seen_s: number | null;
  asked: number;
  answered: number;
  failed: number;
  bytes_sent: number;
  bytes_received: number;
  gradients_given: number;
  gradients_taken: number;
  lessons_given: number;
  lessons_taken: number;
}

export interface Axon {
  requests_per_s: number;
  served: number;
  refused: number;
  failed: number;
  rows: number;
  queued: number;
  bytes_received: number;
  bytes_sent: number;
}

export interface NeuronEvent {
  time_s: number;
  kind: string; // came, left, failed, waiting, saved, best, message
  peer: string;
  text: string;
}

export interface State {
  version: number;
  neuron: {
    key: string;
    name: string;
    program: string;
    task: string;
    address: string;
    started: number;
    uptime_s: number;
    release: string;
  };
  training: {
    phase: string; // starting, waiting, training, testing, saving, ended
    waiting: Waiting[];
    epoch: number;
    epochs: number;
    step: number;
    steps: number;
    samples_per_s: number | null;
    time_left_s: number | null;
    loss: { local: number | null; network: number | null; train: number | null };
    accuracy: { alone: number | null; local: number | null; network: number | null };
  };
  history: Point[];
  peers: Peer[];
  weights: { keys: string[]; rows: (number[] | null)[] };
  axon: Axon;
  events: NeuronEvent[];
}

// One neuron of a swarm, as its launcher sees it.
export interface Member {
  number: number;
  status: string; // starting, running, done, failed
  failure: string;
  state: State | null;
}

export interface SwarmState {
  version: number;
  swarm: Member[];
}

export type Update = State | SwarmState;

export function isSwarm(update: Update): update is SwarmState {
  return "swarm" in update;
}

export type LinkState = "connecting" | "live" | "stale" | "lost" | "refused";

const kStaleMs = 15_000; // The server tells a state a second, and of a large network less often.
const kDeadMs = 60_000;
const kRetryMs = 2_000;
const kTokenKey = "bittensor-token";

// The token leaves the address bar at once, which people photograph and send around.
function takeToken(): string {
  const query = new URLSearchParams(location.search);
  const given = query.get("token");
  if (given !== null) {
    sessionStorage.setItem(kTokenKey, given);
    query.delete("token");
    const rest = query.toString();
    history.replaceState(null, "", location.pathname + (rest ? `?${rest}` : "") + location.hash);
  }
  return sessionStorage.getItem(kTokenKey) ?? "";
}

// Follows the server's events for as long as the page is seen, and comes back to them by itself.
export class Connection {
  private source: EventSource | null = null;
  private token = takeToken();
  private heard = performance.now();
  private retry = 0;

  constructor(
    private readonly onUpdate: (update: Update) => void,
    private readonly onLink: (state: LinkState) => void,
  ) {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.close();
      else this.open();
    });
    addEventListener("online", () => this.open());
    setInterval(() => this.watch(), 1000);
    this.open();
  }

  useToken(token: string): void {
    this.token = token;
    sessionStorage.setItem(kTokenKey, token);
    this.open();
  }

  private url(path: string): string {
    return this.token ? `${path}?token=${encodeURIComponent(this.token)}` : path;
  }

  private close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private open(): void {
    this.close();
    this.onLink("connecting");
    this.heard = performance.now();
    const source = new EventSource(this.url("api/events"));
    this.source = source;
    source.onmessage = (event) => {
      this.heard = performance.now();
      this.onLink("live");
      this.onUpdate(JSON.parse(event.data) as Update);
    };
    source.onerror = () => {
      if (this.source === source) void this.lost();
    };
  }

  // An EventSource does not say why it failed: a plain request does.
  private async lost(): Promise<void> {
    this.close();
    this.onLink("lost");
    try {
      const answer = await fetch(this.url("api/state"), { cache: "no-store" });
      if (answer.status === 401) return this.onLink("refused");
    } catch {
      // Nobody is there: tried again below.
    }
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => {
      if (!document.hidden) this.open();
    }, kRetryMs);
  }

  private watch(): void {
    if (this.source === null) return;
    const silence = performance.now() - this.heard;
    if (silence > kDeadMs) this.open();
    else if (silence > kStaleMs) this.onLink("stale");
  }
}
