import type {
  DidChangeTextDocumentParams,
  TextDocumentItem,
  VersionedTextDocumentIdentifier,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { FileId } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { fileOfUri, isCode, uriOfFile } from './convert.ts';

export type Change = Parameters<Engine['apply']>[0];

export interface OpenDocument {
  readonly uri: string;
  readonly file: FileId;
  readonly version: number;
  readonly text: string;
  /** False for what an editor shows us but the engine does not read, such as a configuration file. */
  readonly isCode: boolean;
}

/** The texts that the editor has open, and what the engine has not been told of yet. */
export class Documents {
  readonly #open = new Map<string, { readonly document: TextDocument; readonly file: FileId }>();
  readonly #uris = new Map<FileId, string>();
  readonly #changed = new Set<string>();
  readonly #closed = new Set<FileId>();
  readonly #onDisk = new Set<FileId>();

  open({ uri, languageId, version, text }: TextDocumentItem): void {
    const file = fileOfUri(uri, languageId);
    this.#open.set(uri, { document: TextDocument.create(uri, languageId, version, text), file });
    this.#uris.set(file, uri);
    this.#closed.delete(file);
    this.#changed.add(uri);
  }

  change({ textDocument, contentChanges }: DidChangeTextDocumentParams): void {
    const known = this.#open.get(textDocument.uri);
    if (known === undefined) return;
    TextDocument.update(known.document, contentChanges, textDocument.version);
    this.#changed.add(textDocument.uri);
  }

  /** From now on the disk's text counts again. */
  close(uri: string): void {
    const known = this.#open.get(uri);
    if (known === undefined) return;
    this.#open.delete(uri);
    this.#uris.delete(known.file);
    this.#changed.delete(uri);
    this.#closed.add(known.file);
  }

  onDisk(uri: string): void {
    this.#onDisk.add(fileOfUri(uri));
  }

  get(uri: string): OpenDocument | undefined {
    const known = this.#open.get(uri);
    return (
      known && {
        uri,
        file: known.file,
        version: known.document.version,
        text: known.document.getText(),
        isCode: isCode(uri, known.document.languageId),
      }
    );
  }

  all(): readonly OpenDocument[] {
    return [...this.#open.keys()].map((uri) => this.get(uri)!);
  }

  fileOf(uri: string): FileId {
    return this.#open.get(uri)?.file ?? fileOfUri(uri);
  }

  /** As the editor spells it, where it has the file open. */
  uriOf(file: FileId): string {
    return this.#uris.get(file) ?? uriOfFile(file);
  }

  /** The document with the version that edits are to be checked against; null: not open. */
  versioned(file: FileId): VersionedTextDocumentIdentifier | { uri: string; version: null } {
    const uri = this.uriOf(file);
    return { uri, version: this.#open.get(uri)?.document.version ?? null };
  }

  /** Everything since the last call; null: nothing. */
  takeChange(): Change | null {
    if (this.#changed.size + this.#closed.size + this.#onDisk.size === 0) return null;
    const opened = [...this.#changed]
      .map((uri) => this.get(uri)!)
      .filter((document) => document.isCode)
      .map(({ file, text }) => ({ file, text }));
    const change: Change = { opened, closed: [...this.#closed], onDisk: [...this.#onDisk] };
    this.#changed.clear();
    this.#closed.clear();
    this.#onDisk.clear();
    return change;
  }

  /** New engines have not heard of any document. */
  tellAllAgain(): void {
    for (const uri of this.#open.keys()) this.#changed.add(uri);
  }
}
