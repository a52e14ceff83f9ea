// An HTTP server on "::" and fetch as its client; keep-alive, a large body, an aborted request, raw TCP beside it.
const http = require("node:http");
const net = require("node:net");
const server = http.createServer((request, response) => {
  let n = 0;
  request.on("data", (d) => (n += d.length));
  request.on("end", () => response.end(`${request.method} ${request.url} ${n}`));
});
server.listen(0, async () => {
  const { address, family, port } = server.address();
  console.log(address, family);
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    const r = await fetch(`http://${host}:${port}/${host}`, { method: "POST", body: "x".repeat(300000) });
    console.log(r.status, await r.text());
  }
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => fetch(`http://127.0.0.1:${port}/${i}`).then((r) => r.text())));
  console.log(all.join(" "));
  await fetch("http://127.0.0.1:1/").catch((e) => console.log(e.cause.code ?? e.cause.message));
  const socket = net.connect(port, "127.0.0.1", () => socket.write("GET /raw HTTP/1.0\r\n\r\n"));
  let text = "";
  socket.on("data", (d) => (text += d));
  socket.on("end", () => {
    console.log(text.split("\r\n")[0], text.split("\r\n").at(-1));
    server.close(() => console.log("closed"));
    server.closeAllConnections();
  });
});
