import { Code, type ValType } from "./code.ts";
import { T } from "./opcodes.ts";

/**
 * A WebAssembly module under construction: types, imports, functions, exports, one imported memory
 * and at most one table. Function indices are final as soon as they are handed out, so all imports
 * must be declared before the first function.
 */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #typeBytes: number[][] = [];
  readonly #imports: { module: string; name: string; kind: number; desc: number[] }[] = [];
  readonly #funcs: { type: number; code: Code | null; name: string }[] = [];
  readonly #exports: { name: string; kind: number; index: number }[] = [];
  readonly #globals: { type: ValType; init: number }[] = [];
  #elements: { offset: number; funcs: number[] }[] = [];
  #importedFuncs = 0;

  /** Index of the function type, added if new. */
  type(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join(",")}>${results.join(",")}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#types.push(key);
    this.#typeBytes.push([0x60, params.length, ...params, results.length, ...results]);
    return this.#types.length - 1;
  }

  importFunc(module: string, name: string, params: readonly ValType[], results: readonly ValType[]): number {
    if (this.#funcs.length > 0) throw new Error("imports must come before functions");
    this.#imports.push({ module, name, kind: 0, desc: leb(this.type(params, results)) });
    return this.#importedFuncs++;
  }

  /** Imports the one memory; sizes in 64 KiB pages. */
  importMemory(module: string, name: string, initial: number, maximum: number): void {
    this.#imports.push({ module, name, kind: 2, desc: [1, ...leb(initial), ...leb(maximum)] });
  }

  importTable(module: string, name: string, initial: number): void {
    this.#imports.push({ module, name, kind: 1, desc: [T.funcref, 0, ...leb(initial)] });
  }

  /** Declares a function whose body is given later with `body`; its index may be called at once. */
  declare(name: string, params: readonly ValType[], results: readonly ValType[]): number {
    this.#funcs.push({ type: this.type(params, results), code: null, name });
    return this.#importedFuncs + this.#funcs.length - 1;
  }

  /** Sets the body of a declared function; the closing `end` is added here. */
  body(func: number, code: Code): void {
    this.#funcs[func - this.#importedFuncs]!.code = code;
  }

  /** Declares a function and builds its body. */
  func(name: string, params: readonly ValType[], results: readonly ValType[], build: (c: Code) => void): number {
    const index = this.declare(name, params, results);
    const code = new Code(params);
    build(code);
    this.body(index, code);
    return index;
  }

  /** A mutable global of type i32 with an initial value. */
  globalI32(init: number): number {
    this.#globals.push({ type: T.i32, init });
    return this.#globals.length - 1;
  }

  exportFunc(name: string, func: number): void {
    this.#exports.push({ name, kind: 0, index: func });
  }

  exportGlobal(name: string, global: number): void {
    this.#exports.push({ name, kind: 3, index: global });
  }

  /** Fills table slots from `offset` with functions when the module is instantiated. */
  elements(offset: number, funcs: number[]): void {
    this.#elements.push({ offset, funcs });
  }

  /** The module's binary. */
  build(): Uint8Array<ArrayBuffer> {
    const out = new Code();
    for (const b of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(b);
    section(out, 1, this.#typeBytes.length, (c) => {
      for (const t of this.#typeBytes) for (const b of t) c.byte(b);
    });
    section(out, 2, this.#imports.length, (c) => {
      for (const i of this.#imports) {
        text(c, i.module);
        text(c, i.name);
        c.byte(i.kind);
        for (const b of i.desc) c.byte(b);
      }
    });
    section(out, 3, this.#funcs.length, (c) => {
      for (const f of this.#funcs) c.u32(f.type);
    });
    section(out, 6, this.#globals.length, (c) => {
      for (const g of this.#globals) c.byte(g.type).byte(1).i32(g.init).byte(0x0b);
    });
    section(out, 7, this.#exports.length, (c) => {
      for (const e of this.#exports) {
        text(c, e.name);
        c.byte(e.kind).u32(e.index);
      }
    });
    section(out, 9, this.#elements.length, (c) => {
      for (const e of this.#elements) {
        c.byte(0).i32(e.offset).byte(0x0b).u32(e.funcs.length);
        for (const f of e.funcs) c.u32(f);
      }
    });
    this.#branchHints(out);
    section(out, 10, this.#funcs.length, (c) => {
      for (const f of this.#funcs) {
        if (!f.code) throw new Error(`function ${f.name} has no body`);
        functionBody(c, f.code);
      }
    });
    return out.bytes.slice(0, out.length) as Uint8Array<ArrayBuffer>;
  }

  /** The custom section of the branch hinting proposal; offsets count from the function's locals on. */
  #branchHints(out: Code): void {
    const hinted = this.#funcs
      .map((f, i) => ({ code: f.code, index: this.#importedFuncs + i }))
      .filter((f) => f.code && f.code.hints.length > 0);
    if (hinted.length === 0) return;
    const body = new Code();
    text(body, "metadata.code.branch_hint");
    body.u32(hinted.length);
    for (const { code, index } of hinted) {
      const head = localsOf(code!).length;
      body.u32(index).u32(code!.hints.length);
      for (const [at, likely] of code!.hints)
        body
          .u32(head + at)
          .byte(1)
          .byte(likely ? 1 : 0);
    }
    out.byte(0).u32(body.length);
    append(out, body.bytes, body.length);
  }
}

function localsOf(code: Code): Code {
  const head = new Code();
  const runs: [number, ValType][] = [];
  for (const t of code.locals) {
    const last = runs.at(-1);
    if (last && last[1] === t) last[0]++;
    else runs.push([1, t]);
  }
  head.u32(runs.length);
  for (const [n, t] of runs) head.u32(n).byte(t);
  return head;
}

function functionBody(out: Code, code: Code): void {
  if (code.depth !== 0) throw new Error("unbalanced blocks");
  const head = localsOf(code);
  out.u32(head.length + code.length + 1);
  append(out, head.bytes, head.length);
  append(out, code.bytes, code.length);
  out.byte(0x0b);
}

function section(out: Code, id: number, count: number, fill: (c: Code) => void): void {
  if (count === 0) return;
  const body = new Code();
  body.u32(count);
  fill(body);
  out.byte(id).u32(body.length);
  append(out, body.bytes, body.length);
}

function append(out: Code, bytes: Uint8Array, length: number): void {
  if (out.length + length > out.bytes.length) {
    const grown = new Uint8Array(Math.max(out.bytes.length * 2, out.length + length));
    grown.set(out.bytes);
    out.bytes = grown;
  }
  out.bytes.set(bytes.subarray(0, length), out.length);
  out.length += length;
}

function text(c: Code, s: string): void {
  const bytes = new TextEncoder().encode(s);
  c.u32(bytes.length);
  for (const b of bytes) c.byte(b);
}

function leb(n: number): number[] {
  const c = new Code();
  c.u32(n);
  return [...c.bytes.subarray(0, c.length)];
}
