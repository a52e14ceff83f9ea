import { list, source } from "../page/session.ts";

/** The lab's own files that the program includes, to be read beside it. */
export function Headers() {
  const names = [...source.value.matchAll(/^#include "([\w.]+)"/gm)].map((m) => m[1] as string);
  const shown = names.filter((n) => list.value.headers[n] !== undefined);
  return (
    <>
      {shown.map((name) => (
        <details key={name} class="header-file">
          <summary>
            <code>{name}</code>, which this program includes
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{list.value.headers[name]}</pre>
        </details>
      ))}
    </>
  );
}
