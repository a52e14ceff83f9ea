/** Between the page and the worker in which the compiler runs as a guest. */
export interface CompileRequest {
  readonly source: string;
  /** Files that it may include, by name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly imageUrl: string;
}

export interface Diagnostic {
  /** From 1; 0 = not at a line of this source. */
  readonly line: number;
  readonly severity: "error" | "warning";
  readonly text: string;
}

export type CompileAnswer =
  | { readonly ok: true; readonly program: Uint8Array; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly output: string };
