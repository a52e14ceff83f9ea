import { Trap } from "../trap.ts";
import { analyse, type Flow, type FlowNode, makeReducible } from "./flow.ts";
import { BORDER, type RegionNode } from "./select.ts";

/** Is it a node that a way leads to, and not another region? */
export const isNode = (n: number): boolean => n !== BORDER;

/** The control flow of a region as structured code can express it. */
export interface Shape {
  flow: Flow;
  graph: FlowNode[];
  detours: Map<number, number>;
  /** Instructions on the longest way from a node to the next check of the budget. */
  reach: number[];
  /** Nodes that check the budget. */
  checks: Set<number>;
  root: number;
}

/** Finds a region's loops, and where its budget is checked. */
export function shapeOf(nodes: RegionNode[], entries: readonly number[]): Shape {
  const graph: FlowNode[] = nodes.map((n) => ({ succs: [...n.to.values()].filter(isNode), dispatch: false }));
  let root = 0;
  if (entries.length > 1) {
    root = graph.length;
    graph.push({ succs: [...entries], dispatch: true });
  }
  const detours = makeReducible(graph, root);
  const flow = analyse(graph, root);
  const checks = new Set<number>(entries);
  for (const h of flow.heads) {
    if (!graph[h]!.dispatch) checks.add(h);
    else for (const s of graph[h]!.succs) checks.add(s);
  }
  // A dispatcher may lead to another one: its targets check as well.
  for (let i = nodes.length; i < graph.length; i++) for (const s of graph[i]!.succs) checks.add(s);
  // A system call ends with a new budget.
  for (const { block, to } of nodes) if (block.branch.trap === Trap.SYSCALL) for (const s of to.values()) if (isNode(s)) checks.add(s);
  const reach = new Array<number>(graph.length).fill(0);
  for (const v of [...flow.order].reverse()) {
    let far = 0;
    for (const s of graph[v]!.succs) if (!checks.has(s) && flow.place[s]! > flow.place[v]!) far = Math.max(far, reach[s]!);
    reach[v] = far + (nodes[v]?.block.count ?? 0);
  }
  return { flow, graph, detours, reach, checks, root };
}
