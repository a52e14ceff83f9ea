import { expect, it } from "vitest";
import { lstar, need } from "../native.ts";

/** What programs that look at the machine say under lstar. */
async function output(program: string, ...args: string[]): Promise<string> {
  const r = await lstar(["run", "--root", "/", need(program), ...args], { timeout: 60_000 });
  expect(r.stderr).toBe("");
  expect(r.status).toBe(0);
  return r.stdout;
}

it("ip shows the loopback device, its addresses, routes and the rules", { timeout: 120_000 }, async () => {
  expect(await output("ip", "addr", "show", "lo")).toBe(
    [
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000",
      "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
      "    inet 127.0.0.1/8 scope host lo",
      "       valid_lft forever preferred_lft forever",
      "    inet6 ::1/128 scope host ",
      "       valid_lft forever preferred_lft forever",
      "",
    ].join("\n"),
  );
  expect(await output("ip", "route", "show", "table", "local")).toBe(
    [
      "local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1 ",
      "local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 ",
      "broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1 ",
      "",
    ].join("\n"),
  );
  expect(await output("ip", "rule")).toBe("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n");
});

it("Python lists the devices", { timeout: 60_000 }, async () => {
  expect(await output("python3", "-S", "-c", "import socket; print(socket.if_nameindex())")).toBe("[(1, 'lo')]\n");
});
