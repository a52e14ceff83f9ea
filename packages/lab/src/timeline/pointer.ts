/** What pointers do to the timeline; x and y are pixels of the box. */
export interface PointerActions {
  at(x: number): number;
  seekAt(x: number, y: number): void;
  zoom(factor: number, about: number): void;
  panPixels(dx: number): void;
  /** The pointer lies there without being pressed; null: it has left. */
  hover(place: { readonly x: number; readonly y: number } | null): void;
}

/** Movement (pixels) from which a press is a drag. */
const DRAG = 4;

/** Click seeks, drag pans, pinch and Ctrl+wheel zoom, a sideways wheel pans. Returns how to end it. */
export function attachPointer(box: HTMLElement, act: PointerActions): () => void {
  const down = new Map<number, { x: number; y: number }>();
  let moved = false;
  const place = (e: MouseEvent): { x: number; y: number } => {
    const r = box.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const gap = (): number => {
    const [a, b] = [...down.values()];
    return Math.abs(a!.x - b!.x);
  };
  const onDown = (e: PointerEvent): void => {
    if (e.button !== 0) return;
    if (down.size === 0) moved = false;
    down.set(e.pointerId, place(e));
  };
  const onMove = (e: PointerEvent): void => {
    const from = down.get(e.pointerId);
    act.hover(!from && e.pointerType === "mouse" ? place(e) : null);
    if (!from) return;
    const to = place(e);
    if (down.size === 2) {
      const before = gap();
      down.set(e.pointerId, to);
      const [a, b] = [...down.values()];
      if (before > 10 && gap() > 10) act.zoom(before / gap(), act.at((a!.x + b!.x) / 2));
      moved = true;
      return;
    }
    if (!moved && Math.abs(to.x - from.x) < DRAG) return;
    if (!moved) box.setPointerCapture(e.pointerId);
    moved = true;
    act.panPixels(to.x - from.x);
    down.set(e.pointerId, to);
  };
  const onUp = (e: PointerEvent): void => {
    const from = down.get(e.pointerId);
    down.delete(e.pointerId);
    if (from && !moved && e.type === "pointerup") act.seekAt(from.x, from.y);
  };
  const onWheel = (e: WheelEvent): void => {
    if (e.ctrlKey || e.metaKey) act.zoom(Math.exp(Math.max(-50, Math.min(50, e.deltaY)) / 100), act.at(place(e).x));
    else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) act.panPixels(-(e.deltaX || e.deltaY));
    else return;
    e.preventDefault();
  };
  box.addEventListener("pointerdown", onDown);
  box.addEventListener("pointermove", onMove);
  box.addEventListener("pointerup", onUp);
  box.addEventListener("pointercancel", onUp);
  const onLeave = (): void => act.hover(null);
  box.addEventListener("pointerleave", onLeave);
  box.addEventListener("wheel", onWheel, { passive: false });
  return () => {
    box.removeEventListener("pointerleave", onLeave);
    box.removeEventListener("pointerdown", onDown);
    box.removeEventListener("pointermove", onMove);
    box.removeEventListener("pointerup", onUp);
    box.removeEventListener("pointercancel", onUp);
    box.removeEventListener("wheel", onWheel);
  };
}
