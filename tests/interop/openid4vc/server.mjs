// The smallest HTTP server on loopback: a table of routes, each a function from a request to an answer.
import { createServer } from 'node:http';

/** An answer: JSON unless `type` says otherwise. */
export const answer = (status, body, headers = {}, type = 'application/json') => ({
  status,
  headers: { 'content-type': type, 'cache-control': 'no-store', ...headers },
  body: type === 'application/json' ? JSON.stringify(body) : body,
});

export const redirect = (location) => ({ status: 302, headers: { location }, body: '' });

/**
 * Serves `routes`, from `METHOD /path` to `(request) => answer`; a path that ends in `/` takes everything below it. A request has
 * `url`, `query`, `rest` (below the route), `text`, `form`, and what @openid4vc asks of a request: `method` and `headers`.
 */
export async function serve(host, routes) {
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { status, headers, body } = await respond(origin(server, host), routes, incoming, Buffer.concat(chunks).toString());
    outgoing.writeHead(status, headers).end(body);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return origin(server, host);
}

const origin = (server, host) => `http://${host}:${server.address().port}`;

async function respond(base, routes, incoming, text) {
  const url = new URL(incoming.url, base);
  const exact = `${incoming.method} ${url.pathname}`;
  const name = routes[exact] ? exact : Object.keys(routes).find((route) => route.endsWith('/') && exact.startsWith(route));
  if (!name) return answer(404, { error: 'not_found' });
  const request = {
    method: incoming.method,
    headers: new Headers(incoming.headers),
    url: url.href,
    text,
    rest: exact.slice(name.length),
    query: Object.fromEntries(url.searchParams),
    form: Object.fromEntries(new URLSearchParams(text)),
  };
  try {
    return await routes[name](request);
  } catch (error) {
    return refusal(error);
  }
}

/** What the packages' errors say of how to answer them. */
function refusal(error) {
  if (error.wwwAuthenticateHeaders)
    return answer(
      401,
      { error: 'invalid_token', error_description: error.message },
      { 'www-authenticate': error.toHeaderValue() },
    );
  if (error.errorResponse) return answer(error.status ?? 400, error.errorResponse);
  return answer(400, { error: 'invalid_request', error_description: String(error.message ?? error) });
}
