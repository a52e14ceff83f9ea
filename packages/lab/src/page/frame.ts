/** A page in the background draws no frames: then this long (ms) will do. */
const WITHOUT_FRAMES = 250;

/** Calls once the next frame is drawn. */
export function afterFrame(f: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    f();
  };
  const timer = setTimeout(once, WITHOUT_FRAMES);
  requestAnimationFrame(once);
}
