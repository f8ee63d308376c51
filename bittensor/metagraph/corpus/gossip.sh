#!/bin/sh
# Makes corpus/gossip from text, with protoc. Run it at the root of the repository.
set -eu
out=bittensor/metagraph/corpus/gossip
encode() { protoc -I proto --encode="bittensor.v1.$1" bittensor/v1/metagraph.proto; }
# As a text-format string: every byte in octal.
quote() { od -An -v -to1 | tr -s ' ' '\\' | tr -d '\n' | sed 's/\\$//'; }
key() { printf "$1%.0s" 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; }
signature="$(key s)$(key t)"

record=$(printf 'key: "%s" axon_address: "192.0.2.1:8091" metagraph_address: "[2001:db8::1]:8092"
  schema { modality: MODALITY_IMAGE dtype: DTYPE_FLOAT32 shape: [1, -1, -1] network_dim: 1024 }
  issued_ms: 1600000000000 ttl_ms: 15000' "$(key k)" | encode Record | quote)
leave=$(printf 'key: "%s" axon_address: "a.example.org:1" metagraph_address: "a.example.org:2"
  schema { modality: MODALITY_TEXT network_dim: 8 }
  issued_ms: 1600000000001 ttl_ms: 15000 leaving: true' "$(key l)" | encode Record | quote)
row=$(printf 'key: "%s" issued_ms: 1600000000000 ttl_ms: 60000 weights { key: "%s" weight: 0.5 }' \
  "$(key k)" "$(key l)" | encode Weights | quote)
statements=$(printf 'statements { kind: KIND_RECORD body: "%s" signature: "%s" }
  statements { kind: KIND_RECORD body: "%s" signature: "%s" }
  statements { kind: KIND_WEIGHTS body: "%s" signature: "%s" }' \
  "$record" "$signature" "$leave" "$signature" "$row" "$signature")
digest=$(i=0; while [ $i -lt 128 ]; do printf 'digest: %s ' $i; i=$((i + 1)); done)

mkdir -p "$out"
printf '%s' "$statements" | encode GossipRequest > "$out/statements"
printf '%s wanted: 7740398493674204009 offers { ids: 5 issued_ms: 9 } salt: 77 count: 3 %s' \
  "$statements" "$digest" | encode GossipRequest > "$out/request"
printf '%s offers { ids: 5 issued_ms: 9 } wanted: 7740398493674204009 buckets: [0, 5, 127]
  versions { ids: 5 issued_ms: 18446744073709551615 }' "$statements" |
  encode GossipResponse > "$out/response"
printf 'digest: 1' | encode GossipRequest > "$out/digest_too_short"
printf 'buckets: 128' | encode GossipResponse > "$out/bucket_out_of_range"
printf 'offers { ids: 5 }' | encode GossipRequest > "$out/ids_without_times"
printf '\377\377\377\377' > "$out/rubbish"
