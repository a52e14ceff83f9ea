import { CpuContext } from "@lstar/machine";
import { stateClassName, stateTableName } from "../state.ts";
import { KIND, VALUE, VIEWS, type ViewClass } from "./format.ts";
import { OUTSIDE } from "./graph.ts";
import { StateWriter } from "./stream.ts";

/** Objects of one class with the same fields in the same order. */
interface Shape {
  id: number;
  names: string[];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Writes the kernel's state: every object that can be reached, with its identity. Objects come in the
 * order of their discovery; first what each is, then what each holds.
 */
class Encoder {
  readonly #shells = new StateWriter();
  readonly #contents = new StateWriter();
  readonly #ids = new Map<object, number>();
  readonly #objects: object[] = [];
  /** By prototype; those of plain objects, which may be many, by their names. */
  readonly #shapes = new Map<unknown, Shape[]>();
  #shapeCount = 0;

  encode(kernel: object): Uint8Array {
    // The kernel itself is object 0 and exists already where the image is read.
    this.#ids.set(kernel, 0);
    this.#objects.push(kernel);
    const fields = Object.entries(kernel).filter(([name]) => !OUTSIDE.has(name));
    this.#contents.count(fields.length);
    for (const [name, value] of fields) {
      this.#contents.string(name);
      this.#value(value);
    }
    for (let i = 1; i < this.#objects.length; i++) this.#object(this.#objects[i]!);
    const out = new StateWriter();
    out.count(this.#objects.length - 1);
    const shells = this.#shells.finish();
    out.count(shells.length);
    out.raw(shells);
    out.raw(this.#contents.finish());
    return out.finish();
  }

  #value(v: unknown): void {
    const c = this.#contents;
    if (typeof v === "number") {
      if ((v | 0) === v && !Object.is(v, -0)) {
        c.byte(v < 0 ? VALUE.negative : VALUE.integer);
        c.count(v < 0 ? -(v + 1) : v);
      } else {
        c.byte(VALUE.double);
        c.double(v);
      }
    } else if (typeof v === "string") {
      c.byte(VALUE.string);
      c.string(v);
    } else if (v === null) c.byte(VALUE.null);
    else if (typeof v === "object") this.#reference(v);
    else if (typeof v === "boolean") c.byte(v ? VALUE.true : VALUE.false);
    else if (typeof v === "bigint") {
      c.byte(VALUE.bigint);
      c.string(String(v));
    } else if (v === undefined) c.byte(VALUE.undefined);
    else throw new TypeError(`a ${typeof v} in the kernel's state`);
  }

  #reference(v: object): void {
    const table = stateTableName(v);
    if (table !== undefined) {
      this.#contents.byte(VALUE.table);
      this.#contents.string(table);
      return;
    }
    this.#contents.byte(VALUE.object);
    this.#contents.count(this.#id(v));
  }

  #id(v: object): number {
    let id = this.#ids.get(v);
    if (id === undefined) {
      id = this.#objects.length;
      this.#ids.set(v, id);
      this.#objects.push(v);
    }
    return id;
  }

  #object(o: object): void {
    const s = this.#shells;
    if (Array.isArray(o)) {
      s.byte(KIND.array);
      this.#list(o, o.length);
    } else if (o instanceof Map) {
      s.byte(KIND.map);
      this.#contents.count(o.size);
      for (const [key, value] of o) {
        this.#value(key);
        this.#value(value);
      }
    } else if (o instanceof Set) {
      s.byte(KIND.set);
      this.#list(o, o.size);
    } else if (o instanceof ArrayBuffer) {
      s.byte(KIND.buffer);
      s.count(o.byteLength);
      s.raw(new Uint8Array(o));
    } else if (ArrayBuffer.isView(o)) this.#view(o);
    else if (o instanceof CpuContext) {
      s.byte(KIND.context);
      s.raw(o.bytes);
    } else this.#fields(o as Record<string, unknown>);
  }

  #list(items: Iterable<unknown>, length: number): void {
    this.#contents.count(length);
    for (const item of items) this.#value(item);
  }

  #view(o: ArrayBufferView): void {
    const s = this.#shells;
    s.byte(KIND.view);
    s.byte(VIEWS.indexOf(o.constructor as ViewClass));
    s.count(this.#id(o.buffer));
    s.count(o.byteOffset);
    s.count(o instanceof DataView ? o.byteLength : (o as Uint8Array).length);
  }

  #fields(o: Record<string, unknown>): void {
    const prototype: unknown = Object.getPrototypeOf(o);
    const kind = prototype === Object.prototype ? KIND.plain : prototype === null ? KIND.bare : KIND.instance;
    const names = Object.keys(o);
    const s = this.#shells;
    s.byte(kind);
    const group = kind === KIND.instance ? prototype : `${kind} ${names.join()}`;
    const known = this.#shapes.get(group);
    let shape: Shape | undefined;
    if (known) for (const candidate of known) if (sameNames(candidate.names, names)) shape = candidate;
    if (shape) s.count(shape.id);
    else {
      shape = { id: ++this.#shapeCount, names };
      if (known) known.push(shape);
      else this.#shapes.set(group, [shape]);
      s.count(0);
      s.string(kind === KIND.instance ? (stateClassName(o.constructor) ?? o.constructor.name) : "");
      s.count(names.length);
      for (const n of names) s.string(n);
    }
    for (const n of shape.names) this.#value(o[n]);
  }
}

/** The state of a kernel as bytes. It must hold plain data only: see findAliens. */
export function encodeState(kernel: object): Uint8Array {
  return new Encoder().encode(kernel);
}
