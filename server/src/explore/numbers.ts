/**
 * Values and their bytes, as RawBytesToNumeric and NumericToRawBytes of ECMA-262 have them, always little-endian.
 * Where JavaScript would throw on a mix of Number and BigInt, the value is converted: a litmus program names numbers, not types.
 */
import type { ElementType, RmwName, Scalar } from './program.ts';
import { isBig, sizeOf } from './program.ts';

const scratch = new DataView(new ArrayBuffer(8));

/** The bytes that a store of `value` writes. */
export function encode(type: ElementType, value: Scalar): Uint8Array {
  switch (type) {
    case 'i8':
    case 'u8':
      scratch.setUint8(0, toInteger32(value));
      break;
    case 'i16':
    case 'u16':
      scratch.setUint16(0, toInteger32(value), true);
      break;
    case 'i32':
    case 'u32':
      scratch.setUint32(0, toInteger32(value), true);
      break;
    case 'f32':
      scratch.setFloat32(0, Number(value), true);
      break;
    case 'f64':
      scratch.setFloat64(0, Number(value), true);
      break;
    case 'i64':
    case 'u64':
      scratch.setBigUint64(0, BigInt.asUintN(64, toBig(value)), true);
      break;
  }
  return new Uint8Array(scratch.buffer.slice(0, sizeOf(type)));
}

/** The value that a load of these bytes gives. */
export function decode(type: ElementType, bytes: ArrayLike<number>): Scalar {
  for (let index = 0; index < bytes.length; index++) scratch.setUint8(index, bytes[index]!);
  switch (type) {
    case 'i8':
      return scratch.getInt8(0);
    case 'u8':
      return scratch.getUint8(0);
    case 'i16':
      return scratch.getInt16(0, true);
    case 'u16':
      return scratch.getUint16(0, true);
    case 'i32':
      return scratch.getInt32(0, true);
    case 'u32':
      return scratch.getUint32(0, true);
    case 'f32':
      return scratch.getFloat32(0, true);
    case 'f64':
      return scratch.getFloat64(0, true);
    case 'i64':
      return scratch.getBigInt64(0, true);
    case 'u64':
      return scratch.getBigUint64(0, true);
  }
}

/** What a read-modify-write of Atomics leaves behind, as bytes. */
export function modify(type: ElementType, op: RmwName, old: Scalar, operand: Scalar): Uint8Array {
  if (op === 'xchg') return encode(type, operand);
  if (isBig(type)) {
    const a = BigInt.asUintN(64, toBig(old));
    const b = BigInt.asUintN(64, toBig(operand));
    return encode(type, bigResult(op, a, b));
  }
  const a = toInteger32(old);
  const b = toInteger32(operand);
  return encode(type, result(op, a, b));
}

/** `value + add` in the kind of number that `value` is. */
export function plus(value: Scalar, add: Scalar): Scalar {
  return typeof value === 'bigint' ? value + toBig(add) : value + Number(add);
}

/** As JavaScript prints it: `0` for -0, `NaN`, no `n` after a BigInt. */
export function show(value: Scalar | string): string {
  return String(value);
}

/** A literal that gives back exactly this value when it is parsed for a cell of any type. */
export function literal(value: Scalar): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function toInteger32(value: Scalar): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0;
}

function toBig(value: Scalar): bigint {
  if (typeof value === 'bigint') return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

function result(op: Exclude<RmwName, 'xchg'>, a: number, b: number): number {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
  }
}

function bigResult(op: Exclude<RmwName, 'xchg'>, a: bigint, b: bigint): bigint {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
  }
}
