export type Shared = Int32Array<SharedArrayBuffer>;
