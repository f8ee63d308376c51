# SPDX-License-Identifier: MIT
"""chain_outside_test's other side: PyPI's async-substrate-interface and bittensor-wallet.
ENDPOINT write URI: registers //Bob's hotkey URI and announces it at 127.0.0.9:77.
ENDPOINT read ADDRESS...: what is known of hotkeys, as JSON."""

import json
import sys

from async_substrate_interface.sync_substrate import SubstrateInterface
from bittensor_wallet import Keypair

NETUID = 1
PALLET = "SubtensorModule"


def plain(value):
    return getattr(value, "value", value)


def submit(chain, keypair, name, arguments):
    call = chain.compose_call(PALLET, name, arguments)
    nonce = plain(chain.query("System", "Account", [keypair.ss58_address]))["nonce"]
    receipt = chain.submit_extrinsic(
        chain.create_signed_extrinsic(call=call, keypair=keypair, nonce=nonce),
        wait_for_inclusion=True)
    assert receipt.is_success, receipt.error_message


def write(chain, uri):
    owner, hotkey = Keypair.create_from_uri("//Bob"), Keypair.create_from_uri(uri)
    submit(chain, owner, "burned_register", {"netuid": NETUID, "hotkey": hotkey.ss58_address})
    submit(chain, hotkey, "serve_axon", {
        "netuid": NETUID, "version": 1, "ip": int.from_bytes(bytes([127, 0, 0, 9]), "big"),
        "port": 77, "ip_type": 4, "protocol": 4, "placeholder1": 0, "placeholder2": 0})
    return hotkey.ss58_address


def read(chain, hotkey):
    def query(item, *keys):
        return plain(chain.query(PALLET, item, list(keys)))
    uid = query("Uids", NETUID, hotkey)
    axon = query("Axons", NETUID, hotkey)
    return {"uid": uid, "hotkey": query("Keys", NETUID, uid), "ip": axon["ip"], "port": axon["port"],
            "owner": query("Owner", hotkey),
            "weights": [list(pair) for pair in query("Weights", NETUID, uid)]}


def main():
    endpoint, what, *rest = sys.argv[1:]
    with SubstrateInterface(endpoint, ss58_format=42) as chain:
        print(json.dumps(write(chain, rest[0]) if what == "write" else
                         [read(chain, hotkey) for hotkey in rest]))


main()
