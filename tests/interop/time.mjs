// How `tests/bench` times other people's JavaScript: `name<tab>nanoseconds<tab>the raw signature it is set beside`. As with ours,
// the fastest of many samples counts.

const SAMPLES = 50;
const ROUNDS = 8;

export async function time(name, raw, work) {
  let best = Infinity;
  for(let sample = 0; sample < SAMPLES; ++sample) {
    const start = process.hrtime.bigint();
    for(let round = 0; round < ROUNDS; ++round) {
      await work();
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / ROUNDS);
  }
  console.log(`${name}\t${best}\t${raw}`);
}
