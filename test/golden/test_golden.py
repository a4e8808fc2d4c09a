"""The golden files, checked by the second implementation, and what must not open. Run: python3 -m unittest discover -s test/golden"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402
import holdfast_format as f  # noqa: E402
import open_envelope  # noqa: E402
import root_slot  # noqa: E402


def golden(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def unhex(value):
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return [unhex(item) for item in value] if isinstance(value, list) else value


def arguments(case):
    """Of open_envelope, in its order."""
    key_id = bytes.fromhex(case["keyId"].replace("-", ""))
    return [bytes.fromhex(case["material"]), case["purpose"], key_id, case["version"], f.context_bytes(case["context"]), bytes.fromhex(case["sealed"])]


ENVELOPES = golden("envelope") + golden("envelope-suite-3") + golden("stored-secrets")


class GoldenFiles(unittest.TestCase):
    def test_they_are_what_the_generator_makes(self):
        done = subprocess.run([sys.executable, HERE / "generate.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_groups_of_leaves_hold_each_leaf_after_its_length(self):
        plain, compressed = golden("leaf-group")["groups"]
        stored = bytes.fromhex(plain["stored"])
        self.assertEqual(stored[0], 0)
        at, leaves = 1, []
        while at < len(stored):
            end = at + 4 + int.from_bytes(stored[at:at + 4], "big")
            leaves.append(stored[at + 4:end].hex())
            at = end
        self.assertEqual(leaves, plain["leaves"])
        # RFC 8878, section 3.1.1: the magic number of a frame.
        self.assertEqual(compressed["stored"][:10], "01" + "28b52ffd")

    def test_the_generator_refuses_to_change_one_and_leaves_it(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in [*HERE.glob("*.py"), *HERE.glob("*.json")]:
                shutil.copy(path, folder)
            changed = pathlib.Path(folder) / "labels.json"
            text = changed.read_text().replace("a", "b", 1)
            changed.write_text(text)
            for options in ([], ["--check"]):
                done = subprocess.run([sys.executable, pathlib.Path(folder) / "generate.py", *options], capture_output=True, text=True)
                self.assertEqual(done.returncode, 1)
                self.assertIn("labels.json", done.stderr)
                self.assertEqual(changed.read_text(), text)

    def test_every_envelope_opens(self):
        for case in ENVELOPES:
            self.assertEqual(f.open_envelope(*arguments(case)).hex(), case["plaintext"])

    def test_both_suites_have_every_purpose(self):
        for suite, name in [(1, "envelope"), (3, "envelope-suite-3")]:
            seen = {(case["suite"], case["purpose"]) for case in golden(name)}
            self.assertEqual(seen, {(suite, purpose) for purpose in f.PURPOSES_1.values()})

    def test_only_suite_3_has_an_iv_of_its_own_for_each_envelope(self):
        for name, count in [("envelope", 1), ("envelope-suite-3", len(golden("envelope-suite-3")))]:
            ivs = {f._derive(f.SUITES[case["suite"]], given[0], given[5][:55], given[4])[2]
                   for case in golden(name) for given in [arguments(case)]}
            self.assertEqual(len(ivs), count, name)

    def test_only_the_commitment_refuses_what_is_right_in_everything_else(self):
        for case in golden("envelope-refused"):
            given = arguments(case)
            with self.assertRaises(f.Invalid):
                f.open_envelope(*given)
            suite, sealed = f.SUITES[case["suite"]], given[5]
            key, commitment, iv = f._derive(suite, given[0], sealed[:f.DERIVED_FROM], given[4])
            decryptor = f.Cipher(suite["cipher"](key), f.modes.GCM(iv, sealed[-f.TAG:])).decryptor()
            decryptor.authenticate_additional_data(sealed[:f.HEADER] + given[4])
            decryptor.update(sealed[f.HEADER:-f.TAG]) + decryptor.finalize()
            self.assertNotEqual(commitment, sealed[f.DERIVED_FROM:f.HEADER])

    def test_suite_2_is_no_suite(self):
        for case in golden("envelope-suite-3"):
            given = arguments(case)
            with self.assertRaises(f.Invalid):
                f.open_envelope(*given[:5], given[5][:1] + bytes([2]) + given[5][2:])

    def test_contexts(self):
        for case in golden("context")["encodings"] + golden("edges")["contexts"]:
            for pairs in (case["pairs"], case["pairs"][::-1]):
                self.assertEqual(f.context_bytes(pairs).hex(), case["bytes"], case["name"])
        for case in golden("context")["refused"] + golden("edges")["refusedContexts"]:
            with self.assertRaises(ValueError, msg=case["name"]):
                f.context_bytes(case["pairs"])

    def test_refused_values(self):
        for value in golden("edges")["refusedValues"]:
            with self.assertRaises(ValueError, msg=repr(value)):
                f.canonical(value)

    def test_booleans_are_integers(self):
        self.assertEqual([f.canonical(False), f.canonical(True)], [f.canonical(0), f.canonical(1)])

    def test_ties(self):
        for case in golden("edges")["ties"]:
            tied = case["keyId"], case["spec"], bytes.fromhex(case["material"])
            self.assertEqual(f.association(bytes.fromhex(case["key"]), *tied).hex(), case["association"])
            self.assertEqual(f.check_value(*tied), case["checkValue"])

    def test_no_two_labels_are_equal_or_prefix_one_another_once_ended(self):
        labels = [bytes.fromhex(label) + b"\0" for label in golden("labels")["labels"].values()]
        for one in labels:
            self.assertEqual([other for other in labels if other.startswith(one)], [one])


class Refusals(unittest.TestCase):
    def refuses(self, changed):
        with self.assertRaises(f.Invalid) as caught:
            f.open_envelope(*changed)
        self.assertEqual(caught.exception.args, (), "the error says nothing more")

    def each(self):
        seen = {}
        for case in ENVELOPES:
            seen.setdefault((case["suite"], case["purpose"], len(case["sealed"]) > 4000), case)
        return seen.values()

    def test_every_flipped_bit_of_header_body_and_tag(self):
        for case in self.each():
            given = arguments(case)
            sealed = given[5]
            places = [*range(min(len(sealed), 130)), *range(len(sealed) - 16, len(sealed))]
            for at in places:
                for bit in (1, 128):
                    self.refuses([*given[:5], sealed[:at] + bytes([sealed[at] ^ bit]) + sealed[at + 1:]])

    def test_a_flipped_header_byte_even_when_the_header_is_believed(self):
        for case in self.each():
            material, _, _, _, context, sealed = arguments(case)
            for at in range(f.HEADER):
                bad = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:]
                self.refuses([material, bad[2], bad[3:19], int.from_bytes(bad[19:23], "big"), context, bad])

    def test_any_other_key_purpose_version_or_context(self):
        for case in self.each():
            given = arguments(case)
            for n, other in [
                (0, hashlib.sha512(given[0]).digest()[: len(given[0])]), (0, given[0] + b"\0"), (0, b""),
                *[(1, purpose) for purpose in [0, 4, 255, *f.PURPOSES.values()] if purpose != given[1]],
                (2, bytes(16)), (2, given[2][:15]), (3, given[3] + 1), (3, 0),
                (4, f.context_bytes([*case["context"], ["more", ""]])), (4, b""), (4, given[4] + b"\0"),
            ]:
                self.refuses([*given[:n], other, *given[n + 1:]])

    def test_cut_short_or_lengthened(self):
        for case in self.each():
            given = arguments(case)
            sealed = given[5]
            for length in [0, 1, 54, 55, 86, 87, 102, len(sealed) - 1]:
                self.refuses([*given[:5], sealed[:length]])
            self.refuses([*given[:5], sealed + b"\0"])
            self.refuses([*given[:5], b"\0" + sealed])

    def test_a_perfect_tag_does_not_make_up_for_a_broken_rule(self):
        # Made by one who holds the material: key, AAD and tag are right for the header as it stands. Each breaks one rule alone.
        for number, suite in f.SUITES.items():
            material, key_id, context = b"m" * suite["material"], b"k" * 16, f.context_bytes([])

            def made(first, commit=lambda commitment: commitment):
                head = first + key_id + f.u32(1) + bytes(32)
                key, commitment, iv = f._derive(suite, material, head, context)
                head += commit(commitment)
                gcm = Cipher(suite["cipher"](key), modes.GCM(iv)).encryptor()
                gcm.authenticate_additional_data(head + context)
                return head + gcm.update(b"x") + gcm.finalize() + gcm.tag

            given = [material, 1, key_id, 1, context]
            self.assertEqual(f.open_envelope(*given, made(bytes([1, number, 1]))), b"x")
            for at in range(32):
                flipped = made(bytes([1, number, 1]), lambda c: c[:at] + bytes([c[at] ^ 1]) + c[at + 1:])
                self.refuses([*given, flipped])
            self.refuses([*given, made(bytes([0, number, 1]))])
            self.refuses([*given, made(bytes([2, number, 1]))])
            self.refuses([*given, made(bytes([1, number, 2]))])
            self.refuses([material, 4, key_id, 1, context, made(bytes([1, number, 4]))])
            self.refuses([material, 1, b"K" * 16, 1, context, made(bytes([1, number, 1]))])
            self.refuses([material, 1, key_id, 2, context, made(bytes([1, number, 1]))])

    def test_material_of_another_length_is_refused_though_hmac_would_take_it(self):
        # HMAC pads a key with zeros, so material and material || 00 derive the same keys.
        for case in self.each():
            given = arguments(case)
            self.refuses([given[0] + b"\0", *given[1:]])

    def test_the_command_line_says_one_thing(self):
        case = dict(ENVELOPES[0], context=None)
        self.assertEqual(open_envelope.answer(case), {"plaintext": case["plaintext"]})
        for change in ({"purpose": 2}, {"version": 9}, {"context": [["a", "b"]]}, {"context": [["a", "1"], ["a", "2"]]}, {"sealed": ""}):
            self.assertEqual(open_envelope.answer({**case, **change}), {"error": "invalid"})
        lines = "".join(json.dumps(one) + "\n" for one in [case, {**case, "version": 9}])
        done = subprocess.run([sys.executable, HERE / "open_envelope.py"], input=lines, capture_output=True, text=True, check=True)
        self.assertEqual([json.loads(line) for line in done.stdout.splitlines()], [{"plaintext": case["plaintext"]}, {"error": "invalid"}])


class Trees(unittest.TestCase):
    # Leaves and roots of the test tree of Certificate Transparency (github.com/google/certificate-transparency, merkletree tests).
    LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]

    def test_roots_of_certificate_transparency(self):
        leaves = [f.leaf_hash(bytes.fromhex(leaf)) for leaf in self.LEAVES]
        self.assertEqual(f.tree_root([]).hex(), hashlib.sha256(b"").hexdigest())
        self.assertEqual(f.tree_root(leaves[:1]).hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        self.assertEqual(f.tree_root(leaves).hex(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")

    def test_the_frontier_folds_into_the_root(self):
        for tree in golden("audit-leaf")["trees"]:
            self.assertEqual(len(tree["frontier"]), tree["size"].bit_count())
            if tree["frontier"]:
                root, *others = [bytes.fromhex(one) for one in tree["frontier"][::-1]]
                for left in others:
                    root = hashlib.sha256(b"\x01" + left + root).digest()
                self.assertEqual(root.hex(), tree["root"])


class LogHeads(unittest.TestCase):
    def test_a_head_is_never_mistaken_for_a_record(self):
        for one in golden("log-head")["heads"]:
            leaf = bytes.fromhex(one["leaf"])
            self.assertEqual(f.leaf_hash(leaf).hex(), one["hash"])
            self.assertIn(b"\x02\x00\x00\x00\x14holdfast/v1/log-head\x02", leaf)
            for record in golden("audit-leaf")["records"]:
                self.assertNotEqual(leaf[:32], bytes.fromhex(record["leaf"])[:32])


class RootSlots(unittest.TestCase):
    def test_derive_key_pair_as_rfc_9180_has_it(self):
        # RFC 9180 appendix A.1.1: ikmE and skEm.
        ikm = bytes.fromhex("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234")
        self.assertEqual(root_slot.derive_private_key(ikm).hex(), "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")

    def test_the_golden_slot_opens_with_its_key_and_place_alone(self):
        sealed = golden("root-slot")["sealed"]
        private, encapsulated, body, info = (bytes.fromhex(sealed[name]) for name in ("privateKey", "encapsulatedKey", "sealedRoot", "info"))
        self.assertEqual(root_slot.open_slot(private, encapsulated, body, info).hex(), sealed["rootKey"])
        other = bytes.fromhex(golden("root-slot")["infos"][1]["info"])
        for changed in [(private[::-1], encapsulated, body, info), (private, encapsulated, body, other), (private, encapsulated, body[::-1], info)]:
            with self.assertRaises(InvalidTag):
                root_slot.open_slot(*changed)

    def test_it_opens_what_another_hpke_seals(self):
        try:
            from cryptography.hazmat.primitives import hpke
        except ImportError:
            self.skipTest("this release of cryptography has no HPKE")
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
        key, info = X25519PrivateKey.generate(), root_slot.slot_info("00" * 16, generate.SLOT_ID, "file", 1)
        sealed = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM).encrypt(bytes(32), key.public_key(), info)
        self.assertEqual(root_slot.open_slot(key.private_bytes_raw(), sealed[:32], sealed[32:], info), bytes(32))


class Standards(unittest.TestCase):
    def test_derivation_is_the_counter_mode_of_sp_800_108r1(self):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
        for case in ENVELOPES:
            material, _, _, _, context, sealed = arguments(case)
            suite, algorithm = f.SUITES[case["suite"]], {1: hashes.SHA512, 3: hashes.SM3}[case["suite"]]()
            derived = KBKDFHMAC(
                algorithm=algorithm, mode=Mode.CounterMode, length=suite["bits"] // 8, rlen=4, llen=4, location=CounterLocation.BeforeFixed,
                label=b"holdfast/v1/envelope", context=sealed[:55] + suite["hash"](context), fixed=None,
            ).derive(material)
            self.assertEqual(derived[suite["key"]: suite["key"] + 32], sealed[55:87])


if __name__ == "__main__":
    unittest.main()
