// Signs and verifies tokens with npm `jose`: one JSON object in, one JSON array out, in the order of its tasks.
import { importJWK, jwtVerify, SignJWT } from 'jose';
import { readFileSync } from 'node:fs';

const { tasks } = JSON.parse(readFileSync(0, 'utf8'));

async function run(task) {
  const key = await importJWK(task.jwk, task.alg);
  if (task.verify) {
    const { alg, audience, typ, now } = task;
    try {
      const options = { algorithms: [alg], audience, typ, currentDate: new Date(now) };
      const { payload, protectedHeader } = await jwtVerify(task.verify, key, options);
      return { payload, header: protectedHeader };
    } catch (error) {
      return { error: error.code };
    }
  }
  return { token: await new SignJWT(task.sign).setProtectedHeader(task.header).sign(key) };
}

console.log(JSON.stringify(await Promise.all(tasks.map(run))));
