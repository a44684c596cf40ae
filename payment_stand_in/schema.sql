-- Everything the stand-in knows. Shapes are kept as they go over the wire; a key that starts with _ is never shown.
create table if not exists objects (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    customer text not null,
    intent text not null,
    created integer not null,
    shape text not null
);
create index if not exists objects_of_a_customer on objects (kind, customer, seq);
create index if not exists objects_of_an_intent on objects (kind, intent, seq);

-- A key is `running` until its answer went out; then the same request gets the same answer, for a day.
create table if not exists keys (
    key text primary key,
    request text not null,
    begun_at real not null,
    running integer not null default 1,
    status integer,
    answer text
);

create table if not exists outbox (
    seq integer primary key autoincrement,
    id text not null unique,
    event text not null,
    due_at real not null,
    attempts integer not null default 0,
    delivered_at real
);

create table if not exists timers (
    intent text not null,
    what text not null,
    due_at real not null,
    primary key (intent, what)
);

create table if not exists faults (
    seq integer primary key autoincrement,
    path text not null,
    action text not null,
    remaining integer not null
);

create table if not exists notes (
    name text primary key,
    value text not null
);
