import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Height of the timeline in pixels where it shares the screen with the other panes. */
const height = signal(264);
const LEAST = 150;
const MOST = 640;

/** The upper edge of the timeline: dragged, or moved by the arrow keys. */
export function Splitter() {
  useEffect(() => {
    document.documentElement.style.setProperty("--timeline-height", `${height.value}px`);
  }, [height.value]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label="Height of the timeline"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={height.value}
      title="Drag to change the height of the timeline"
      onKeyDown={(e) => {
        if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
        set(height.value + (e.key === "ArrowUp" ? 20 : -20));
        e.preventDefault();
      }}
      onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
      onPointerMove={(e) => {
        if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
        const pane = e.currentTarget.parentElement!.getBoundingClientRect();
        set(pane.bottom - e.clientY);
      }}
    />
  );
}

function set(pixels: number): void {
  height.value = Math.round(Math.min(Math.max(pixels, LEAST), Math.min(MOST, innerHeight * 0.7)));
}
