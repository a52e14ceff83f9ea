/**
 * Kernel state is plain data: numbers, strings, arrays, maps, sets, typed arrays and instances of
 * classes registered here. Tables of functions (file operations, inode operations, …) are static:
 * they are registered by name and a snapshot stores the name. Whatever else is reachable from the
 * kernel's state is a bug that a test finds.
 */

// biome-ignore lint/suspicious/noExplicitAny: the registry holds classes of any constructor signature
type Class = abstract new (...args: any[]) => object;

export const stateClasses = new Map<string, Class>();
export const stateTables = new Map<string, object>();
const tableNames = new Map<object, string>();
const classNames = new Map<unknown, string>();

/** Registers classes whose instances may be part of the kernel's state. Names must be unique. */
export function stateClass(...classes: Class[]): void {
  for (const c of classes) {
    // Bundlers put an underscore before the name of a class that refers to itself.
    const name = c.name.replace(/^_/, "");
    if (stateClasses.has(name) && stateClasses.get(name) !== c) throw new Error(`two state classes named ${name}`);
    stateClasses.set(name, c);
    classNames.set(c, name);
  }
}

/** The registered name of a class, or undefined. */
export function stateClassName(c: unknown): string | undefined {
  return classNames.get(c);
}

/** Registers a static table of functions under a name such as "pipefifo_fops" and returns it. */
export function stateTable<T extends object>(name: string, table: T): T {
  if (stateTables.has(name)) throw new Error(`two tables named ${name}`);
  stateTables.set(name, table);
  tableNames.set(table, name);
  return table;
}

/** The registered name of a table, or undefined. */
export function stateTableName(table: object): string | undefined {
  return tableNames.get(table);
}
