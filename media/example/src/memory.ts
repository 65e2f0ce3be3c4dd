/** What the page and the workers share, and where it lies. */

/** Cells of `control`. */
export const STOP = 0;
export const PREVIEW_READY = 1;
export const HISTOGRAM_READY = 2;

export const HISTOGRAM_BINS = 256;

export interface SharedMemory {
  readonly width: number;
  readonly height: number;
  readonly source: SharedArrayBuffer;
  readonly target: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
  readonly histogram: SharedArrayBuffer;
  readonly preview: SharedArrayBuffer;
  readonly cache: SharedArrayBuffer;
}

export function allocate(width: number, height: number): SharedMemory {
  const pixels = width * height * 4;
  return {
    width,
    height,
    source: new SharedArrayBuffer(pixels),
    target: new SharedArrayBuffer(pixels),
    control: new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT),
    progress: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    histogram: new SharedArrayBuffer(HISTOGRAM_BINS * Uint32Array.BYTES_PER_ELEMENT),
    preview: new SharedArrayBuffer(64 * 64 * 4),
    cache: new SharedArrayBuffer(4096),
  };
}

/** One worker's share of the work: a band of rows that belongs to nobody else. */
export interface Job {
  readonly memory: SharedMemory;
  readonly filter: string;
  readonly part: number;
  readonly parts: number;
}

export interface Done {
  readonly part: number;
  readonly rows: number;
}
