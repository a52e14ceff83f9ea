import { createReadStream, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".gz": "application/gzip",
};

/**
 * Serves a directory's files on 127.0.0.1, read only. Port 0: any free one.
 * @returns the server once it listens
 * @throws what the system says if it cannot listen (EADDRINUSE, EACCES)
 */
export function serveFiles(directory: string, port: number): Promise<Server> {
  const root = normalize(directory.endsWith(sep) ? directory : directory + sep);
  const server = createServer((request, response) => {
    const refuse = (status: number): void => {
      response.writeHead(status, { "content-type": "text/plain" }).end(`${status}\n`);
    };
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405);
    let path: string;
    try {
      path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    } catch {
      return refuse(400);
    }
    if (path.includes("\0")) return refuse(404);
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    if (!file.startsWith(root)) return refuse(404);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return refuse(404);
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "content-length": stat.size,
      // The service worker asks again, and a new build must be seen.
      "cache-control": "no-cache",
    });
    if (request.method === "HEAD") response.end();
    // A file that vanishes meanwhile ends this answer, not the server.
    else
      createReadStream(file)
        .on("error", () => response.destroy())
        .pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
