// SPDX-License-Identifier: MIT
// Writes metadata of version 15 as version 16, for chain_codec_test: no runtime of today has it.
//   node metadata_16.mjs PACKAGES METADATA OUT
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, from, to] = process.argv.slice(2);
const require = createRequire(pathToFileURL(packages + '/').href);
const { Metadata, TypeRegistry } = require('@polkadot/types');

const registry = new TypeRegistry();
const old = new Metadata(registry, '0x' + readFileSync(from).toString('hex')).asV15;
const kept = { NotDeprecated: null };
const left = { Deprecated: { note: 'use another', since: '1.0' } };
const variants = (one) => one.isSome ? {
  type: one.unwrap().type,
  deprecationInfo: new Map([[0, left], [3, { DeprecatedWithoutNote: null }]]) } : null;
const storage = (one) => one.isSome ? {
  prefix: one.unwrap().prefix,
  items: one.unwrap().items.map(({ name, modifier, type, fallback, docs }) =>
    ({ name, modifier, type, fallback, docs, deprecationInfo: kept })) } : null;
const extensions = old.extrinsic.signedExtensions.map(({ identifier, type, additionalSigned }) =>
  ({ identifier, type, implicit: additionalSigned }));
const metadata = registry.createType('MetadataV16', {
  lookup: old.lookup,
  pallets: old.pallets.map((pallet) => ({
    name: pallet.name, storage: storage(pallet.storage), calls: variants(pallet.calls),
    events: variants(pallet.events), errors: variants(pallet.errors), index: pallet.index,
    constants: pallet.constants.map(({ name, type, value, docs }) =>
      ({ name, type, value, docs, deprecationInfo: left })),
    associatedTypes: [{ name: 'Balance', type: 2, docs: ['in which is paid'] }], viewFunctions: [],
    docs: pallet.docs, deprecationInfo: kept })),
  extrinsic: {
    versions: [5, 4], addressType: old.extrinsic.addressType, callType: old.extrinsic.callType,
    signatureType: old.extrinsic.signatureType, transactionExtensions: extensions,
    transactionExtensionsByVersion: new Map([[4, extensions.map((_, i) => i)], [5, [0]]]) },
  apis: old.apis.map(({ name, methods, docs }) => ({
    name, docs, version: 1, deprecationInfo: kept,
    methods: methods.map((method) => ({ name: method.name, inputs: method.inputs,
      output: method.output, docs: method.docs, deprecationInfo: kept })) })),
  outerEnums: old.outerEnums, custom: old.custom });
writeFileSync(to, Buffer.concat([Buffer.from('meta\x10'), metadata.toU8a()]));
