// SPDX-License-Identifier: MIT
// What polkadot_test.py asks npm's @polkadot/util-crypto and @polkadot/keyring: a JSON list of
// questions on standard input, a list of answers on standard output.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const require = createRequire(pathToFileURL(process.argv[2] + '/').href);
const { Keyring } = require('@polkadot/keyring');
const crypto = require('@polkadot/util-crypto');

const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data) => Buffer.from(data).toString('hex');

const answers = {
  mnemonic: ({ words }) => crypto.mnemonicGenerate(words),
  address: ({ scheme, uri }) => new Keyring({ type: scheme }).addFromUri(uri).address,
  sign: ({ scheme, uri, message }) =>
    hex(new Keyring({ type: scheme }).addFromUri(uri).sign(bytes(message))),
  verify: ({ address, message, signature }) =>
    crypto.signatureVerify(bytes(message), bytes(signature), address).isValid,
};

await crypto.cryptoWaitReady();
const questions = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(questions.map((question) => answers[question.ask](question))));
