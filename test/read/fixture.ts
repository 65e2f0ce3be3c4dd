import { type MemoryDisk, memoryDisk } from '../../server/src/read/disk.ts';
import {
  createWorkspace,
  type DiskWorkspace,
  type WorkspaceOptions,
} from '../../server/src/read/workspace.ts';

/** A workspace at `/p` over a few files, whose names are relative to it unless they begin with `/`. */
export function project(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<WorkspaceOptions> = {},
): { readonly disk: MemoryDisk; readonly workspace: DiskWorkspace; readonly logged: string[] } {
  const disk = memoryDisk();
  for (const [name, content] of Object.entries(files))
    disk.write(name.startsWith('/') ? name : `/p/${name}`, content);
  const logged: string[] = [];
  const workspace = createWorkspace({
    disk,
    roots: ['/p'],
    knownRules: [],
    log: (line) => logged.push(line),
    ...options,
  });
  return { disk, workspace, logged };
}

/** The names of the files of a workspace, relative to `/p`. */
export function names(workspace: DiskWorkspace): string[] {
  return workspace.files().map((file) => file.replace(/^\/p\//, ''));
}
