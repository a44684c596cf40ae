"""The real parts that the tests run against: a throw-away Postgres and Valkey, databases cloned from a template, a web server."""
