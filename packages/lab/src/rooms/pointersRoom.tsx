import { type KernelFunction, kernelFunctions } from "../page/kernelIndex.ts";
import { openSource } from "../ui/SourceDialog.tsx";
import { pointers } from "./pointers.ts";
import type { Room } from "./room.ts";

/** Ours for one of Linux's functions, by the tags in the source; null if there is none. */
function ours(symbol: string): KernelFunction | null {
  for (const f of kernelFunctions.value.values()) if (f.linuxSymbols.split(" ").includes(symbol)) return f;
  return null;
}

function View() {
  return (
    <div class="wide-table">
      <table class="plain">
        <caption>The chapter's source pointers, with ours as the tags in the source name them</caption>
        <thead>
          <tr>
            <th scope="col">In the chapter</th>
            <th scope="col">Linux 6.x</th>
            <th scope="col">Here</th>
            <th scope="col">What it does</th>
          </tr>
        </thead>
        <tbody>
          {pointers.map((p) => {
            const found = p.symbols.map((s) => ours(s)).filter((f) => f !== null);
            return (
              <tr key={`${p.chapterFile} ${p.chapterSymbol}`}>
                <th scope="row">
                  <code>
                    {p.chapterFile} {p.chapterSymbol}
                  </code>
                </th>
                <td>
                  <code>
                    {p.file} {p.symbols.join(", ")}
                  </code>
                </td>
                <td>
                  {found.length === 0 && "no function of that name"}
                  {found.map((f) => (
                    <button key={f.name} type="button" onClick={() => void openSource(f.file, f.line)}>
                      {f.name}
                    </button>
                  ))}
                </td>
                <td>
                  {p.does}
                  {p.note && (
                    <>
                      {" "}
                      <strong>Note:</strong> {p.note}
                    </>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export const pointersRoom: Room = {
  id: "source",
  title: "Source",
  lead: "Each of the chapter's kernel source pointers: Linux's place today, ours, and where the chapter simplifies.",
  program: "read_write",
  View,
};
