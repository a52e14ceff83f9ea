/**
 * The shape of a region's control flow: an order of its nodes, dominators, loops; cycles with several
 * ways in get a dispatching node, so that every cycle has one head and becomes a real `loop`.
 */

export interface FlowNode {
  /** Where control may go from here, as node numbers; one entry for each branch, so that a node may be there twice. */
  succs: number[];
  /** A dispatching node goes to `succs[label]`. */
  dispatch: boolean;
}

/** Edges that were led through a dispatching node: `from * 65536 + to` → dispatcher. */
export type Detours = Map<number, number>;
export const edge = (from: number, to: number): number => from * 65536 + to;

/** Strongly connected components of the nodes in `inside`, ignoring edges into `without` (-1: none). */
function components(nodes: readonly FlowNode[], inside: ReadonlySet<number>, without: number): number[][] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];
  const out: number[][] = [];
  for (const root of inside) {
    if (index.has(root)) continue;
    const work: [number, number][] = [[root, 0]];
    while (work.length > 0) {
      const top = work[work.length - 1]!;
      const [v, i] = top;
      if (i === 0) {
        index.set(v, index.size);
        low.set(v, index.get(v)!);
        stack.push(v);
        onStack.add(v);
      }
      const { succs } = nodes[v]!;
      if (i < succs.length) {
        top[1]++;
        const w = succs[i]!;
        if (w === without || !inside.has(w)) continue;
        if (!index.has(w)) work.push([w, 0]);
        else if (onStack.has(w)) low.set(v, Math.min(low.get(v)!, index.get(w)!));
        continue;
      }
      // A node without successors comes here at once; its number has been given above.
      work.pop();
      const above = work[work.length - 1];
      if (above) low.set(above[0], Math.min(low.get(above[0])!, low.get(v)!));
      if (low.get(v) !== index.get(v)) continue;
      const one: number[] = [];
      for (;;) {
        const w = stack.pop()!;
        onStack.delete(w);
        one.push(w);
        if (w === v) break;
      }
      out.push(one);
    }
  }
  return out;
}

/** Gives every cycle one head. Appends dispatching nodes to `nodes`; @returns the edges that go through them. */
export function makeReducible(nodes: FlowNode[], root = 0): Detours {
  const detours: Detours = new Map();
  const fix = (inside: Set<number>, head: number): void => {
    for (const part of components(nodes, inside, head)) {
      if (part.length === 1 && !nodes[part[0]!]!.succs.includes(part[0]!)) continue;
      if (part.length === 1 && part[0] === head) continue;
      const set = new Set(part);
      const entries = new Set<number>();
      if (set.has(root)) entries.add(root);
      nodes.forEach((n, from) => {
        if (set.has(from)) return;
        for (const s of n.succs) if (set.has(s)) entries.add(s);
      });
      // Nothing leads there.
      if (entries.size === 0) continue;
      // The head itself lies outside its own parts; within them it counts as outside.
      let top: number;
      if (entries.size === 1) top = [...entries][0]!;
      else {
        top = nodes.length;
        const targets = [...entries].sort((a, b) => a - b);
        nodes.forEach((n, from) => {
          n.succs = n.succs.map((s) => {
            if (!entries.has(s)) return s;
            detours.set(edge(from, s), top);
            return top;
          });
        });
        nodes.push({ succs: targets, dispatch: true });
        set.add(top);
      }
      if (set.size > 1) fix(set, top);
    }
  };
  fix(new Set(nodes.keys()), -1);
  return detours;
}

export interface Flow {
  /** Nodes in reverse postorder. */
  order: number[];
  /** Place of each node in `order`. */
  place: number[];
  /** Children in the dominator tree, in reverse postorder. */
  children: number[][];
  /** Heads of loops. */
  heads: Set<number>;
  /** Nodes with several forward edges into them. */
  merges: Set<number>;
  /** Loop nesting depth. */
  nesting: number[];
}

/** Analyses a reducible graph whose root reaches all. */
export function analyse(nodes: readonly FlowNode[], root = 0): Flow {
  const n = nodes.length;
  const post: number[] = [];
  const seen = new Uint8Array(n);
  const work: [number, number][] = [[root, 0]];
  seen[root] = 1;
  while (work.length > 0) {
    const top = work[work.length - 1]!;
    const { succs } = nodes[top[0]]!;
    if (top[1] < succs.length) {
      const s = succs[top[1]++]!;
      if (!seen[s]) {
        seen[s] = 1;
        work.push([s, 0]);
      }
    } else {
      post.push(top[0]);
      work.pop();
    }
  }
  const order = post.reverse();
  const place = new Array<number>(n).fill(-1);
  order.forEach((v, i) => {
    place[v] = i;
  });
  const preds: number[][] = Array.from({ length: n }, () => []);
  for (const v of order) for (const s of nodes[v]!.succs) preds[s]!.push(v);
  // Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm".
  const idom = new Array<number>(n).fill(-1);
  idom[root] = root;
  for (let changed = true; changed; ) {
    changed = false;
    for (const v of order) {
      if (v === root) continue;
      let d = -1;
      for (const p of preds[v]!) {
        if (idom[p] === -1) continue;
        if (d === -1) d = p;
        else {
          let a = d;
          let b = p;
          while (a !== b) {
            while (place[a]! > place[b]!) a = idom[a]!;
            while (place[b]! > place[a]!) b = idom[b]!;
          }
          d = a;
        }
      }
      if (d !== idom[v]) {
        idom[v] = d;
        changed = true;
      }
    }
  }
  const children: number[][] = Array.from({ length: n }, () => []);
  for (const v of order) if (v !== root) children[idom[v]!]!.push(v);
  const heads = new Set<number>();
  const merges = new Set<number>();
  const nesting = new Array<number>(n).fill(0);
  for (const v of order) {
    let forward = 0;
    const body = new Set<number>([v]);
    const back: number[] = [];
    for (const p of preds[v]!) {
      if (place[p]! < place[v]!) forward++;
      else {
        heads.add(v);
        if (!body.has(p)) {
          body.add(p);
          back.push(p);
        }
      }
    }
    if (forward > 1) merges.add(v);
    if (!heads.has(v)) continue;
    while (back.length > 0)
      for (const p of preds[back.pop()!]!)
        if (!body.has(p)) {
          body.add(p);
          back.push(p);
        }
    for (const b of body) nesting[b]!++;
  }
  return { order, place, children, heads, merges, nesting };
}
