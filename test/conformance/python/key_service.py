"""Key service within the process of the tests: a plug-in of pytest.

The tests of oss2 that encrypt do so with a key of their own or one of a key service, at random. That service is
none of Granary's, and what a server sees of it is opaque metadata: here keys are wrapped in plain sight, for those
who are given the right access key, region and context.
"""

import base64
import json
import os

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

DATA_KEY_BYTES = 32

send_to_the_cloud = AcsClient.do_action_with_exception


def answer(client, request):
    if request.get_product() != "Kms":
        return send_to_the_cloud(client, request)
    if (client.get_access_key(), client.get_access_secret()) != (
        os.environ["OSS_TEST_ACCESS_KEY_ID"],
        os.environ["OSS_TEST_ACCESS_KEY_SECRET"],
    ):
        raise ServerException("InvalidAccessKeyId", "The access key is not known.", 404)
    asked = request.get_query_params()
    seal = [client.get_region_id(), asked.get("EncryptionContext") or ""]
    actions = {"GenerateDataKey": make_key, "Encrypt": wrap, "Decrypt": unwrap}
    return json.dumps(actions[request.get_action_name()](asked, seal))


def make_key(_asked, seal):
    key = base64.b64encode(os.urandom(DATA_KEY_BYTES)).decode()
    return {"Plaintext": key, **wrap({"Plaintext": key}, seal)}


def wrap(asked, seal):
    text = json.dumps([seal, asked["Plaintext"]])
    return {"CiphertextBlob": base64.b64encode(text.encode()).decode()}


def unwrap(asked, seal):
    try:
        wrapped_with, plaintext = json.loads(base64.b64decode(asked["CiphertextBlob"]))
    except ValueError:
        wrapped_with, plaintext = None, None
    if wrapped_with != seal:
        raise ServerException("InvalidCiphertext", "The text was not encrypted here.", 400)
    return {"Plaintext": plaintext}


AcsClient.do_action_with_exception = answer
