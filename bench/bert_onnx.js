// SPDX-License-Identifier: MIT
//
// The forward pass of a BERT in onnxruntime, timed: bert_bench.py's second reference.
//
//   node bert_onnx.js FOLDER THREADS     as bert_forward.cc; finds onnxruntime-node from the
//                                        folder that it is run in
'use strict';

const path = require('path');
const readline = require('readline');
const ort = require(require.resolve('onnxruntime-node', { paths: [process.cwd()] }));

async function main() {
  const [folder, threads] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(path.join(folder, 'bert.onnx'), {
    intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: 'all',
    // Or its threads look for work after each run, on the cores of who is next.
    extra: { session: { force_spinning_stop: '1' } },
  });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [batch, length] = line.split(' ').map(Number);
    const ids = BigInt64Array.from({ length: batch * length }, (_, i) => BigInt(i * 7919 % 20000 + 1000));
    const feeds = { ids: new ort.Tensor('int64', ids, [batch, length]) };
    const start = process.hrtime.bigint();
    const { hidden } = await session.run(feeds);
    const took = Number(process.hrtime.bigint() - start) / 1e6;
    const last = hidden.data.length - hidden.dims[2];
    const values = Array.from(hidden.data.slice(last, last + 8), (value) => value.toFixed(6));
    console.log([took.toFixed(4), ...values].join(' '));
  }
}

main();
