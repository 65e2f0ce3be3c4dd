/**
 * Where one read may take its bytes from. Byte by byte there are too many ways to count them (clause "reads-bytes-from"
 * leaves every byte free); what matters to an execution is the value and the set of writes, so ways that agree in both are one.
 */
import type { Clocks } from './clocks.ts';
import { before } from './clocks.ts';
import { MAX_SOURCES, MAX_WAYS, TooLarge } from './limits.ts';
import { decode } from './numbers.ts';
import { printAccess } from './print.ts';
import type { InitMode, Model, Scalar } from './program.ts';
import type { ByteClass, Skeleton } from './skeleton.ts';
import { INIT, equalRange } from './skeleton.ts';

/** One way for a read to get its bytes. */
export interface Source {
  /** Reads-from: the writes, or INIT. */
  readonly writers: readonly number[];
  /** Per byte: its value, or 256 + the write whose bytes are not known yet. */
  readonly tokens: readonly number[];
  /** Null while a token is open. */
  readonly value: Scalar | null;
  /** Every entry needs one of its writes to be coherent for its bytes. */
  readonly needs: readonly { readonly group: ByteClass; readonly oneOf: readonly number[] }[];
  /**
   * The same bytes from fewer writes. Fewer writes only take constraints away (less happens-before, fewer pairs for the
   * memory order), so wherever one of these is coherent, this source allows nothing new. The model of 2017 has one
   * exception: an sc read that reads from init alone synchronizes with it.
   */
  readonly smaller: readonly Source[];
}

interface SourceRules {
  readonly model: Model;
  readonly init: InitMode;
  /** Leave out writes that the order given is enough to forbid. Off when the reader asks why something is forbidden. */
  readonly coherent: boolean;
  /** Leave out sets of writes that no order would let a read mix. */
  readonly unmixed: boolean;
  /** Asked at every step; throws to end the work. */
  tick(): void;
}

/** True unless clause "Coherent Reads" forbids the read to take bytes of this class from the write. */
export function coherent(
  s: Skeleton,
  clocks: Clocks,
  read: number,
  writer: number,
  group: ByteClass,
): boolean {
  if (writer !== INIT && before(s, clocks, read, writer)) return false;
  for (const other of group.covers) {
    if (other === writer || !before(s, clocks, other, read)) continue;
    if (writer === INIT || before(s, clocks, writer, other)) return false;
  }
  return true;
}

/** True if every byte of the source can come from one of its writes under the order. */
export function allCoherent(s: Skeleton, clocks: Clocks, read: number, source: Source): boolean {
  for (const { group, oneOf } of source.needs) {
    let found = false;
    for (const writer of oneOf) {
      if (!coherent(s, clocks, read, writer, group)) continue;
      found = true;
      break;
    }
    if (!found) return false;
  }
  return true;
}

/** True unless clause "Tear Free Reads" forbids the read to take bytes from both. */
export function mayMix(s: Skeleton, read: number, a: number, b: number, init: InitMode): boolean {
  return !(untorn(s, read, a, init) && untorn(s, read, b, init));
}

