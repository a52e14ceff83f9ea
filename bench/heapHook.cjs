// Loaded into lstar by bench/epoll.mjs: on SIGUSR2 prints how many bytes of JavaScript objects are alive.
process.on("SIGUSR2", () => {
  globalThis.gc();
  globalThis.gc();
  const m = process.memoryUsage();
  process.stderr.write(`heap ${m.heapUsed + m.external + m.arrayBuffers} ${m.heapUsed}\n`);
});
