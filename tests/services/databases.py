"""Databases of the tests: a template that the owner's connection migrated once, and clones of it, each made in a moment."""

import fcntl
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.services.cluster import TEST_LOGIN

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "portal_template"
SAMPLE = "portal_sample"
SERVER_LOGINS = ("portal_web", "portal_system", "portal_owner")


@contextmanager
def admin(run, database="postgres"):
    with psycopg.connect(run.url("DATABASE_ADMIN_URL", database), autocommit=True) as connection:
        yield connection


@contextmanager
def one_at_a_time(run, name):
    """Let one process of the run pass; yields whether the work is still to be done."""
    with (run.folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run.folder / f"{name}.done"
        yield not done.exists()
        done.touch()


def manage(environment, *arguments):
    """Run one of the portal's commands as the demo does, and answer what it printed."""
    answer = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**without_portal_settings(), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, f"manage.py {' '.join(arguments)} failed:\n{answer.stdout}\n{answer.stderr}"
    return answer.stdout


def without_portal_settings():
    """This process's environment without what would make a child log in as the tests do."""
    return {name: value for name, value in os.environ.items() if name not in {"PORTAL_LOGIN", "PORTAL_SITE"}}


def template(run):
    """The name of the migrated, empty database; built by whoever comes first."""
    with one_at_a_time(run, TEMPLATE) as to_do:
        if to_do:
            environment = run.environment_for(TEMPLATE, 0)
            manage(environment, "bootstrap_roles")
            manage(environment, "migrate", "--verbosity", "0")
            make_test_login(run)
            seal(run, TEMPLATE)
    return TEMPLATE


def sample(run):
    """The name of the database that holds the sample data; built by whoever comes first."""
    source = template(run)
    with one_at_a_time(run, SAMPLE) as to_do:
        if to_do:
            clone(run, source, SAMPLE)
            printed = manage(run.environment_for(SAMPLE, 0), "load_sample_data", "--json")
            (run.folder / "sample.json").write_text(printed.strip().splitlines()[-1])
            seal(run, SAMPLE)
    return SAMPLE


def sample_sign_ins(run):
    """What `load_sample_data --json` told: `providers` and `logins`."""
    return json.loads((run.folder / "sample.json").read_text())


def make_test_login(run):
    """The login of the rollback tests: it sees what the system sees, and may become a tenant."""
    with admin(run) as connection:
        connection.execute(
            f"create role {TEST_LOGIN} login inherit password 'portal_test' in role portal_system, portal_web, portal_tenant"
        )


def clone(run, source, name):
    """Make database `name` anew from `source`; whoever was connected to the former one is cut off."""
    with admin(run) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("create database {} template {} owner portal_owner strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
        connection.execute(sql.SQL("revoke temporary on database {} from public").format(sql.Identifier(name)))
        for login in (*SERVER_LOGINS, TEST_LOGIN):
            connection.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(name), sql.Identifier(login)))


def drop(run, name):
    with admin(run) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def seal(run, name):
    """Let nobody connect any more, so that it can be copied at any time."""
    with admin(run) as connection:
        connection.execute(
            sql.SQL("alter database {} with is_template true allow_connections false").format(sql.Identifier(name))
        )
