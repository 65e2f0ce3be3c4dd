/** The few names of Node that the lessons use, so that their code checks without anything to install. */

declare module 'node:worker_threads' {
  interface Port {
    postMessage(value: unknown): void;
    on(event: 'message', listener: (value: any) => void): this;
    once(event: 'message', listener: (value: any) => void): this;
  }
  export class Worker implements Port {
    constructor(file: URL, options?: { workerData?: unknown });
    postMessage(value: unknown): void;
    on(event: 'message', listener: (value: any) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'exit', listener: (code: number) => void): this;
    once(event: 'message', listener: (value: any) => void): this;
    once(event: 'exit', listener: (code: number) => void): this;
    terminate(): Promise<number>;
  }
  export const isMainThread: boolean;
  export const parentPort: Port | null;
  export const workerData: unknown;
}

declare module 'node:events' {
  export function once(emitter: object, event: string): Promise<any[]>;
}

declare const console: { log(...values: unknown[]): void; error(...values: unknown[]): void };
declare const process: { once(event: 'exit', listener: () => void): void };
declare function setTimeout(callback: () => void, milliseconds: number): number;

interface URL {
  readonly href: string;
}
declare const URL: new (url: string, base?: string) => URL;
interface ImportMeta {
  readonly url: string;
}
