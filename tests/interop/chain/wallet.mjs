// An ordinary Ethereum wallet: publishes an attribute, names another owner, and reads both back.
//
// Usage: node wallet.mjs URL REGISTRY PRIVATE-KEY
import assert from "node:assert/strict";
import { Contract, JsonRpcProvider, Wallet, encodeBytes32String, hexlify, toUtf8Bytes } from "ethers";

const [url, registry, privateKey] = process.argv.slice(2);
const abi = [
  "event DIDOwnerChanged(address indexed identity, address owner, uint256 previousChange)",
  "event DIDAttributeChanged(address indexed identity, bytes32 name, bytes value, uint256 validTo, uint256 previousChange)",
  "function identityOwner(address identity) view returns (address)",
  "function changed(address identity) view returns (uint256)",
  "function history(address identity) view returns (bytes32)",
  "function changeOwner(address identity, address newOwner)",
  "function setAttribute(address identity, bytes32 name, bytes value, uint256 validity)",
];

// Answers are not kept: within the library's quarter of a second a block passes, and the old nonce would be used again.
const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
const wallet = new Wallet(privateKey, provider);
const other = Wallet.createRandom();
const contract = new Contract(registry, abi, wallet);

const name = encodeBytes32String("did/svc/Registrar");
const value = hexlify(toUtf8Bytes("https://registrar.example"));
const published = await (await contract.setAttribute(wallet.address, name, value, 3600)).wait();
assert.equal(published.status, 1);

// A node estimates as if in its newest block, where `changed` already has this block's number and writing it again is cheap.
const gasLimit = (await contract.changeOwner.estimateGas(wallet.address, other.address)) + 20_000n;
const rotated = await (await contract.changeOwner(wallet.address, other.address, { gasLimit })).wait();
assert.equal(rotated.status, 1);
assert.equal(await contract.identityOwner(wallet.address), other.address);
assert.equal(await contract.changed(wallet.address), BigInt(rotated.blockNumber));
assert.notEqual(BigInt(await contract.history(wallet.address)), 0n);

const attributes = await contract.queryFilter(contract.filters.DIDAttributeChanged(wallet.address));
assert.deepEqual(attributes.map((event) => [event.args.name, event.args.value]), [[name, value]]);
const owners = await contract.queryFilter(contract.filters.DIDOwnerChanged(wallet.address));
assert.deepEqual(owners.map((event) => event.args.owner), [other.address]);
assert.equal(owners[0].args.previousChange, BigInt(published.blockNumber));

const block = await provider.getBlock(rotated.blockNumber, true);
assert.equal(block.prefetchedTransactions[0].from, wallet.address);

// The identity is no longer the wallet's: the estimate already says so.
await assert.rejects(contract.setAttribute(wallet.address, name, value, 3600), (error) =>
  error.code === "CALL_EXCEPTION" && JSON.stringify(error).includes("bad_actor"),
);

provider.destroy();
console.log("attribute, owner and refusal read back");
