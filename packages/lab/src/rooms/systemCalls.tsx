import type { SyscallView } from "../protocol.ts";
import type { Room, Workbench } from "./room.ts";

/** The call that the chosen task is in, or its last one: its registers and the way down through the kernel. */
function View({ bench }: { bench: Workbench }) {
  const task = bench.state.value?.tasks.find((t) => t.pid === bench.task.value);
  if (!task?.call) return <p class="empty">No system call yet. Press Run, or step to the next call.</p>;
  return <Call call={task.call} inKernel={task.inKernel} />;
}

function Call({ call, inKernel }: { call: SyscallView; inKernel: boolean }) {
  return (
    <>
      <p class="call-text">
        <code>{call.text}</code> {call.result === null && <span class="tag">{inKernel ? "in the kernel" : "not returned"}</span>}
      </p>
      <table class="plain">
        <caption class="visually-hidden">Arguments of the call in registers</caption>
        <thead>
          <tr>
            <th scope="col">Register</th>
            <th scope="col">Role</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">rax</th>
            <td>number in, result out</td>
            <td>
              {call.nr} → {call.result ?? "…"}
            </td>
          </tr>
          {call.args.map((a) => (
            <tr key={a.register}>
              <th scope="row">{a.register}</th>
              <td>{a.name}</td>
              <td>
                <code>{a.text}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ol class="way" aria-label="The way through the kernel">
        {call.path.map((f) => (
          <li key={f}>
            <code>{f}</code>
          </li>
        ))}
      </ol>
    </>
  );
}

export const systemCalls: Room = {
  id: "syscalls",
  title: "System calls",
  lead: "How a program crosses into the kernel, and what the registers carry.",
  program: "read_write",
  View,
};
