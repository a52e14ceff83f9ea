import { stateClass } from "../state.ts";

/** A node of a red-black tree (struct rb_node). Subclasses carry the key. */
export class RbNode {
  rbParent: RbNode | null = null;
  rbLeft: RbNode | null = null;
  rbRight: RbNode | null = null;
  rbRed = false;
}

/** Compares by key: negative if a sorts before b. */
export type RbCompare<T> = (a: T, b: T) => number;

/** A red-black tree (struct rb_root_cached without the cached minimum). @linux lib/rbtree.c */
export class RbTree<T extends RbNode> {
  root: T | null = null;
  size = 0;

  /** Inserts a node that is in no tree. Returns false, and changes nothing, if an equal one is there. */
  insert(node: T, compare: RbCompare<T>): boolean {
    let parent: T | null = null;
    let at = this.root;
    let order = 0;
    while (at) {
      order = compare(node, at);
      if (order === 0) return false;
      parent = at;
      at = (order < 0 ? at.rbLeft : at.rbRight) as T | null;
    }
    node.rbParent = parent;
    node.rbLeft = node.rbRight = null;
    node.rbRed = true;
    if (!parent) this.root = node;
    else if (order < 0) parent.rbLeft = node;
    else parent.rbRight = node;
    this.size++;
    this.insertColor(node);
    return true;
  }

  /** The node for which `order` gives 0; `order` is negative if what is sought sorts before the node. */
  find(order: (node: T) => number): T | null {
    let at = this.root;
    while (at) {
      const o = order(at);
      if (o === 0) return at;
      at = (o < 0 ? at.rbLeft : at.rbRight) as T | null;
    }
    return null;
  }

  /** Removes a node of this tree. @linux lib/rbtree.c rb_erase */
  erase(node: T): void {
    this.size--;
    let child: RbNode | null;
    let parent: RbNode | null;
    let red: boolean;
    if (node.rbLeft && node.rbRight) {
      let next: RbNode = node.rbRight;
      while (next.rbLeft) next = next.rbLeft;
      child = next.rbRight;
      parent = next.rbParent === node ? next : next.rbParent;
      red = next.rbRed;
      if (next.rbParent !== node) {
        this.replaceChild(next, child);
        next.rbRight = node.rbRight;
        node.rbRight.rbParent = next;
      }
      this.replaceChild(node, next);
      next.rbLeft = node.rbLeft;
      node.rbLeft.rbParent = next;
      next.rbRed = node.rbRed;
    } else {
      child = node.rbLeft ?? node.rbRight;
      parent = node.rbParent;
      red = node.rbRed;
      this.replaceChild(node, child);
    }
    node.rbParent = node.rbLeft = node.rbRight = null;
    if (!red) this.eraseColor(child, parent);
  }

  /** First node in order. */
  first(): T | null {
    let n: RbNode | null = this.root;
    while (n?.rbLeft) n = n.rbLeft;
    return n as T | null;
  }

  /** The node after one, in order. @linux lib/rbtree.c rb_next */
  next(node: T): T | null {
    let n: RbNode = node;
    if (n.rbRight) {
      n = n.rbRight;
      while (n.rbLeft) n = n.rbLeft;
      return n as T;
    }
    while (n.rbParent && n === n.rbParent.rbRight) n = n.rbParent;
    return n.rbParent as T | null;
  }

  private replaceChild(old: RbNode, fresh: RbNode | null): void {
    const parent = old.rbParent;
    if (!parent) this.root = fresh as T | null;
    else if (parent.rbLeft === old) parent.rbLeft = fresh;
    else parent.rbRight = fresh;
    if (fresh) fresh.rbParent = parent;
  }

  private rotateLeft(n: RbNode): void {
    const r = n.rbRight!;
    n.rbRight = r.rbLeft;
    if (r.rbLeft) r.rbLeft.rbParent = n;
    this.replaceChild(n, r);
    r.rbLeft = n;
    n.rbParent = r;
  }

  private rotateRight(n: RbNode): void {
    const l = n.rbLeft!;
    n.rbLeft = l.rbRight;
    if (l.rbRight) l.rbRight.rbParent = n;
    this.replaceChild(n, l);
    l.rbRight = n;
    n.rbParent = l;
  }

  private insertColor(node: RbNode): void {
    let n = node;
    for (let parent = n.rbParent; parent?.rbRed; parent = n.rbParent) {
      const grand = parent.rbParent!;
      const left = parent === grand.rbLeft;
      const uncle = left ? grand.rbRight : grand.rbLeft;
      if (uncle?.rbRed) {
        parent.rbRed = uncle.rbRed = false;
        grand.rbRed = true;
        n = grand;
        continue;
      }
      if (n === (left ? parent.rbRight : parent.rbLeft)) {
        n = parent;
        if (left) this.rotateLeft(n);
        else this.rotateRight(n);
      }
      n.rbParent!.rbRed = false;
      grand.rbRed = true;
      if (left) this.rotateRight(grand);
      else this.rotateLeft(grand);
      break;
    }
    this.root!.rbRed = false;
  }

  private eraseColor(child: RbNode | null, from: RbNode | null): void {
    let n = child;
    let parent = from;
    while (parent && !n?.rbRed) {
      const left = n === parent.rbLeft;
      let sibling = (left ? parent.rbRight : parent.rbLeft)!;
      if (sibling.rbRed) {
        sibling.rbRed = false;
        parent.rbRed = true;
        if (left) this.rotateLeft(parent);
        else this.rotateRight(parent);
        sibling = (left ? parent.rbRight : parent.rbLeft)!;
      }
      if (!sibling.rbLeft?.rbRed && !sibling.rbRight?.rbRed) {
        sibling.rbRed = true;
        n = parent;
        parent = n.rbParent;
        continue;
      }
      if (!(left ? sibling.rbRight : sibling.rbLeft)?.rbRed) {
        (left ? sibling.rbLeft : sibling.rbRight)!.rbRed = false;
        sibling.rbRed = true;
        if (left) this.rotateRight(sibling);
        else this.rotateLeft(sibling);
        sibling = (left ? parent.rbRight : parent.rbLeft)!;
      }
      sibling.rbRed = parent.rbRed;
      parent.rbRed = false;
      (left ? sibling.rbRight : sibling.rbLeft)!.rbRed = false;
      if (left) this.rotateLeft(parent);
      else this.rotateRight(parent);
      n = this.root;
      break;
    }
    if (n) n.rbRed = false;
  }
}

stateClass(RbNode, RbTree);
