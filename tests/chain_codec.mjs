// SPDX-License-Identifier: MIT
// chain_codec_test's other side: npm's @polkadot/types. Makes random values of the metadata's types
// and compares what both make of them, in both directions.
//   node chain_codec.mjs PACKAGES METADATA CHAIN_CODEC VALUES SEED CONTEXT
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, metadataFile, codec, values, seed, contextText] = process.argv.slice(2);
const require = createRequire(pathToFileURL(packages + '/').href);
const { Metadata, TypeRegistry, expandMetadata } = require('@polkadot/types');
const { compactStripLength, stringCamelCase, u8aToHex, hexToU8a } = require('@polkadot/util');
const { blake2AsU8a, cryptoWaitReady, ed25519PairFromSeed, ed25519Verify } =
  require('@polkadot/util-crypto');
const context = JSON.parse(contextText);

// splitmix64: the same values for the same seed.
let state = BigInt(seed);
const mask = (1n << 64n) - 1n;
function random() {
  state = (state + 0x9e3779b97f4a7c15n) & mask;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}
const below = (n) => Number(random() % BigInt(n));
function bits(count) {  // of every size, so that compact numbers have all their forms
  const kept = 1 + below(count);
  let number = 0n;
  for (let i = 0; i < count; i += 64) number = number << 64n | random();
  return number & ((1n << BigInt(kept)) - 1n);
}
const bytes = (size) => Uint8Array.from({ length: size }, () => below(256));
const hex = (data) => Buffer.from(data).toString('hex');

const registry = new TypeRegistry();
const metadata = new Metadata(registry, u8aToHex(readFileSync(metadataFile)));
registry.setMetadata(metadata);
const decorated = expandMetadata(registry, metadata);
const types = new Map(metadata.asLatest.lookup.types.map(({ id, type }) => [id.toNumber(), type]));

const widths = { U8: 8, U16: 16, U32: 32, U64: 64, U128: 128, I8: 8, I16: 16, I32: 32, I64: 64, I128: 128 };
const last = (type) => type.path.length ? type.path[type.path.length - 1].toString() : '';
const isU8 = (id) => types.get(id).def.isPrimitive && types.get(id).def.asPrimitive.type === 'U8';

// A random value: [as our program writes it, as @polkadot/types takes it].
function value(id, depth = 0) {
  const type = types.get(id);
  const { def } = type;
  if (def.isPrimitive) return primitive(def.asPrimitive.type);
  if (def.isCompact) return value(def.asCompact.type.toNumber(), depth + 1);
  if (def.isTuple) {
    const ids = def.asTuple.map((one) => one.toNumber());
    if (ids.length === 1) return value(ids[0], depth + 1);
    const items = ids.map((one) => value(one, depth + 1));
    return [{ l: items.map((one) => one[0]) }, items.map((one) => one[1])];
  }
  if (def.isSequence || def.isArray) {
    const element = (def.isSequence ? def.asSequence : def.asArray).type.toNumber();
    const size = def.isArray ? def.asArray.len.toNumber() : depth > 4 ? 0 : below(def.isSequence && isU8(element) ? 100 : 4);
    if (isU8(element)) {
      const content = bytes(size);
      return [{ b: hex(content) }, u8aToHex(content)];
    }
    const items = Array.from({ length: size }, () => value(element, depth + 1));
    return [{ l: items.map((one) => one[0]) }, items.map((one) => one[1])];
  }
  if (def.isComposite) {
    if (last(type) === 'BTreeMap' || last(type) === 'BTreeSet') return tree(def, last(type) === 'BTreeMap', depth);
    return fields(def.asComposite.fields, depth);
  }
  if (def.isVariant) return variant(type, depth);
  throw new Error(`no value of ${def.type}`);
}

function primitive(name) {
  if (name === 'Bool') {
    const yes = below(2);
    return [{ n: String(yes) }, yes === 1];
  }
  if (name === 'Str') {
    const text = 'abc \u00e9\u20ac'.slice(0, below(7));
    return [{ b: hex(Buffer.from(text)) }, text];
  }
  if (name === 'U256') {
    const content = bytes(32);
    return [{ b: hex(content) }, '0x' + hex(content.slice().reverse())];
  }
  const width = widths[name];
  if (!width) throw new Error(`no value of ${name}`);
  const number = bits(name[0] === 'I' ? width - 1 : width);
  return [{ n: number.toString() }, number.toString()];
}

