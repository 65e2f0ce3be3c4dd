import type { Context } from './context.ts';
export function installMonitor(context: Context): void {
  void context;
}
