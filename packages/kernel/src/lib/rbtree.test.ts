import fc from "fast-check";
import { expect, test } from "vitest";
import { RbNode, RbTree } from "./rbtree.ts";

class N extends RbNode {
  key: number;
  constructor(key: number) {
    super();
    this.key = key;
  }
}
const compare = (a: N, b: N): number => a.key - b.key;

/** Black height; throws if a rule of the tree is broken. */
function check(n: RbNode | null, parent: RbNode | null): number {
  if (!n) return 1;
  if (n.rbParent !== parent) throw new Error("parent link");
  if (n.rbRed && parent?.rbRed) throw new Error("red below red");
  const l = check(n.rbLeft, n);
  const r = check(n.rbRight, n);
  if (l !== r) throw new Error("black heights differ");
  return l + (n.rbRed ? 0 : 1);
}

test("stays a red-black tree and agrees with a sorted set", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 60 })), { maxLength: 300 }), (steps) => {
      const tree = new RbTree<N>();
      const model = new Map<number, N>();
      for (const [add, key] of steps) {
        const known = model.get(key);
        if (add) {
          const n = new N(key);
          expect(tree.insert(n, compare)).toBe(!known);
          if (!known) model.set(key, n);
        } else if (known) {
          tree.erase(known);
          model.delete(key);
        }
        check(tree.root, null);
        expect(tree.root?.rbRed ?? false).toBe(false);
      }
      const order: number[] = [];
      for (let n = tree.first(); n; n = tree.next(n)) order.push(n.key);
      expect(order).toEqual([...model.keys()].sort((a, b) => a - b));
      expect(tree.size).toBe(model.size);
      for (const key of model.keys()) expect(tree.find((n) => key - n.key)).toBe(model.get(key));
    }),
  );
});
