#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the certificates of this folder anew: an authority with a neuron of 127.0.0.1, one of
# another host and one that has expired; and another authority with a neuron of its own.
# Nothing but tests trusts them; the keys are no secret.
set -e
cd "$(dirname "$0")"
mkdir ca && : > ca/index
cat > ca/conf <<CONF
[ca]
default_ca = books
[books]
database = ca/index
rand_serial = yes
new_certs_dir = ca
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
[neuron]
subjectAltName = \$ENV::HOST
CONF
export HOST=none

certificate() { # NAME END KIND ...: of 2020 to END
  name=$1 end=$2 kind=$3
  shift 3
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$name.key"
  openssl req -new -key "$name.key" -subj "/CN=$name" -out ca/request
  openssl ca -batch -notext -config ca/conf -extensions "$kind" -startdate 20200101000000Z \
    -enddate "$end" -in ca/request -out "$name.pem" "$@"
}
authority() { certificate "$1" 21200101000000Z authority -selfsign -keyfile "$1.key"; }
neuron() { # NAME AUTHORITY HOST END
  HOST=$3
  certificate "$1" "$4" neuron -cert "$2.pem" -keyfile "$2.key"
}

authority authority
authority other_authority
neuron neuron authority IP:127.0.0.1 21200101000000Z
neuron elsewhere authority DNS:elsewhere.example 21200101000000Z
neuron expired authority IP:127.0.0.1 20200201000000Z
neuron stranger other_authority IP:127.0.0.1 21200101000000Z
rm -r ca authority.key other_authority.key
