// The lab offline: everything that belongs to this build is kept at the first visit. scripts/build-lab.mjs fills in the names.
const VERSION = "lstar-lab-__VERSION__";
const FILES = __FILES__;

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(VERSION);
    await cache.addAll(FILES);
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name.startsWith("lstar-lab-") && name !== VERSION) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin || (request.method !== "GET" && request.method !== "HEAD")) return;
  event.respondWith(answer(request, url));
});

async function answer(request, url) {
  const cache = await caches.open(VERSION);
  // The search part (embed=1) is for the page, not for the server.
  const kept = await cache.match(url.origin + url.pathname, { ignoreMethod: true });
  if (kept) return request.method === "HEAD" ? new Response(null, { headers: kept.headers }) : kept;
  const response = await fetch(request);
  if (response.ok && request.method === "GET" && url.href.startsWith(self.registration.scope)) await cache.put(request, response.clone());
  return response;
}
