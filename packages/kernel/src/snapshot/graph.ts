import { CpuContext } from "@lstar/machine";
import { stateClassName, stateTableName } from "../state.ts";

/** Something reachable from the kernel's state that is not plain data: where, and what it is. */
export interface Alien {
  path: string;
  what: string;
}

const CONTAINERS = new Set<unknown>([Object.prototype, null]);

/** Fields of the kernel itself that are its outside, not its state. */
export const OUTSIDE: ReadonlySet<string> = new Set(["machine", "host", "trace", "options"]);

/**
 * Walks everything that can be reached from the kernel and lists what a snapshot could not keep:
 * functions, promises, generators, host handles, instances of classes that are not registered.
 */
export function findAliens(kernel: object, limit = 50): Alien[] {
  const aliens: Alien[] = [];
  const seen = new Set<object>([kernel]);
  const queue: { value: object; path: string }[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value === "function" || typeof value === "symbol") {
      aliens.push({ path, what: typeof value });
      return;
    }
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (stateTableName(value) !== undefined) return;
    const what = alienKind(value);
    if (what) aliens.push({ path, what });
    else queue.push({ value, path });
  };
  for (const [name, value] of Object.entries(kernel)) if (!OUTSIDE.has(name)) look(value, name);
  for (let next = queue.shift(); next && aliens.length < limit; next = queue.shift()) {
    const { value, path } = next;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof CpuContext) continue;
    if (value instanceof Map) {
      for (const [key, v] of value) {
        look(key, `${path}.key`);
        look(v, `${path}[${typeof key === "object" ? "…" : String(key)}]`);
      }
    } else if (value instanceof Set) for (const v of value) look(v, `${path}.item`);
    else for (const [name, v] of Object.entries(value)) look(v, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
  }
  return aliens;
}

/** Why an object cannot be part of the state, or null if it can. */
function alienKind(value: object): string | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (CONTAINERS.has(prototype) || Array.isArray(value) || value instanceof Map || value instanceof Set) return null;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof CpuContext) return null;
  const kind = value.constructor;
  if (stateClassName(kind) !== undefined) return null;
  return `instance of ${kind.name}, which is not a registered state class`;
}
