"""A row for each of the 75 operations: the name in the SDK; fields of a valid call and what its answer must be, or the refusal that
docs/huawei-api.md names; fields of an invalid call and the documented status and code. Rows run in this order, and later ones build on what
earlier ones left in `s`."""

import hashlib

from given import EC, KEY_SPACE, MAC, MESSAGE, OAEP, PLAIN_KEY, UNKNOWN, USER, damaged, derive, imported, keep


def in_a_foreign_project():
    """Marks the invalid call of an operation without a field that could be wrong: the same call, to a project that is not the caller's."""


FOREIGN = (in_a_foreign_project, "403 KMS.0321")


def rows(s):
    text = {"plain_text": "päper ☂", "additional_authenticated_data": "orders"}
    aad = {"additional_authenticated_data": "orders"}

    def of(name, /, **fields):
        return lambda: {"key_id": getattr(s, name, name), **fields}

    def info(name):
        return s.call("list_key_detail", key_id=getattr(s, name)).key_info

    def rotation():
        return s.call("show_key_rotation_status", key_id=s.aes)

    def tags():
        return {tag.key: tag.value for tag in s.call("show_kms_tags", key_id=s.aes).tags}

    def grant():
        return {"key_id": s.aes, "grantee_principal": USER, "operations": ["encrypt-data"]}

    def refused_by(code, **fields):
        return (lambda: fields, code)

    unknown, no_such_key = of(UNKNOWN), "404 KMS.0207"
    access_point = {"access_point_id": KEY_SPACE}
    policy = {"policy_id": KEY_SPACE}
    store = {"keystore_id": KEY_SPACE}

    keys = [
        (
            "create_key",
            (lambda: {"key_alias": "python"}, lambda a: len(a.key_info.key_id) == 36),
            (lambda: {"key_alias": "a b"}, "400 KMS.1101"),
        ),
        ("list_key_detail", (of("aes"), lambda a: a.key_info.key_alias == "aes"), (unknown, no_such_key)),
        (
            "list_keys",
            (lambda: {"limit": "3", "key_spec": "ALL"}, lambda a: len(a.keys) == 3),
            (lambda: {"limit": "0"}, "400 KMS.1601"),
        ),
        ("enable_key", (of("disabled"), lambda a: a.key_info.key_state == "2"), (of("aes"), "400 KMS.1201")),
        ("disable_key", (of("disabled"), lambda a: a.key_info.key_state == "3"), (of("disabled"), "400 KMS.1301")),
        (
            "update_key_alias",
            (of("other", key_alias="renamed"), lambda a: info("other").key_alias == "renamed"),
            (of("other", key_alias="aes"), "400 KMS.1104"),
        ),
        (
            "update_key_description",
            (of("aes", key_description="ours"), lambda a: info("aes").key_description == "ours"),
            (of("aes", key_description="a" * 256), "400 KMS.1103"),
        ),
        (
            "delete_key",
            (of("going", pending_days="7"), lambda a: a.key_state == "4"),
            (of("aes", pending_days="6"), "400 KMS.1401"),
        ),
        ("cancel_key_deletion", (of("going"), lambda a: info("going").key_state == "3"), (of("aes"), "400 KMS.1501")),
        ("show_user_quotas", (dict, lambda a: a.quotas.resources[0].type == "CMK"), FOREIGN),
        ("show_user_instances", (dict, lambda a: a.instance_num >= 7), FOREIGN),
        ("show_public_key", (of("pair"), lambda a: "BEGIN PUBLIC KEY" in a.public_key), (of("aes"), "400 KMS.0331")),
    ]
    data = [
        ("encrypt_data", (of("aes", **text), keep(s, ciphertext="cipher_text")), (of("aes", plain_text=""), "400 KMS.2101")),
        (
            "decrypt_data",
            (lambda: {"cipher_text": s.ciphertext, **aad}, lambda a: a.plain_text == text["plain_text"] and a.key_id == s.aes),
            (lambda: {"cipher_text": damaged(s.ciphertext), **aad}, "400 KMS.2201"),
        ),
        (
            "re_encrypt",
            (
                lambda: {
                    "cipher_text": s.ciphertext,
                    "source_additional_authenticated_data": "orders",
                    "destination_key_id": s.other,
                },
                lambda a: s.call("decrypt_data", cipher_text=a.cipher_text).plain_text == text["plain_text"],
            ),
            (lambda: {"cipher_text": s.ciphertext, "destination_key_id": s.other}, "400 KMS.2201"),
        ),
        (
            "create_datakey",
            (of("aes", datakey_length="256"), lambda a: len(a.plain_text) == 64),
            (of("aes", key_spec="DES"), "400 KMS.1902"),
        ),
        (
            "create_datakey_without_plaintext",
            (of("aes"), keep(s, wrapped="cipher_text")),
            (of("aes", datakey_length="9"), "400 KMS.1903"),
        ),
        (
            "encrypt_datakey",
            (
                of("aes", plain_text=(PLAIN_KEY + hashlib.sha256(PLAIN_KEY).digest()).hex(), datakey_plain_length="64"),
                keep(s, wrapped="cipher_text"),
            ),
            (of("aes", plain_text=(PLAIN_KEY + bytes(32)).hex(), datakey_plain_length="64"), "400 KMS.2103"),
        ),
        (
            "decrypt_datakey",
            (
                lambda: {"key_id": s.aes, "cipher_text": s.wrapped, "datakey_cipher_length": "64"},
                lambda a: a.data_key == PLAIN_KEY.hex(),
            ),
            (lambda: {"key_id": s.aes, "cipher_text": s.wrapped, "datakey_cipher_length": "0"}, "400 KMS.2202"),
        ),
        (
            "create_rsa_datakey_pair",
            (of("aes", key_spec="RSA_2048"), lambda a: a.public_key and a.private_key_cipher_text),
            (of("mac", key_spec="RSA_2048"), "400 KMS.0341"),
        ),
        (
            "create_ec_datakey_pair",
            (of("aes", key_spec="ECC_NIST_P256"), lambda a: a.public_key and a.private_key_cipher_text),
            (of("pair", key_spec="ECC_NIST_P256"), "400 KMS.0325"),
        ),
        (
            "create_random",
            (lambda: {"random_data_length": "512"}, lambda a: len(a.random_data) == 128),
            (lambda: {"random_data_length": "513"}, "400 KMS.1802"),
        ),
        ("sign", (of("pair", **EC), keep(s, signature="signature")), (of("pair", **{**EC, "message": MESSAGE}), "400 KMS.0329")),
        (
            "validate_signature",
            (lambda: {"key_id": s.pair, "signature": s.signature, **EC}, lambda a: a.signature_valid == "true"),
            (lambda: {"key_id": s.aes, "signature": s.signature, **EC}, "400 KMS.1115"),
        ),
        ("generate_mac", (of("mac", **MAC), keep(s, code="mac")), (of("aes", **MAC), "400 KMS.0331")),
        (
            "verify_mac",
            (lambda: {"key_id": s.mac, "mac": s.code, **MAC}, lambda a: a.mac_valid is True),
            (of("mac", mac="zz", **MAC), "400 KMS.0308"),
        ),
        (
            "derive_shared_secret",
            (lambda: derive(s), lambda a: a.shared_secret == s.secret),
            (of("aes", key_agreement_algorithm="ECDH", public_key="AAAA"), "400 KMS.0331"),
        ),
    ]
    life = [
        (
            "create_parameters_for_import",
            (of("external", **OAEP), lambda a: a.import_token and a.public_key),
            (of("aes", **OAEP), "400 KMS.0309"),
        ),
        (
            "import_key_material",
            (lambda: imported(s), lambda a: info("external").key_state == "2"),
            (of("external", import_token="A" * 216, encrypted_key_material="AAAA"), "400 KMS.2605"),
        ),
        ("rotate_on_demand", (of("aes"), lambda a: rotation().number_of_rotations == 1), (of("external"), "400 KMS.0312")),
        ("enable_key_rotation", (of("aes"), lambda a: rotation().rotation_interval == 365), (of("external"), "400 KMS.0312")),
        (
            "update_key_rotation_interval",
            (of("aes", rotation_interval=30), lambda a: rotation().rotation_interval == 30),
            (of("aes", rotation_interval=29), "400 KMS.3001"),
        ),
        (
            "show_key_rotation_status",
            (of("aes"), lambda a: a.key_rotation_enabled is True and a.rotation_interval == 30 and a.number_of_rotations == 1),
            (unknown, no_such_key),
        ),
        ("disable_key_rotation", (of("aes"), lambda a: rotation().key_rotation_enabled is False), (of("aes"), "400 KMS.0313")),
        (
            "delete_imported_key_material",
            (of("external"), lambda a: info("external").key_state == "5"),
            (of("aes"), "400 KMS.0309"),
        ),
    ]
    names = [
        (
            "create_kms_tag",
            (of("aes", tag={"key": "team", "value": "a/b c"}), lambda a: tags() == {"team": "a/b c"}),
            (of("aes", tag={"key": "a*b", "value": ""}), "400 KMS.0406"),
        ),
        (
            "batch_create_kms_tags",
            (
                of("aes", action="create", tags=[{"key": "stage/a b", "value": "live"}]),
                lambda a: tags() == {"team": "a/b c", "stage/a b": "live"},
            ),
            (of("aes", action="create", tags=[]), "400 KMS.0401"),
        ),
        ("show_kms_tags", (of("aes"), lambda a: a.exist_tags_num == len(a.tags) == 2), (unknown, no_such_key)),
        ("list_kms_tags", (dict, lambda a: {tag.key for tag in a.tags} == {"team", "stage/a b"}), FOREIGN),
        (
            "list_kms_by_tags",
            (
                lambda: {
                    "resource_instances": "resource_instances",
                    "action": "filter",
                    "tags": [{"key": "team", "values": ["a/b c"]}],
                },
                lambda a: a.total_count == 1 and a.resources[0].resource_id == s.aes,
            ),
            (lambda: {"resource_instances": "resource_instances", "action": "filter", "limit": "0"}, "400 KMS.1601"),
        ),
        (
            "delete_tag",
            (of("aes", key="stage/a b"), lambda a: tags() == {"team": "a/b c"}),
            (of("aes", key="stage/a b"), "404 KMS.0416"),
        ),
        (
            "create_alias",
            (of("aes", alias="alias/anvils"), lambda a: a.key_id == s.aes),
            (of("aes", alias="anvils"), "400 KMS.1101"),
        ),
        (
            "associate_alias",
            (lambda: {"alias": "alias/anvils", "target_key_id": s.other}, lambda a: a.key_id == s.other),
            (lambda: {"alias": "alias/none", "target_key_id": s.other}, "400 KMS.1101"),
        ),
        ("list_aliases", (of("other"), lambda a: "alias/anvils" in str(a)), (lambda: {"limit": "0"}, "400 KMS.1601")),
        (
            "delete_alias",
            (of("other", aliases=["alias/anvils"]), lambda a: "alias/anvils" not in str(s.call("list_aliases", key_id=s.other))),
            (of("other", aliases=["alias/anvils"]), "400 KMS.1101"),
        ),
    ]
    grants = [
        ("create_grant", (grant, keep(s, grant="grant_id")), (lambda: {**grant(), "operations": []}, "400 KMS.2401")),
        (
            "list_grants",
            (of("aes"), lambda a: [one.grant_id for one in a.grants] == [s.grant]),
            (of("aes", limit="0"), "400 KMS.1601"),
        ),
        ("list_retirable_grants", (dict, lambda a: a.total == 0 and a.grants == []), (lambda: {"limit": "0"}, "400 KMS.1601")),
        (
            "cancel_grant",
            (lambda: {"key_id": s.aes, "grant_id": s.grant}, lambda a: s.call("list_grants", key_id=s.aes).grants == []),
            (of("aes", grant_id="0" * 64), "400 KMS.2501"),
        ),
        (
            "cancel_self_grant",
            (
                lambda: {"key_id": s.aes, "grant_id": s.call("create_grant", **grant()).grant_id},
                lambda a: s.call("list_grants", key_id=s.aes).grants == [],
            ),
            (of("aes", grant_id="0" * 64), "400 KMS.2501"),
        ),
    ]
    deployment = [
        ("show_versions", (dict, lambda a: [version.id for version in a.versions] == ["v1.0", "v3.6"]), None),
        (
            "show_version",
            (lambda: {"version_id": "v1.0"}, lambda a: a.version["id"] == "v1.0"),
            (lambda: {"version_id": "v9"}, "400 KMS.0201"),
        ),
        ("list_support_regions", (dict, lambda a: len(a.regions) == 1), (lambda: {"limit": 0}, "400 KMS.1601")),
        ("list_key_stores", (dict, lambda a: a.total == 0 and a.keystores == []), (lambda: {"limit": 0}, "400 KMS.1601")),
    ]
    # What a deployment does not have answers its documented refusal, to callers of the project.
    none = [
        ("create_key_store", refused_by("400 KMS.0340", keystore_alias="hsm", hsm_cluster_id="c", hsm_ca_cert="x")),
        ("show_key_store", refused_by("400 KMS.0340", **store)),
        ("enable_key_store", refused_by("400 KMS.0340", **store)),
        ("disable_key_store", refused_by("400 KMS.0340", **store)),
        ("delete_key_store", refused_by("400 KMS.0340", **store)),
        ("create_pin", refused_by("400 KMS.0340", pin_type="CipherText")),
        ("create_access_point", refused_by("400 KMS.0201", keyspace_id=KEY_SPACE, access_point_name="a", type=1)),
        ("list_access_point", refused_by("400 KMS.0201", keyspace_id=KEY_SPACE)),
        ("enable_access_point", refused_by("400 KMS.0201", **access_point)),
        ("disable_access_point", refused_by("400 KMS.0201", **access_point)),
        ("download_access_point_private_key", refused_by("400 KMS.0201", **access_point)),
        ("delete_access_point", refused_by("400 KMS.0201", **access_point)),
        ("create_key_policy", refused_by("400 KMS.0201", keyspace_id=KEY_SPACE, policy_name="p", policy="{}")),
        ("list_key_policy", refused_by("400 KMS.0201", keyspace_id=KEY_SPACE)),
        ("show_key_policy", refused_by("400 KMS.0201", **policy)),
        ("update_key_policy", refused_by("400 KMS.0201", policy="{}", **policy)),
        ("delete_key_policy", refused_by("400 KMS.0201", **policy)),
        ("create_datakey_capsule", refused_by("400 KMS.0201", key_id=UNKNOWN, datakey_length="256")),
        ("decrypt_datakey_capsule", refused_by("400 KMS.0201", key_id=UNKNOWN, datakey_capsule="x", attestation_document={})),
        ("replicate_key", refused_by("400 KMS.3801", key_id=s.aes, replica_region="r", key_alias="a", replica_project_id="p")),
        ("update_primary_region", refused_by("400 KMS.3801", key_id=s.aes, primary_region="r")),
    ]
    return keys + data + life + names + grants + deployment + [(operation, refused, FOREIGN) for operation, refused in none]
