// SPDX-License-Identifier: MIT
//
// Numbers as people read them. "–" is a number that nobody knows.

const kNone = "–";

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function percent(value: Maybe, digits = 1): string {
  return known(value) ? `${(100 * value).toFixed(digits)} %` : kNone;
}

export function fixed(value: Maybe, digits: number): string {
  return known(value) ? value.toFixed(digits) : kNone;
}

export function count(value: Maybe): string {
  if (!known(value)) return kNone;
  if (Math.abs(value) < 100) return String(Math.round(value * 10) / 10);
  if (Math.abs(value) < 10_000) return String(Math.round(value));
  const units = ["k", "M", "G", "T"];
  let unit = -1;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  return `${value.toFixed(value < 100 ? 1 : 0)} ${units[unit]}`;
}

export function bytes(value: Maybe): string {
  if (!known(value)) return kNone;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    ++unit;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

export function milliseconds(value: Maybe): string {
  if (!known(value)) return kNone;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

export function duration(seconds: Maybe): string {
  if (!known(seconds)) return kNone;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

export function clock(unix: number): string {
  const time = new Date(unix * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

// As everywhere in the program: the first eight digits of a key.
export function shortKey(key: string): string {
  return key.slice(0, 8);
}
