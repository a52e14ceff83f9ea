import { Trap } from "../trap.ts";
import { type DecodedBlock, isCall, isReturn, jumpsAnywhere } from "./block.ts";

/** A block in a region. A function called from several places is there once for each of them. */
export interface RegionNode {
  block: DecodedBlock;
  /** Where it goes: nodes by address, or BORDER. What is not here leaves the region. */
  to: Map<number, number>;
}

/** Instead of a node: there another region is entered, and how often that happens is counted. */
export const BORDER = -1;

/** What has been compiled before. */
export interface Neighbours {
  /** Does a block enter a region that this one should not have a copy of? */
  apart(block: DecodedBlock): boolean;
  /** May the region be entered at a block? */
  mayEnter(block: DecodedBlock): boolean;
}

export interface Selection {
  nodes: RegionNode[];
  /** Nodes besides the first that functions outside return to. */
  entries: number[];
}

export interface Limits {
  nodes: number;
  ops: number;
  /** Calls within calls that are followed. */
  depth: number;
  /** What runs less than once in so many runs of the first block is left out. */
  rare: number;
  /** Entries behind calls that are not followed. */
  entries: number;
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
  /** Share of the function's runs that are made from here. */
  share: number;
}

/** A node whose ways on have not been looked at. */
interface Pending {
  node: number;
  context: Context;
  /** How many times it is run, about. */
  times: number;
}

/** Instead of a node: it is not part of the region. */
const NOWHERE = -2;

/** How many times a block has been interpreted. */
const timesOf = (b: DecodedBlock): number => b.takenTimes + b.nextTimes;

/**
 * Collects what can be reached from a block by direct branches, calls and returns from them, as far as the program
 * does go there: what is rare compared with the start stays outside. `find` gives the translated block at an address
 * or null, `targets` where a computed jump may go, `neighbours` what is compiled already.
 *
 * The interpreter's counts stand still where a block has been compiled before. So each node's own estimate is the
 * greater one of its count and of what comes in by the way it was found; and a block's ways on share its estimate.
 */
export function selectRegion(
  first: DecodedBlock,
  find: (rip: number) => DecodedBlock | null,
  targets: (b: DecodedBlock) => number[],
  limits: Limits,
  { apart, mayEnter }: Neighbours,
): Selection {
  const nodes: RegionNode[] = [];
  /** Nodes that functions outside return to, and how many times. */
  const returns = new Map<number, number>();
  let ops = 0;
  const context = (entry: number, parent: Context | null, share: number): Context => ({
    entry,
    parent,
    depth: parent ? parent.depth + 1 : 0,
    nodes: new Map(),
    returning: [],
    sites: new Map(),
    share,
  });
  const root = context(first.rip, null, 1);
  const least = Math.max(1, timesOf(first)) / limits.rare;
  /** What is run most comes first; a function's own blocks before those of its callees. */
  const work: Pending[] = [];
  const add = (block: DecodedBlock | null, ctx: Context, incoming: number): number => {
    if (!block) return NOWHERE;
    const known = ctx.nodes.get(block.rip);
    if (known !== undefined) return known;
    if (apart(block)) return BORDER;
    const times = Math.max(timesOf(block) * ctx.share, incoming);
    if (times < least || nodes.length >= limits.nodes || ops + block.ops.length > limits.ops) return NOWHERE;
    ops += block.ops.length;
    const node = nodes.length;
    nodes.push({ block, to: new Map() });
    ctx.nodes.set(block.rip, node);
    work.push({ node, context: ctx, times });
    return node;
  };
  const connect = (from: number, rip: number, to: number): void => {
    if (to !== NOWHERE && !nodes[from]!.to.has(rip)) nodes[from]!.to.set(rip, to);
  };
  const visit = ({ node: n, context: ctx, times }: Pending): void => {
    const { block } = nodes[n]!;
    if (isCall(block)) {
      const back = add(find(block.next), ctx, times);
      const comesBack = (): void => {
        if (back > 0 && ctx === root && mayEnter(nodes[back]!.block)) returns.set(back, Math.max(returns.get(back) ?? 0, times));
      };
      if (block.taken === 0) {
        comesBack();
        return;
      }
      let callee: Context | null = ctx;
      while (callee && callee.entry !== block.taken) callee = callee.parent;
      const target = find(block.taken);
      if (!callee) {
        if (ctx.depth >= limits.depth) {
          comesBack();
          return;
        }
        callee = context(block.taken, ctx, Math.min(1, times / Math.max(1, target ? timesOf(target) : 0)));
      }
      const to = add(target, callee, times);
      connect(n, block.taken, to);
      if (to < 0) comesBack();
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
    const go = (rip: number, share: number): void => {
      connect(n, rip, add(find(rip), ctx, share));
    };
    if (jumpsAnywhere(block)) {
      // Which of them is taken is not counted: one alone is, and their own counts decide.
      const all = targets(block);
      for (const rip of all) go(rip, times / all.length);
    } else if (block.branch.branch === "cond") {
      const all = timesOf(block);
      const taken = all > 0 ? block.takenTimes / all : 0.5;
      go(block.taken, times * taken);
      go(block.next, times * (1 - taken));
    } else if (block.branch.branch === "jump") go(block.taken, times);
    else if (goesOn(block)) go(block.next, times);
  };
  add(first, root, Math.max(1, timesOf(first)));
  while (work.length > 0) {
    let best = 0;
    for (let i = 1; i < work.length; i++) {
      const { times, context: ctx } = work[i]!;
      const b = work[best]!;
      if (times > b.times || (times === b.times && ctx.depth < b.context.depth)) best = i;
    }
    visit(work.splice(best, 1)[0]!);
  }
  const often = [...returns].sort((a, b) => b[1] - a[1]).slice(0, limits.entries);
  return reachable(
    nodes,
    often.map(([n]) => n),
  );
}

/** Does an instruction that may trap mostly go on to the next one? */
function goesOn({ branch }: DecodedBlock): boolean {
  return branch.branch === "exit" && (branch.trap === Trap.SYSCALL || branch.trap === Trap.RDTSC || branch.trap === Trap.RDTSCP);
}

/** Drops what only calls that are not followed would have returned to, unless the region is entered there. */
function reachable(nodes: RegionNode[], entries: number[]): Selection {
  const number = new Map<number, number>([[BORDER, BORDER]]);
  const order: number[] = [];
  const reach = (n: number): void => {
    if (number.has(n)) return;
    number.set(n, order.length);
    order.push(n);
  };
  reach(0);
  entries.forEach(reach);
  for (let i = 0; i < order.length; i++) for (const to of nodes[order[i]!]!.to.values()) reach(to);
  return {
    nodes: order.map((n) => ({
      block: nodes[n]!.block,
      to: new Map([...nodes[n]!.to].map(([rip, to]) => [rip, number.get(to)!])),
    })),
    entries: entries.map((n) => number.get(n)!),
  };
}
