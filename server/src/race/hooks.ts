/**
 * For: the module hooks where Node runs them in a thread of their own (`module.register`, Node 20 and on).
 */
import { instrumentLoaded, loadTypeScript, typescriptFor, type Loaded, type Resolved } from './modules.ts';
import { createTransform, type Rules, type Transform } from './transform.ts';

interface Data {
  readonly rules: Rules;
  readonly heap: Int32Array;
  readonly own: string;
}

let transform: Transform;

export function initialize({ rules, heap, own }: Data): void {
  transform = createTransform(rules, heap, own);
}

export async function resolve(
  specifier: string,
  context: { parentURL?: string },
  next: (specifier: string, context: object) => Promise<Resolved>,
): Promise<Resolved> {
  try {
    return await next(specifier, context);
  } catch (error) {
    const url = typescriptFor(specifier, context.parentURL);
    if (url === null) throw error;
    return { url, shortCircuit: true };
  }
}

export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  return loadTypeScript(url, transform) ?? instrumentLoaded(url, await next(url, context), transform);
}
