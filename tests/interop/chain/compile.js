// Compiles the registry contracts and writes their artefacts, one JSON file a contract.
//
// Usage: node compile.js FOLDER-OF-SOURCES FOLDER-OF-ARTEFACTS
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const [folder, target] = process.argv.slice(2);
const names = ["DidRegistry", "CredentialRegistry"];
const sources = {};
for (const name of names) {
  sources[`${name}.sol`] = { content: fs.readFileSync(path.join(folder, `${name}.sol`), "utf8") };
}

const input = {
  language: "Solidity",
  sources,
  settings: {
    // No PUSH0 and nothing newer: consortium networks on an older Besu run it, and RSK.
    evmVersion: "london",
    optimizer: { enabled: true, runs: 1000 },
    viaIR: true,
    // No metadata in the bytecode: it changes with the code and with nothing else.
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences", "storageLayout"] } },
  },
};

const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const fault of output.errors ?? []) {
  process.stderr.write(fault.formattedMessage);
}
if ((output.errors ?? []).length > 0) process.exit(1);

// One line for each function, event and error, so that a change of the interface is a visible difference.
for (const name of names) {
  const contract = output.contracts[`${name}.sol`][name];
  const slots = Object.fromEntries(contract.storageLayout.storage.map((s) => [s.label, Number(s.slot)]));
  // Where in the bytecode the code that stays on the chain begins, and where in that the constructor's argument is put.
  const { object, immutableReferences } = contract.evm.deployedBytecode;
  const offset = contract.evm.bytecode.object.indexOf(object) / 2;
  const immutables = Object.values(immutableReferences).flat().map(({ start }) => start).sort((a, b) => a - b);
  if (!Number.isInteger(offset) || offset <= 0) throw new Error(`${name}: the deployed code is not part of the bytecode`);
  const text = `{
"contract": ${JSON.stringify(name)},
"compiler": ${JSON.stringify(solc.version())},
"evmVersion": ${JSON.stringify(input.settings.evmVersion)},
"slots": ${JSON.stringify(slots)},
"deployed": ${JSON.stringify({ offset, immutables })},
"abi": [
${contract.abi.map((item) => JSON.stringify(item)).join(",\n")}
],
"bytecode": "0x${contract.evm.bytecode.object}"
}
`;
  fs.writeFileSync(path.join(target, `${name}.json`), text);
}
