import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, freshDirectory, lstar, need, root, run } from "../native.ts";

/** What a program sends over the loopback device, as tcpdump reads it from the capture. */
async function capture(program: string): Promise<string> {
  const tcpdump = need("tcpdump");
  const dir = freshDirectory();
  try {
    const file = join(dir.path, "out.pcap");
    const binary = await compile(join(root, "tests/conformance", program));
    expect((await lstar(["run", "--pcap", file, "--cwd", "/tmp/work", binary])).status).toBe(0);
    expect(existsSync(file) && statSync(file).size > 24).toBe(true);
    const r = await run(tcpdump, ["-nr", file, "-vv", "-t"]);
    expect(r.status).toBe(0);
    // What an ICMP error quotes is as it was before the device would have completed it.
    return r.stdout.replace(/^\tIP.*\n.*$/gm, "");
  } finally {
    dir.remove();
  }
}

it("TCP: a capture opens in tcpdump, with right checksums", { timeout: 60_000 }, async () => {
  const text = await capture("tcp/basic.c");
  expect(text).not.toMatch(/incorrect|bad|truncated|invalid/i);
  expect(
    text.match(
      /Flags \[S\], cksum 0x[0-9a-f]+ \(correct\), seq \d+, win 65495, options \[mss 65495,sackOK,TS val \d+ ecr 0,nop,wscale 7\]/,
    ),
  ).not.toBeNull();
  expect((text.match(/Flags \[S\.\]/g) ?? []).length).toBeGreaterThan(5);
  expect(text).toContain("Flags [R");
  expect((text.match(/\(correct\)/g) ?? []).length).toBe((text.match(/Flags \[/g) ?? []).length);
});

it("UDP, ICMP and IPv6", { timeout: 60_000 }, async () => {
  const text = (await capture("inet/dual.c")) + (await capture("udp/basic.c")) + (await capture("inet/raw.c"));
  expect(text).not.toMatch(/incorrect|bad (udp|icmp|ip|cksum)|truncated/i);
  expect(text).toContain("[udp sum ok] UDP");
  expect(text).toMatch(/IP6 .*next-header TCP \(6\)/);
  expect(text).toMatch(/ICMP 127\.0\.0\.1 udp port \d+ unreachable/);
  expect(text).toMatch(/ICMP echo reply, id 77, seq 1/);
  expect(text).toMatch(/\[icmp6 sum ok\] ICMP6, echo reply/);
});

it("a file that cannot be written is an error", { timeout: 60_000 }, async () => {
  const binary = await compile(join(root, "tests/conformance/udp/basic.c"));
  const r = await lstar(["run", "--pcap", "/nonexistent/x", binary]);
  expect(r.status).toBe(125);
  expect(r.stderr).toContain("lstar: --pcap /nonexistent/x: no such file or directory");
});