function fields(list, depth) {
  if (list.length === 1 && list[0].name.isNone) return value(list[0].type.toNumber(), depth + 1);
  const items = list.map((field) => value(field.type.toNumber(), depth + 1));
  const ours = { l: items.map((one) => one[0]) };
  if (list.length === 0 || list.some((field) => field.name.isNone)) {
    return [ours, items.map((one) => one[1])];
  }
  const names = list.map((field) => field.name.unwrap().toString());
  ours.f = names;
  return [ours, Object.fromEntries(names.map((name, i) => [stringCamelCase(name), items[i][1]]))];
}

// One entry at most: @polkadot/types sorts them, as the chain does.
function tree(def, isMap, depth) {
  const list = types.get(def.asComposite.fields[0].type.toNumber()).def.asSequence.type.toNumber();
  const items = Array.from({ length: below(2) }, () => value(list, depth + 1));
  const theirs = items.map((one) => one[1]);
  return [{ l: items.map((one) => one[0]) }, isMap ? new Map(theirs) : theirs];
}

function variant(type, depth) {
  const all = [...type.def.asVariant.variants];
  if (all.length === 0) throw new Error(`no value of ${last(type)}`);
  // Deep ones take the first, which has few parts; of an address, which is by account, too.
  const first = depth > 6 || last(type) === 'MultiAddress';
  const chosen = all[first ? 0 : below(all.length)];
  const name = chosen.name.toString();
  const [ours, theirs] = fields(chosen.fields, depth);
  const parts = chosen.fields.length === 1 && chosen.fields[0].name.isNone ? { l: [ours] } : ours;
  if (last(type) === 'Option') return [{ ...parts, v: name }, name === 'None' ? null : theirs];
  return [{ ...parts, v: name }, { [name]: chosen.fields.length === 0 ? null : theirs }];
}

const questions = [];
const checks = [];  // what the answer must be, and where that comes from
function ask(question, wanted, where) {
  questions.push(JSON.stringify(question));
  checks.push([JSON.stringify(sorted(wanted)), where]);
}
// With the keys of objects in order.
function sorted(json) {
  if (Array.isArray(json)) return json.map(sorted);
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(Object.keys(json).sort().map((key) => [key, sorted(json[key])]));
}

function compare(id, where) {
  const [ours, theirs] = value(id);
  const name = registry.createLookupType(id);
  const encoded = registry.createType(name, theirs).toU8a();
  ask({ do: 'encode', type: id, value: ours }, hex(encoded), where);
  ask({ do: 'decode', type: id, bytes: hex(encoded) }, ours, where);
  // And theirs reads what is ours, since the bytes are the same; it must read all of them.
  const read = registry.createType(name, encoded);
  if (hex(read.toU8a()) !== hex(encoded)) throw new Error(`${where}: @polkadot/types reads otherwise`);
}

// Everything of the two pallets but what holds the whole runtime's events, or calls.
const leftOut = new Set(['System.Events']);
const entries = [];
for (const pallet of metadata.asLatest.pallets) {
  const name = pallet.name.toString();
  if (!['System', 'SubtensorModule'].includes(name) || pallet.storage.isNone) continue;
  for (const item of pallet.storage.unwrap().items) {
    if (!leftOut.has(`${name}.${item.name}`)) entries.push([name, item]);
  }
}
function checkEntry([pallet, item]) {
  const where = `${pallet}.${item.name}`;
  const creator = decorated.query[stringCamelCase(pallet)][stringCamelCase(item.name.toString())];
  if (item.type.isPlain) {
    compare(item.type.asPlain.toNumber(), where);
    return;
  }
  const { hashers, key, value: valueType } = item.type.asMap;
  const keyTypes = hashers.length === 1 ? [key.toNumber()]
    : types.get(key.toNumber()).def.asTuple.map((one) => one.toNumber());
  const keys = keyTypes.map((id) => value(id));
  const theirs = compactStripLength(creator(...keys.map((one) => one[1])))[1];
  ask({ do: 'key', pallet, entry: item.name.toString(), keys: keys.map((one) => one[0]) }, hex(theirs), where);
  compare(valueType.toNumber(), where);
}

