/**
 * For: file names as text: absolute paths with `/`, and URIs of files that are on no disk.
 * In and out: strings. Must never know: a disk.
 */
import type { FileId } from '../base/text.ts';

/** `C:\a\..\b` becomes `c:/b`. Dot segments, doubled and trailing slashes go; what names no absolute path stays as it is. */
export function normalise(path: string): FileId {
  const slashed = WINDOWS.test(path) ? path.replaceAll('\\', '/') : path;
  const root = rootOf(slashed);
  if (root === '') return slashed;
  const rest = slashed.slice(root.length);
  const folded = NEEDS_FOLDING.test(rest) ? fold(rest) : rest;
  return (/^[A-Z]:/.test(root) ? root.toLowerCase() : root) + folded;
}

/** The path that `relative` names from `folder`; an absolute path stands for itself. */
export function join(folder: FileId, relative: string): FileId {
  if (rootOf(relative) !== '' || WINDOWS.test(relative)) return normalise(relative);
  return normalise(folder.endsWith('/') ? folder + relative : `${folder}/${relative}`);
}

/** The folder that holds it; a root is its own folder. */
export function dirname(file: FileId): FileId {
  const slash = file.lastIndexOf('/');
  const root = rootOf(file);
  if (slash < root.length) return root === '' ? file : root;
  return file.slice(0, slash);
}

export function basename(file: FileId): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** True for the folder itself and for all that lies in it. */
export function isBelow(folder: FileId, file: FileId): boolean {
  if (!file.startsWith(folder)) return false;
  return file.length === folder.length || folder.endsWith('/') || file.charCodeAt(folder.length) === 47;
}

/** The part of `file` after `folder/`; `''` for the folder itself. The file must be below the folder. */
export function below(folder: FileId, file: FileId): string {
  return file.slice(folder.endsWith('/') ? folder.length : folder.length + 1);
}

/** The file's folder and all above it, nearest first. */
export function foldersUp(folder: FileId): FileId[] {
  const up = [folder];
  for (let at = folder, next = dirname(at); next !== at; at = next, next = dirname(at)) up.push(next);
  return up;
}

export function isAbsolute(path: string): boolean {
  return rootOf(path) !== '' || WINDOWS.test(path);
}

/** A name that an editor gives to a text that is on no disk: `untitled:Untitled-1`, `vscode-vfs://github/a/b.ts`. */
export function isUri(file: FileId): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]+:/.test(file);
}

export function isTypeScript(file: string): boolean {
  return /\.(?:[cm]?ts|tsx)$/.test(file) && !isDeclaration(file);
}

export function isJavaScript(file: string): boolean {
  return /\.(?:[cm]?js|jsx)$/.test(file);
}

/** `a.d.ts`, `a.d.mts`, `a.d.css.ts`. */
export function isDeclaration(file: string): boolean {
  return /\.d\.(?:[^./]+\.ts|[cm]?ts)$/.test(file);
}

export function isMinified(file: string): boolean {
  return /[.-]min\.[cm]?js$/.test(file);
}

const WINDOWS = /^(?:[A-Za-z]:[\\/]|\\\\)/;
const NEEDS_FOLDING = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** `/`, `c:/`, `//server/share/`, `scheme://authority/`; `''` when the path is relative or not made of segments. */
function rootOf(path: string): string {
  if (path.startsWith('/') && !path.startsWith('//')) return '/';
  return /^(?:[A-Za-z]:\/|[A-Za-z][A-Za-z0-9+.-]+:\/\/[^/]*\/|\/\/[^/]+\/[^/]+\/?|\/)/.exec(path)?.[0] ?? '';
}

function fold(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return kept.join('/');
}
