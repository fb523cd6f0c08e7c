-- Which schemas of read models the projector keeps, and which one of them is read. It outlives every one of them.
create schema if not exists mo_control;

create table if not exists mo_control.schemas (
    schema text primary key,
    listed_at timestamptz not null default now()
);

create table if not exists mo_control.active_schema (
    only_row boolean primary key default true check (only_row),
    schema text not null references mo_control.schemas
);

create table if not exists mo_control.keepers (
    schema text primary key references mo_control.schemas on delete cascade,
    state text not null,
    code text not null,
    seen_at timestamptz not null
);
