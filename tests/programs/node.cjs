// What a Node program does of its own accord: timers, files, streams, threads, processes, a server.
const fs = require("node:fs");
const { Worker, isMainThread, parentPort } = require("node:worker_threads");
const cp = require("node:child_process");
const http = require("node:http");
const zlib = require("node:zlib");
const { createHash } = require("node:crypto");

async function main() {
  const start = Date.now();
  await new Promise((done) => setTimeout(done, 20));
  console.log("timer", Date.now() - start >= 19);
  await fs.promises.writeFile("note.txt", "written");
  console.log(await fs.promises.readFile("note.txt", "utf8"), fs.statSync("note.txt").size);
  console.log(createHash("sha256").update("abc").digest("hex"));
  console.log(zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(100000, "abc"))).length);

  const worker = new Worker(__filename);
  worker.postMessage(21);
  console.log("worker", await new Promise((done) => worker.on("message", done)));

  console.log(cp.execFileSync("/bin/echo", ["child"]).toString().trim());
  const child = cp.spawn("/bin/sh", ["-c", "cat; exit 3"]);
  let text = "";
  child.stdout.on("data", (d) => (text += d));
  child.stdin.end("piped");
  console.log(await new Promise((done) => child.on("close", done)), text);

  const server = http.createServer((request, answer) => answer.end(`asked for ${request.url}`));
  await new Promise((done) => server.listen("socket", done));
  const body = await new Promise((done) =>
    http.get({ socketPath: "socket", path: "/x" }, (answer) => answer.on("data", (d) => done(String(d)))),
  );
  server.close();
  console.log(body);

  let sum = 0;
  for (let i = 0; i < 1e6; i++) sum = (sum + i * i) % 1000003;
  console.log(sum);
}

if (isMainThread) main();
else
  parentPort.on("message", (n) => {
    parentPort.postMessage(n * 2);
    parentPort.close();
  });
