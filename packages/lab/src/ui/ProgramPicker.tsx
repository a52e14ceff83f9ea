import { choose, current, edited, hasCompiler, list, programName, source } from "../page/session.ts";

/** Which program, and what the page can do with it. */
export function ProgramPicker() {
  return (
    <div class="picker">
      <label class="visually-hidden" for="program">
        Example program
      </label>
      <select id="program" title={current.value?.about} value={programName.value} onChange={(e) => choose(e.currentTarget.value)}>
        {list.value.programs.map((p) => (
          <option key={p.name} value={p.name}>
            {p.name}.c
          </option>
        ))}
      </select>
      {edited.value && (
        <>
          <span class="tag">edited</span>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              source.value = current.value?.source ?? "";
            }}
          >
            Undo all
          </button>
        </>
      )}
      {edited.value && hasCompiler.value === false && <span class="tag warn">no compiler in this page</span>}
    </div>
  );
}
