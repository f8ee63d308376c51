# SPDX-License-Identifier: MIT
"""What a user or a machine can do wrong: each gets a message that names the thing. What is wrong with
options is in config_test and command_test."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import threading

from programs import DATA, MNIST, PATIENCE, ProgramTest


def listening_socket():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


SHORT = ("--steps", "8", "--test_images", "100")


class CannotGoOn(ProgramTest):
    def assert_fails(self, neuron, *words):
        self.assertGreater(neuron.finish(), 0, "a message, not a crash")
        for word in words:
            self.assertIn(word, neuron.stderr())

    def test_axon_port_in_use(self):
        with listening_socket() as server:
            port = str(server.getsockname()[1])
            self.assert_fails(self.neuron("a", "--axon_port", port), port)

    def test_metagraph_port_in_use(self):
        with listening_socket() as server:
            port = str(server.getsockname()[1])
            self.assert_fails(self.neuron("a", "--metagraph_port", port), port)

    def test_bootstrap_that_is_no_address(self):
        self.assert_fails(self.neuron("a", "--bootstrap", "not an address"), "not an address")

    def test_data_folder_missing(self):
        self.assert_fails(self.neuron("a", data="/no/such/folder"), "/no/such/folder")

    def test_data_file_cut_short(self):
        data = self.folder / "data"
        shutil.copytree(DATA, data)
        os.chmod(data, 0o755)
        for file in data.glob("train-images*"):
            os.chmod(file, 0o644)
            os.truncate(file, 1000)
        self.assert_fails(self.neuron("a", data=data), "train-images")

    def test_device_that_is_not_there(self):
        self.assert_fails(self.neuron("a", "--device", "cuda:7"), "cuda:7")
        self.assert_fails(self.neuron("b", "--device", "toaster"), "toaster")

    def test_key_that_others_can_read(self):
        key = self.folder / "a" / "neuron.key"
        self.neuron("a", "--epochs", "0").finish()
        os.chmod(key, 0o644)
        self.assert_fails(self.neuron("a"), "neuron.key")

    def test_damaged_key(self):
        key = self.folder / "a" / "neuron.key"
        key.parent.mkdir()
        key.write_text("rubbish")
        os.chmod(key, 0o600)
        self.assert_fails(self.neuron("a"), "neuron.key")

    def test_checkpoint_missing_or_damaged(self):
        self.assert_fails(self.neuron("a", "--load_model", "/no/such/model.pt"), "/no/such/model.pt")
        damaged = self.folder / "damaged.pt"
        damaged.write_bytes(b"PK\x03\x04 rubbish" * 100)
        self.assert_fails(self.neuron("b", "--load_model", damaged), "damaged.pt")

    def test_key_that_another_neuron_uses(self):
        first = self.neuron("a", "--epochs", "100000")
        first.wait_for("started")
        self.assert_fails(self.neuron("a"), "in use by another neuron", "--neuron_key")

    def test_loss_that_is_not_finite(self):
        self.assert_fails(self.neuron("a", "--learning_rate", "1e9"), "--learning_rate")

    def test_report_that_cannot_be_written(self):
        self.assert_fails(self.neuron("a", "--report", "/dev/null/r.json"), "/dev/null/r.json")


class GoesOn(ProgramTest):
    def test_bootstrap_where_nobody_is(self):
        neuron = self.neuron("a", *SHORT, "--bootstrap", "127.0.0.1:1")
        self.assertEqual(neuron.finish(), 0, neuron.stderr())
        self.assertEqual(neuron.stderr().count("bootstrap 127.0.0.1:1 does not answer"), 1)

    def test_bootstrap_that_speaks_something_else(self):
        server = listening_socket()
        self.addCleanup(server.close)

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                    connection.sendall(b"220 mail.example.com ESMTP\r\n")
                    connection.close()
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        address = "127.0.0.1:%d" % server.getsockname()[1]
        neuron = self.neuron("a", *SHORT, "--bootstrap", address)
        self.assertEqual(neuron.finish(), 0, neuron.stderr())
        self.assertIn(f"bootstrap {address} does not answer", neuron.stderr())

    # Training goes on without the checkpoint; the status says that it is not there.
    def test_disk_full_while_saving(self):
        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        neuron = self.neuron("a", *SHORT, preexec_fn=small_files_only)
        neuron.wait_for("report")
        self.assertGreater(neuron.finish(), 0)
        self.assertIn("neuron.pt", neuron.stderr())
        self.assertFalse((self.folder / "a" / "neuron.pt").exists())

    # What the system makes of a broken disk. Only root may mount one.
    def test_disk_that_becomes_read_only(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", disk]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("cannot mount a disk")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        neuron = self.neuron("a", "--epochs", "100000", "--save_interval", "0.1",
                             "--neuron_key", disk / "neuron.key")
        neuron.wait_for("saved")
        # Fails while a file is open to be written: between two checkpoints it succeeds.
        read_only = ["mount", "-o", "remount,ro", disk]
        while subprocess.run(read_only, capture_output=True).returncode != 0:
            pass
        while "is not saved" not in neuron.stderr():
            neuron.wait_for("step")
        self.assertIn("neuron.last.pt is not saved", neuron.stderr())
        self.assertIn("Read-only file system", neuron.stderr())
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        neuron.wait_for("saved")
        self.assertIn("is saved again", neuron.stderr())

    def test_sigterm_ends_training_soon(self):
        neuron = self.neuron("a", "--epochs", "100000")
        neuron.wait_for("step")
        neuron.process.send_signal(signal.SIGTERM)
        neuron.process.wait(timeout=PATIENCE)

    def test_help_is_worth_reading(self):
        text = subprocess.run([MNIST, "--help"], capture_output=True, text=True, check=True).stdout
        for option in ("--bootstrap", "--neuron_key", "--load_model", "BITTENSOR_AXON_PORT"):
            self.assertIn(option, text)
