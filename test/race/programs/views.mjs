/** Other views of the same memory, and memory of other kinds. */
import { bytes, ints, program } from './kit.mjs';

const url = import.meta.url;

export const dataViewRacy = program(url, 'dataViewRacy', {
  worker(buffer) {
    new DataView(buffer).setUint16(3, 513); // race: dataViewRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return x[1] > 1e9; // race: dataViewRacy
  },
});
export const dataViewFree = program(url, 'dataViewFree', {
  worker: (buffer) => new DataView(buffer).setUint16(2, 513),
  meanwhile: (buffer) => [
    ints(buffer)[1],
    new DataView(buffer).getInt16(0),
    new DataView(buffer).getFloat32(4, true),
  ],
  after: (buffer) => ints(buffer)[0],
});

export const sizesRacy = program(url, 'sizesRacy', {
  worker(buffer) {
    bytes(buffer)[2] = 1; // race: sizesRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[0] = 5; // race: sizesRacy
  },
});
export const sizesFree = program(url, 'sizesFree', {
  before: (buffer) => void (ints(buffer)[0] = 1),
  worker(buffer) {
    bytes(buffer)[2] = 1;
    new Float64Array(buffer)[2] = 2;
  },
  meanwhile(buffer) {
    bytes(buffer)[1] = 1;
    new Uint16Array(buffer)[2] = 3;
    ints(buffer)[6] = 4;
  },
  after: (buffer) => bytes(buffer).join(),
});

export const decodeRacy = program(url, 'decodeRacy', {
  worker(buffer) {
    bytes(buffer)[5] = 65; // race: decodeRacy
  },
  meanwhile(buffer) {
    return new TextDecoder().decode(bytes(buffer)).length; // race: decodeRacy
  },
});
export const decodeFree = program(url, 'decodeFree', {
  worker: (buffer) => void (bytes(buffer)[5] = 65),
  meanwhile: (buffer) => new TextDecoder().decode(bytes(buffer).subarray(0, 5)).length,
  after: (buffer) => new TextDecoder().decode(bytes(buffer)),
});

export const encodeRacy = program(url, 'encodeRacy', {
  worker(buffer) {
    new TextEncoder().encodeInto('abc', bytes(buffer)); // race: encodeRacy
  },
  meanwhile(buffer) {
    const x = bytes(buffer);
    return x[2] > 200; // race: encodeRacy
  },
});
export const encodeFree = program(url, 'encodeFree', {
  worker: (buffer) => void new TextEncoder().encodeInto('abc', bytes(buffer)),
  meanwhile: (buffer) => bytes(buffer)[3],
  after: (buffer) => bytes(buffer)[2],
});

export const bufferRacy = program(url, 'bufferRacy', {
  worker(buffer) {
    Buffer.from(buffer).writeInt32LE(9, 4); // race: bufferRacy
  },
  meanwhile(buffer) {
    return Buffer.from(buffer).toString('hex').length; // race: bufferRacy
  },
});
export const bufferFree = program(url, 'bufferFree', {
  worker: (buffer) => void Buffer.from(buffer).writeInt32LE(9, 4),
  meanwhile: (buffer) => Buffer.from(buffer, 8, 8).toString('hex') + Buffer.from(buffer).readUInt16BE(2),
  after: (buffer) => Buffer.from(buffer).readInt32LE(4),
});

export const cloneRacy = program(url, 'cloneRacy', {
  worker(buffer) {
    ints(structuredClone(buffer))[0] = 1; // race: cloneRacy
  },
  meanwhile(buffer) {
    const { x } = structuredClone({ x: ints(buffer) });
    return x[0] > 5; // race: cloneRacy
  },
});
export const cloneFree = program(url, 'cloneFree', {
  worker: (buffer) => void (ints(structuredClone(buffer))[0] = 1),
  meanwhile: (buffer) =>
    structuredClone(new ArrayBuffer(8)).byteLength + structuredClone({ x: ints(buffer) }).x.length,
  after: (buffer) => ints(structuredClone(buffer))[0],
});

const growing = () => new SharedArrayBuffer(16, { maxByteLength: 64 });
export const growRacy = program(url, 'growRacy', {
  make: growing,
  worker(buffer) {
    buffer.grow(32);
    ints(buffer)[6] = 1; // race: growRacy
  },
  meanwhile(buffer) {
    while (buffer.byteLength < 32);
    const x = ints(buffer);
    return x[6] > 5; // race: growRacy
  },
});
export const growFree = program(url, 'growFree', {
  make: growing,
  worker(buffer) {
    buffer.grow(32);
    ints(buffer)[6] = 1;
  },
  meanwhile: (buffer) => ints(buffer)[2],
  after: (buffer) => [ints(buffer)[6], buffer.byteLength, buffer.growable],
});

const wasm = () => new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
export const wasmRacy = program(url, 'wasmRacy', {
  make: wasm,
  worker(memory) {
    ints(memory.buffer)[0] = 1; // race: wasmRacy
  },
  meanwhile(memory) {
    const x = ints(memory.buffer);
    return x[0] > 5; // race: wasmRacy
  },
});
export const wasmFree = program(url, 'wasmFree', {
  make: wasm,
  worker(memory) {
    ints(memory.buffer)[0] = 1;
    Atomics.store(ints(memory.buffer), 1, 1);
  },
  meanwhile(memory) {
    while (Atomics.load(ints(memory.buffer), 1) === 0);
    memory.grow(1);
    return [ints(memory.buffer)[0], memory.buffer.byteLength];
  },
});

/** A view of wasm memory, sent to a worker that asks Node for its directory. */
export const wasmViewFree = program(url, 'wasmViewFree', {
  make: () => new Int32Array(wasm().buffer),
  worker(x) {
    process.cwd();
    x[0] = x[1] + 1;
  },
  after: (x) => x[0],
});
