import { describe, expect, it } from "vitest";
import { analyse, type FlowNode, makeReducible } from "./flow.ts";

const graph = (succs: number[][]): FlowNode[] => succs.map((s) => ({ succs: [...s], dispatch: false }));

/** Does every edge to an earlier node go to one that dominates it? */
function isReducible(nodes: FlowNode[]): boolean {
  const { order, place, children } = analyse(nodes);
  const under = (v: number): Set<number> => new Set([v, ...children[v]!.flatMap((c) => [...under(c)])]);
  return order.every((v) => nodes[v]!.succs.every((s) => place[s]! > place[v]! || under(s).has(v)));
}

describe("control flow of regions", () => {
  it("finds nested loops", () => {
    const nodes = graph([[1], [2], [2, 3], [1, 4], []]);
    expect(makeReducible(nodes).size).toBe(0);
    const flow = analyse(nodes);
    expect([...flow.heads].sort()).toEqual([1, 2]);
    expect(flow.nesting.slice(0, 5)).toEqual([0, 1, 2, 1, 0]);
  });

  it("gives a cycle with two entries a dispatcher", () => {
    const nodes = graph([[1, 2], [2], [1, 3], []]);
    const detours = makeReducible(nodes);
    expect(nodes.length).toBe(5);
    expect(nodes[4]!.dispatch).toBe(true);
    expect(detours.size).toBe(4);
    expect(isReducible(nodes)).toBe(true);
  });

  it("leaves alone a cycle that nothing leads to", () => {
    const nodes = graph([[1], [], [3], [4, 2], [3]]);
    expect(makeReducible(nodes).size).toBe(0);
    expect([...analyse(nodes).heads]).toEqual([]);
  });

  it("makes any graph reducible and keeps its paths", () => {
    let seed = 1;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 4294967296) * n);
    };
    for (let round = 0; round < 500; round++) {
      const n = 2 + random(14);
      const succs: number[][] = [];
      for (let v = 0; v < n; v++) {
        // Each node can be reached: the one before leads to it.
        const s = new Set<number>(v + 1 < n ? [v + 1] : []);
        for (let k = random(3); k > 0; k--) s.add(random(n));
        succs.push([...s]);
      }
      const nodes = graph(succs);
      const detours = makeReducible(nodes);
      expect(isReducible(nodes)).toBe(true);
      // Each edge is still there, directly or through dispatchers.
      succs.forEach((list, from) => {
        for (const to of list) {
          let at = from;
          for (let hops = 0; at !== to || hops === 0; hops++) {
            if (hops > nodes.length) throw new Error(`edge ${from} ${to} is lost`);
            const next = detours.get(at * 65536 + to) ?? to;
            expect(nodes[at]!.succs).toContain(next);
            at = next;
          }
        }
      });
    }
  });
});