const calls = {
  SubtensorModule: ['burned_register', 'register', 'serve_axon', 'set_weights', 'commit_weights', 'reveal_weights'],
  Balances: ['transfer_keep_alive', 'transfer_allow_death'],
};
const callList = Object.entries(calls).flatMap(([pallet, names]) => names.map((name) => [pallet, name]));
const seedBytes = bytes(32);
const signer = ed25519PairFromSeed(seedBytes);
function checkCall([pallet, name]) {
  const where = `${pallet}.${name}`;
  const creator = decorated.tx[stringCamelCase(pallet)]?.[stringCamelCase(name)];
  if (!creator) throw new Error(`the runtime has no ${where}`);
  const ours = {};
  const theirs = [...creator.meta.fields].map((field) => {
    const [one, other] = value(field.type.toNumber());
    ours[field.name.unwrap().toString()] = one;
    return other;
  });
  const call = creator(...theirs);
  ask({ do: 'call', pallet, name, arguments: ours }, hex(call.toU8a()), where);
  checkExtrinsic(call, where);
}

// Ours signs; theirs reads it, writes it again and verifies the signature. ed25519 signatures of the
// same message are the same, so it is compared byte for byte.
function checkExtrinsic(call, where) {
  const nonce = below(1 << 30);
  const period = below(2) * 64;
  const block = 1 + below(1 << 30);
  const blockHash = period ? hex(bytes(32)) : context.genesis;
  const era = period ? registry.createType('ExtrinsicEra', { current: block, period }) : '0x00';
  const options = {
    method: call.toHex(), era, nonce, tip: 0, specVersion: context.spec_version,
    transactionVersion: context.transaction_version, genesisHash: '0x' + context.genesis,
    blockHash: '0x' + blockHash,
  };
  const payload = registry.createType('ExtrinsicPayload', options, { version: 4 });
  const message = payload.toU8a({ method: true });
  const signature = payload.sign({
    sign: (data) => {
      const sign = require('@polkadot/util-crypto').ed25519Sign;
      return Uint8Array.from([0, ...sign(data.length > 256 ? blake2AsU8a(data) : data, signer)]);
    },
  }).signature;
  if (!ed25519Verify(message.length > 256 ? blake2AsU8a(message) : message,
                     hexToU8a(signature).slice(1), signer.publicKey)) {
    throw new Error(`${where}: the signature does not hold`);
  }
  const extrinsic = registry.createType('Extrinsic', { method: call }, { version: 4 });
  extrinsic.addSignature(registry.createType('Address', signer.publicKey), signature, payload.toHex());
  ask({ do: 'extrinsic', call: hex(call.toU8a()), seed: hex(seedBytes), nonce, period, block,
        genesis: context.genesis, era_block_hash: blockHash, spec_version: context.spec_version,
        transaction_version: context.transaction_version }, hex(extrinsic.toU8a()), `${where}, signed`);
}

await cryptoWaitReady();
for (let i = 0; i < Number(values); ++i) {
  checkEntry(entries[i % entries.length]);
  if (i % 10 === 0) checkCall(callList[(i / 10) % callList.length]);
}
const answers = execFileSync(codec, [metadataFile], {
  input: questions.join('\n') + '\n', maxBuffer: 1 << 30 }).toString().trim().split('\n');
let wrong = 0;
for (let i = 0; i < checks.length; ++i) {
  const [wanted, where] = checks[i];
  const got = JSON.stringify(sorted(JSON.parse(answers[i])));
  if (got !== wanted && ++wrong <= 10) {
    console.log(`${where}: ${questions[i].slice(0, 500)}\n  ours   ${got.slice(0, 300)}\n  theirs ${wanted.slice(0, 300)}`);
  }
}
console.log(`${checks.length} answers, ${wrong} wrong, ${entries.length} entries, ${callList.length} calls`);
process.exit(wrong === 0 ? 0 : 1);
