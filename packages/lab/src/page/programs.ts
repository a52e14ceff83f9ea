/** An example program of the lab. */
export interface Program {
  readonly name: string;
  readonly about: string;
  readonly source: string;
  /** Its compiled form is on the server. */
  readonly built: boolean;
}

export interface ProgramList {
  /** The compiler that made them, null if there was none. */
  readonly compiler: string | null;
  readonly programs: readonly Program[];
  /** What they include, by name. */
  readonly headers: Readonly<Record<string, string>>;
}

const at = (path: string): string => new URL(path, document.baseURI).href;

export const compilerImageUrl = (): string => at("compiler.tar.gz");

export async function fetchPrograms(): Promise<ProgramList> {
  const r = await fetch(at("programs.json"));
  if (!r.ok) throw new Error(`the list of programs could not be read (${r.status})`);
  return (await r.json()) as ProgramList;
}

export async function fetchProgram(name: string): Promise<Uint8Array> {
  const r = await fetch(at(`programs/${name}.elf`));
  if (!r.ok) throw new Error(`${name} is not on this server (${r.status})`);
  const bytes = new Uint8Array(await r.arrayBuffer());
  // A server that answers everything with its start page has no such program.
  if (bytes[0] !== 0x7f) throw new Error(`${name} on this server is not a program`);
  return bytes;
}

/** Whether this page was built with the image of the C compiler. */
export async function compilerThere(): Promise<boolean> {
  try {
    const r = await fetch(compilerImageUrl(), { method: "HEAD" });
    return r.ok && !(r.headers.get("content-type") ?? "").startsWith("text/html");
  } catch {
    return false;
  }
}
