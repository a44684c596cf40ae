"""With row-level security off, the API's own look-ups still start from the key's provider: the second lock holds alone."""

import re

from tests.api.client import client_of
from tests.api.table import NO_IDS, TABLE
from tests.api.test_who_may_what import asked, operations, targets
from tests.walks.stage import FOREIGN
from tests.walks.staged import undone
from tests.walks.test_every_address import no_row_level_security  # noqa: F401 - a fixture


def test_what_is_foreign_is_unknown_and_stands_in_no_list(no_row_level_security, the_stage):  # noqa: F811
    stage = the_stage
    client, foreign = client_of(stage.northwind), stage.of(stage.bluefin)
    for name in TABLE:
        _, path, _ = operations()[name]
        with undone():
            own = asked(client, name, targets(stage, name), stage.acme.pk)
        assert own.status_code < 300, name
        text = b"".join(own.streaming_content if own.streaming else [own.content]).decode(errors="replace").lower()
        assert not [
            word for word in (*FOREIGN, *(str(known) for part, known in foreign.items() if part not in NO_IDS)) if word in text
        ], name
        for part in set(re.findall(r"{(\w+)}", path)) - NO_IDS:
            with undone():
                answer = asked(client, name, {**targets(stage, name), part: foreign[part]}, stage.acme.pk)
            assert answer.status_code == 404, (name, part)