/** `bytes[w]`: bytes of write `w` where they are known. */
export function sources(
  s: Skeleton,
  clocks: Clocks,
  bytes: readonly (Uint8Array | null)[],
  read: number,
  rules: SourceRules,
): readonly Source[] {
  const groups = s.classes[read]!;
  const size = s.size[read]!;
  const low = s.low[read]!;
  const writers = [INIT];
  for (const group of groups)
    for (const write of group.covers) if (!writers.includes(write)) writers.push(write);
  if (writers.length > MAX_SOURCES) {
    throw new TooLarge(
      `"${printAccess(s.events[read]!.op)}" could read from more than ${MAX_SOURCES} writes`,
    );
  }
  const refused = conflicts(s, clocks, read, writers, rules);

  /** Candidates of each byte as [index into writers, token]. */
  const perByte: (readonly [number, number])[][] = [];
  const groupOf: ByteClass[] = [];
  for (const group of groups) {
    const usable: number[] = [];
    for (let index = 0; index < writers.length; index++) {
      const writer = writers[index]!;
      if (writer !== INIT && !group.covers.includes(writer)) continue;
      if (rules.coherent && !coherent(s, clocks, read, writer, group)) continue;
      usable.push(index);
    }
    for (const byte of group.bytes) {
      groupOf[byte] = group;
      perByte[byte] = usable.map((index) => {
        const writer = writers[index]!;
        if (writer === INIT) return [index, 0];
        const known = bytes[writer] ?? null;
        return [index, known === null ? 256 + writer : known[low + byte - s.low[writer]!]!];
      });
    }
  }

  let partial: Partial[] = [{ tokens: [], mask: 0 }];
  for (let byte = 0; byte < size; byte++) {
    const grown = new Map<string, Partial>();
    for (const { tokens, mask } of partial) {
      rules.tick();
      for (const [index, token] of perByte[byte]!) {
        if ((mask & refused[index]!) !== 0) continue;
        const next = { tokens: [...tokens, token], mask: mask | (1 << index) };
        grown.set(`${next.mask}:${next.tokens.join()}`, next);
      }
      if (grown.size > MAX_WAYS) {
        throw new TooLarge(
          `"${printAccess(s.events[read]!.op)}" could put its bytes together in more than ${MAX_WAYS} ways`,
        );
      }
    }
    partial = [...grown.values()];
  }
  const initAlone = (mask: number): boolean => rules.model === 'es2017' && s.sc[read] === 1 && mask === 1;
  const byTokens = new Map<string, { readonly mask: number; readonly source: Source }[]>();
  // Fewer writes first, so that smaller sets are there when larger ones look for them.
  partial.sort((a, b) => bits(a.mask) - bits(b.mask));
  return partial.map(({ tokens, mask }) => {
    rules.tick();
    const key = tokens.join();
    const same = byTokens.get(key) ?? [];
    byTokens.set(key, same);
    const source: Source = {
      writers: writers.filter((_, index) => (mask & (1 << index)) !== 0),
      tokens,
      value: tokens.every((token) => token < 256) ? decode(s.events[read]!.op.type, tokens) : null,
      needs: needsOf(tokens, mask, perByte, groupOf, writers),
      smaller: same
        .filter((other) => (other.mask & mask) === other.mask && !initAlone(other.mask))
        .map((other) => other.source),
    };
    same.push({ mask, source });
    return source;
  });
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

interface Partial {
  readonly tokens: readonly number[];
  readonly mask: number;
}

/** Per candidate: mask of the candidates that cannot be read from together with it. */
function conflicts(
  s: Skeleton,
  clocks: Clocks,
  read: number,
  writers: readonly number[],
  rules: SourceRules,
): number[] {
  return writers.map((writer, index) => {
    if (!rules.unmixed) return 0;
    let mask = 0;
    writers.forEach((other, otherIndex) => {
      if (index === otherIndex) return;
      const torn = !mayMix(s, read, writer, other, rules.init);
      if (torn || stale(s, clocks, read, writer, other) || stale(s, clocks, read, other, writer)) {
        mask |= 1 << otherIndex;
      }
    });
    return mask;
  });
}

/** Reading from `newer` synchronizes, and then everything before it is overwritten in all bytes of the read. */
function stale(s: Skeleton, clocks: Clocks, read: number, newer: number, older: number): boolean {
  if (newer === INIT || s.sc[read] === 0 || s.sc[newer] === 0 || !equalRange(s, read, newer)) return false;
  return older === INIT || before(s, clocks, older, newer);
}

function untorn(s: Skeleton, read: number, writer: number, init: InitMode): boolean {
  if (!s.events[read]!.noTear) return false;
  // Taken literally, the init writes are one byte each and so have another range than a wider read.
  if (writer === INIT) return init === 'tear-free' || s.size[read] === 1;
  return s.events[writer]!.noTear && equalRange(s, read, writer);
}

function needsOf(
  tokens: readonly number[],
  mask: number,
  perByte: readonly (readonly (readonly [number, number])[])[],
  groupOf: readonly ByteClass[],
  writers: readonly number[],
): Source['needs'] {
  const found = new Map<ByteClass, Set<string>>();
  const needs: { group: ByteClass; oneOf: readonly number[] }[] = [];
  tokens.forEach((token, byte) => {
    const group = groupOf[byte]!;
    const oneOf = perByte[byte]!.filter(([index, at]) => at === token && (mask & (1 << index)) !== 0).map(
      ([index]) => writers[index]!,
    );
    const seen = found.get(group) ?? new Set<string>();
    found.set(group, seen);
    const key = oneOf.join();
    if (seen.has(key)) return;
    seen.add(key);
    needs.push({ group, oneOf });
  });
  return needs;
}
