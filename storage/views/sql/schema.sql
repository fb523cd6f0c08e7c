-- Read models. Every row says by `at_partition`, `at_offset` which record fed it last. Documents are the events' own
-- bytes (bytea, not json: a rebuild must give the same bytes, and unread parts of them may be anything).
create schema if not exists {schema};
set local search_path to {schema};

create table if not exists log_identity (
    only_row boolean primary key default true check (only_row),
    cluster_id text not null
);

create table if not exists offsets (
    topic text not null,
    partition int not null,
    next bigint not null,
    primary key (topic, partition)
);

create table if not exists commands (
    event_id uuid primary key,
    accepted boolean not null,
    code text not null,
    params json not null,
    version text not null,
    request_digest text not null,
    at_partition int not null,
    at_offset bigint not null
);

create table if not exists entities (
    id uuid primary key,
    kind text not null,
    owner uuid not null,
    name text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    document bytea not null,
    platform text not null,
    repo text not null,
    method text not null,
    version text not null,
    note text not null,
    revision bigint not null,
    deleted_at timestamptz,
    parents jsonb not null,
    at_partition int not null,
    at_offset bigint not null
);
create index if not exists entities_by_update on entities (kind, updated_at desc, id desc);
create index if not exists entities_by_parent on entities using gin (parents);

create table if not exists jobs (
    id uuid primary key,
    kind text not null,
    owner uuid not null,
    state text not null,
    resource text not null,
    platform text not null,
    epoch bigint not null,
    agent text not null,
    cancelling boolean not null,
    subject_id uuid not null,
    request_digest text not null,
    requested_at timestamptz not null,
    updated_at timestamptz not null,
    request bytea not null,
    fold bytea not null,
    dataset_id uuid,
    result bytea,
    reason bytea,
    logs bytea not null,
    at_partition int not null,
    at_offset bigint not null
);
create index if not exists jobs_by_update on jobs (updated_at desc, id desc);
create index if not exists jobs_by_subject on jobs (subject_id);
create index if not exists jobs_waiting on jobs (resource, requested_at, id) where state = 'queued';
create index if not exists jobs_running on jobs (owner) where state = 'running';
create index if not exists jobs_by_dataset on jobs (dataset_id) where dataset_id is not null;

create table if not exists products (
    job_id uuid primary key,
    kind text not null,
    entity_id uuid not null,
    digest text not null,
    created_at timestamptz not null,
    document bytea not null,
    uses jsonb not null default '[]',
    at_partition int not null,
    at_offset bigint not null
);
create index if not exists products_by_entity on products (entity_id);
-- read models of before have no such column; a rebuild fills it
alter table products add column if not exists uses jsonb not null default '[]';
create index if not exists products_by_use on products using gin (uses);

create table if not exists job_progress (
    job_id uuid primary key,
    epoch bigint not null,
    step bigint not null,
    stage text not null,
    fraction double precision not null,
    seen_at timestamptz not null,
    at_partition int not null,
    at_offset bigint not null
);

create table if not exists agents (
    agent text primary key,
    seen_at timestamptz not null,
    document bytea not null,
    at_partition int not null,
    at_offset bigint not null
);

create table if not exists undecodable (
    topic text not null,
    key bytea,
    value bytea,
    headers bytea not null,
    error text not null,
    at_partition int not null,
    at_offset bigint not null,
    primary key (topic, at_partition, at_offset)
);
