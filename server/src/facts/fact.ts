/**
 * For: named pure derivations over a Program, computed at most once per Program and shared by every rule that asks.
 * In and out: Program → plain data. Must never know: rules, syntax, the editor.
 */
import type { Program } from '../ir/program.ts';

export interface FactContext {
  readonly program: Program;
  get<T>(fact: Fact<T>): T;
}

export interface Fact<T> {
  readonly name: string;
  compute(cx: FactContext): T;
}
