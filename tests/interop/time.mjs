// How `tests/bench` times other people's JavaScript: `name<tab>nanoseconds<tab>the raw signature it is set beside`.

export async function time(name, raw, work) {
  for(let i = 0; i < 50; ++i) {
    await work();
  }
  const rounds = 200;
  const start = process.hrtime.bigint();
  for(let i = 0; i < rounds; ++i) {
    await work();
  }
  console.log(`${name}\t${Number(process.hrtime.bigint() - start) / rounds}\t${raw}`);
}
