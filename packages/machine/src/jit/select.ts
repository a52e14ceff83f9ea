import { Trap } from "../trap.ts";
import { type DecodedBlock, isCall, isReturn, jumpsAnywhere } from "./block.ts";

/** A block in a region. A function called from several places is there once for each of them. */
export interface RegionNode {
  block: DecodedBlock;
  /** Where it goes: nodes by address. What is not here leaves the region. */
  to: Map<number, number>;
}

export interface Limits {
  nodes: number;
  ops: number;
  /** Calls within calls that are followed. */
  depth: number;
}

/** A function that the region has been called into; the first is where the region starts. */
interface Context {
  entry: number;
  parent: Context | null;
  depth: number;
  /** Node of each block by address. */
  nodes: Map<number, number>;
  /** Returning nodes, and the nodes that a return may lead to. */
  returning: number[];
  sites: Map<number, number>;
}

/**
 * Collects what can be reached from a block by direct branches, calls and returns from them. `find` gives
 * the translated block at an address or null, `targets` where a computed jump may go.
 */
export function selectRegion(
  first: DecodedBlock,
  find: (rip: number) => DecodedBlock | null,
  targets: (b: DecodedBlock) => number[],
  limits: Limits,
): RegionNode[] {
  const nodes: RegionNode[] = [];
  let ops = 0;
  const context = (entry: number, parent: Context | null): Context => ({
    entry,
    parent,
    depth: parent ? parent.depth + 1 : 0,
    nodes: new Map(),
    returning: [],
    sites: new Map(),
  });
  const root = context(first.rip, null);
  /** Work by depth of calls: a function's own loops come before what it calls. */
  const work: [number, Context][][] = [];
  const add = (block: DecodedBlock | null, ctx: Context): number => {
    if (!block) return -1;
    const known = ctx.nodes.get(block.rip);
    if (known !== undefined) return known;
    if (nodes.length >= limits.nodes || ops + block.ops.length > limits.ops) return -1;
    ops += block.ops.length;
    const n = nodes.length;
    nodes.push({ block, to: new Map() });
    ctx.nodes.set(block.rip, n);
    while (work.length <= ctx.depth) work.push([]);
    work[ctx.depth]!.push([n, ctx]);
    return n;
  };
  const connect = (from: number, rip: number, to: number): void => {
    if (to >= 0 && !nodes[from]!.to.has(rip)) nodes[from]!.to.set(rip, to);
  };
  const visit = (n: number, ctx: Context): void => {
    const { block } = nodes[n]!;
    if (isCall(block)) {
      const back = add(find(block.next), ctx);
      if (block.taken === 0) return;
      let callee: Context | null = ctx;
      while (callee && callee.entry !== block.taken) callee = callee.parent;
      if (!callee) {
        if (ctx.depth >= limits.depth) return;
        callee = context(block.taken, ctx);
      }
      const to = add(find(block.taken), callee);
      connect(n, block.taken, to);
      if (to < 0 || back < 0) return;
      if (!callee.sites.has(block.next)) callee.sites.set(block.next, back);
      for (const r of callee.returning) connect(r, block.next, back);
      // A function that calls itself may return, where it started, to one of these calls as well.
      if (callee.depth <= ctx.depth) {
        if (!root.sites.has(block.next)) root.sites.set(block.next, back);
        for (const r of root.returning) connect(r, block.next, back);
      }
      return;
    }
    if (isReturn(block)) {
      ctx.returning.push(n);
      for (const [rip, to] of ctx.sites) connect(n, rip, to);
      return;
    }
    const next = jumpsAnywhere(block)
      ? targets(block)
      : block.branch.branch === "cond"
        ? [block.taken, block.next]
        : block.branch.branch === "jump"
          ? [block.taken]
          : goesOn(block)
            ? [block.next]
            : [];
    for (const rip of next) connect(n, rip, add(find(rip), ctx));
  };
  add(first, root);
  for (let depth = 0; depth < work.length; ) {
    const item = work[depth]!.shift();
    if (!item) {
      depth++;
      continue;
    }
    visit(...item);
    // What has been found at a lower depth meanwhile comes first.
    depth = 0;
  }
  return reachable(nodes);
}

/** Does an instruction that may trap mostly go on to the next one? */
function goesOn({ branch }: DecodedBlock): boolean {
  return branch.branch === "exit" && (branch.trap === Trap.SYSCALL || branch.trap === Trap.RDTSC || branch.trap === Trap.RDTSCP);
}

/** Drops what only an unfollowed call would have returned to. */
function reachable(nodes: RegionNode[]): RegionNode[] {
  const number = new Map<number, number>([[0, 0]]);
  const order = [0];
  for (let i = 0; i < order.length; i++)
    for (const to of nodes[order[i]!]!.to.values())
      if (!number.has(to)) {
        number.set(to, order.length);
        order.push(to);
      }
  return order.map((n) => ({
    block: nodes[n]!.block,
    to: new Map([...nodes[n]!.to].map(([rip, to]) => [rip, number.get(to)!])),
  }));
}
