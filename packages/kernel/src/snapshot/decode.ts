import { CPU_CONTEXT_SIZE, CpuContext } from "@lstar/machine";
import { stateClasses, stateTables } from "../state.ts";
import { KIND, VALUE, VIEWS } from "./format.ts";
import { StateFormatError, StateReader } from "./stream.ts";

interface Shape {
  prototype: object | null;
  names: string[];
}

const NO_SHAPE: Shape = { prototype: null, names: [] };
/** Holds the place of a view until its buffer exists. */
const UNMADE = {};

class Decoder {
  readonly #contents: StateReader;
  readonly #shells: StateReader;
  /** Object 0 is the kernel itself. */
  readonly #objects: object[];
  readonly #kinds: number[] = [-1];
  readonly #shapesOf: Shape[] = [NO_SHAPE];
  readonly #shapes: Shape[] = [];

  constructor(bytes: Uint8Array, kernel: object) {
    const head = new StateReader(bytes);
    const objects = head.count();
    const length = head.count();
    this.#shells = new StateReader(head.raw(length));
    this.#contents = new StateReader(head.raw(head.left));
    this.#objects = [kernel];
    const views: { at: number; view: number; buffer: number; offset: number; length: number }[] = [];
    const r = this.#shells;
    for (let at = 1; at <= objects; at++) {
      const kind = r.byte();
      this.#kinds.push(kind);
      this.#shapesOf.push(NO_SHAPE);
      if (kind === KIND.view) {
        views.push({ at, view: r.byte(), buffer: r.count(), offset: r.count(), length: r.count() });
        this.#objects.push(UNMADE);
      } else this.#objects.push(this.#shell(kind, at));
    }
    for (const v of views) this.#objects[v.at] = this.#view(v.view, v.buffer, v.offset, v.length);
  }

  #shell(kind: number, at: number): object {
    const r = this.#shells;
    switch (kind) {
      case KIND.array:
        return [];
      case KIND.map:
        return new Map();
      case KIND.set:
        return new Set();
      case KIND.buffer:
        return r.raw(r.count()).buffer;
      case KIND.context: {
        const context = CpuContext.create();
        context.bytes.set(r.raw(CPU_CONTEXT_SIZE));
        return context;
      }
      case KIND.plain:
      case KIND.bare:
      case KIND.instance: {
        const shape = this.#shape(kind);
        this.#shapesOf[at] = shape;
        return Object.create(shape.prototype) as object;
      }
      default:
        throw new StateFormatError(`the state image holds an object of unknown kind ${kind}`);
    }
  }

  #shape(kind: number): Shape {
    const r = this.#shells;
    const id = r.count();
    if (id !== 0) {
      const known = this.#shapes[id - 1];
      if (!known) throw new StateFormatError("the state image refers to a shape that it does not hold");
      return known;
    }
    const name = r.string();
    let prototype: object | null = kind === KIND.plain ? Object.prototype : null;
    if (kind === KIND.instance) {
      const known = stateClasses.get(name);
      if (!known) throw new StateFormatError(`the state image holds a ${name}, which this version does not know`);
      prototype = known.prototype as object;
    }
    const names: string[] = [];
    for (let n = r.count(); n > 0; n--) names.push(r.string());
    const shape = { prototype, names };
    this.#shapes.push(shape);
    return shape;
  }

  #view(view: number, buffer: number, offset: number, length: number): object {
    const make = VIEWS[view];
    const bytes = this.#objects[buffer];
    if (!make || !(bytes instanceof ArrayBuffer)) throw new StateFormatError("the state image holds a view of nothing");
    try {
      return new make(bytes, offset, length);
    } catch {
      throw new StateFormatError("the state image holds a view beyond its buffer");
    }
  }

  decode(fields: Record<string, unknown>): void {
    const c = this.#contents;
    for (let n = c.count(); n > 0; n--) {
      const name = c.string();
      fields[name] = this.#value();
    }
    for (let at = 1; at < this.#objects.length; at++) this.#fill(at);
    if (!c.atEnd) throw new StateFormatError("the state image holds more than it says");
  }

  #fill(at: number): void {
    const c = this.#contents;
    const object = this.#objects[at]!;
    switch (this.#kinds[at]) {
      case KIND.array:
        for (let n = c.count(); n > 0; n--) (object as unknown[]).push(this.#value());
        break;
      case KIND.map:
        for (let n = c.count(); n > 0; n--) {
          const key = this.#value();
          (object as Map<unknown, unknown>).set(key, this.#value());
        }
        break;
      case KIND.set:
        for (let n = c.count(); n > 0; n--) (object as Set<unknown>).add(this.#value());
        break;
      case KIND.plain:
      case KIND.bare:
      case KIND.instance:
        for (const name of this.#shapesOf[at]!.names) (object as Record<string, unknown>)[name] = this.#value();
        break;
    }
  }

  #value(): unknown {
    const c = this.#contents;
    const tag = c.byte();
    switch (tag) {
      case VALUE.undefined:
        return undefined;
      case VALUE.null:
        return null;
      case VALUE.false:
        return false;
      case VALUE.true:
        return true;
      case VALUE.integer:
        return c.count();
      case VALUE.negative:
        return -c.count() - 1;
      case VALUE.double:
        return c.double();
      case VALUE.string:
        return c.string();
      case VALUE.bigint:
        return bigint(c.string());
      case VALUE.table: {
        const name = c.string();
        const table = stateTables.get(name);
        if (!table) throw new StateFormatError(`the state image needs the table ${name}, which this version does not know`);
        return table;
      }
      case VALUE.object: {
        const object = this.#objects[c.count()];
        if (!object) throw new StateFormatError("the state image refers to an object that it does not hold");
        return object;
      }
      default:
        throw new StateFormatError(`the state image holds a value of unknown kind ${tag}`);
    }
  }
}

function bigint(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new StateFormatError("the state image holds a number that is none");
  return BigInt(text);
}

/**
 * Reads what encodeState has written into `fields`: the fields that the kernel is to have. References to
 * the kernel lead to `kernel`, which is not changed.
 * @throws StateFormatError if the bytes make no sense
 */
export function decodeState(bytes: Uint8Array, kernel: object, fields: Record<string, unknown>): void {
  new Decoder(bytes, kernel).decode(fields);
}
