"""Every way to gain a seat, each as one try that is made ready before the race and told by what it came to: `IN`, `REFUSED` by the gate, or
whatever else was answered, which no test expects."""

import http.client
import re
from dataclasses import dataclass
from io import StringIO
from itertools import count
from urllib.parse import urlencode, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Operator
from tests import raw
from tests.api.live import LiveClient, live_client_of
from tests.cast import Msp, person, sign_in, user
from tests.cast import client as new_house
from usage.actions.imports import confirm_import, start_import
from usage.actions.users import take_away
from usage.models import RemovedUser
from usage.tasks import work_imports

IN, REFUSED = "in", "refused"
WORDS = re.compile(r"(All \d seats are|The one seat is) taken\. Nobody was added\.")
WORDS_OF_THE_API = re.compile("This organization has reached its user limit")
TOKEN = "a" * 32
numbers = count(1)


@dataclass(frozen=True)
class Browser:
    """Posts forms to a live site as someone who is signed in."""

    url: str
    site: str
    session: str

    def post(self, path, fields=()):
        """Status and body of the answer; a redirect is not followed."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        headers = {
            "Cookie": f"{self.site}-session={self.session}; {self.site}-csrf={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", path, urlencode(fields), headers)
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found


def browser_of(live_portal, administrator):
    """The browser of an administrator at the portal."""
    return Browser(live_portal.url, "portal", sign_in(Client(), administrator).session.session_key)


def browser_of_an_operator(live_operators):
    """The browser of one of the vendor's staff at the console."""
    operator, client = Operator.objects.create(person=person("olive@portal.example")), Client()
    client.force_login(operator.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return Browser(live_operators.url, "operators", client.session.session_key)


@dataclass(frozen=True)
class Stage:
    """Who comes by which door; the neighbours are the client that users move from."""

    msp: Msp
    portal: Browser
    console: Browser
    api: LiveClient
    sql: list  # connections of the web process
    neighbours: object
    folder: object  # where files for the command are


def stage_of(msp, committed, live_portal, live_operators, folder):
    return Stage(
        msp,
        portal=browser_of(live_portal, msp.owner),
        console=browser_of_an_operator(live_operators),
        api=live_client_of(live_portal, msp),
        sql=[committed.connect("web", autocommit=True) for _ in range(2)],
        neighbours=new_house(msp.provider, "Neighbours", users=0),
        folder=folder,
    )


def told(answer, came_in, refused, words=WORDS):
    """What an answer over HTTP says of the seat."""
    status, body = answer
    if status == came_in:
        return IN
    return REFUSED if status == refused and words.search(body) else answer


def someone():
    name = f"racer{next(numbers)}"
    return {"user_name": name, "email": f"{name}@x.example", "first_name": "", "last_name": ""}


def by_form(stage, house):
    path = reverse("organization-users", args=[house.pk])
    return lambda: told(stage.portal.post(path, someone()), 303, 422)


def by_invitation(stage, house):
    path = reverse("user-invitation-new", args=[house.pk])
    return lambda: told(stage.portal.post(path, someone()), 303, 422)


def by_move(stage, house):
    moving = user(stage.neighbours.organization, someone()["user_name"])
    path = reverse("organization-user-move", args=[stage.neighbours.pk, moving.pk])
    return lambda: told(stage.portal.post(path, {"organization": house.pk}), 303, 422)


def by_undo(stage, house):
    """The undoing of the removal of whoever was removed before the house was full."""
    gone = RemovedUser.objects.get(organization_id=house.pk)
    path = reverse("removed-user-restoration", args=[house.pk, gone.pk])
    return lambda: told(stage.portal.post(path), 303, 422)


def by_console(stage, house):
    return lambda: told(stage.console.post("/usage/user/add/", {**someone(), "organization": house.pk}), 302, 200)


def by_api(stage, house):
    one, at_house = someone(), stage.api.at(house)

    def ask():
        answer = at_house.send("POST", "/systemusers", {"username": one["user_name"], "email": one["email"]})
        return told((answer.status, answer.body.decode()), 200, 400, WORDS_OF_THE_API)

    return ask


def by_file(stage, house):
    """A file that was checked and confirmed, and is added by the worker's task."""
    file = SimpleUploadedFile("users.csv", written_file().encode())
    staged = start_import(organization=house.organization, kind="user", file=file, by=stage.msp.owner, at=timezone.now())
    work_imports()
    confirm_import(staged=staged, by=stage.msp.owner)

    def work():
        work_imports()
        staged.refresh_from_db()
        return {("done", None): IN, ("ready", "user_cap_reached"): REFUSED}.get(
            (staged.state, staged.refusal.get("code")), (staged.state, staged.refusal)
        )

    return work


def by_command(stage, house):
    """The whole command: it checks the file, agrees, and adds."""
    path = stage.folder / f"{next(numbers)}.csv"
    path.write_text(written_file())

    def run():
        try:
            call_command("import_users", house.pk, str(path), "--add", stdout=StringIO())
        except CommandError as fault:
            return REFUSED if WORDS.search(str(fault)) and fault.returncode == 1 else fault
        return IN

    return run


def by_sql(stage, house):
    name = someone()["user_name"]
    return lambda: told_by_sqlstate(raw.try_to_add(stage.sql[0], house.organization, name))


def by_moving_sql(stage, house):
    moving = user(stage.neighbours.organization, someone()["user_name"])

    def move():
        with raw.scope(stage.sql[1], stage.msp.pk):
            stage.sql[1].execute("select usage_move_users(%s, %s)", [[moving.pk], house.pk])

    return lambda: told_by_sqlstate(raw.sqlstate_of(move) or "added")


def told_by_sqlstate(answer):
    return {"added": IN, raw.CAP_REACHED: REFUSED}.get(answer, answer)


def written_file():
    one = someone()
    return f"user_name,email\n{one['user_name']},{one['email']}\n"


def take_out(member):
    """Remove a user, so that it can be undone."""
    take_away([member], by_name="", at=timezone.now())


THROUGH_A_DOOR = [by_form, by_invitation, by_move, by_undo, by_console, by_api]
PAST_THE_DOORS = [by_sql, by_moving_sql]
